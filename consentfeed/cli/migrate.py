"""`consentfeed migrate`: brings the schema to this version."""

import click

from consentfeed import settings
from consentfeed.postgres import migrations


@click.command()
@click.option("--database-url", help="PostgreSQL, as the schema's owner; with a password rather CONSENTFEED_OWNER_URL.")
@click.option("--status", is_flag=True, help="List what is applied.")
@click.option("--dry-run", is_flag=True, help="Print the SQL that would run.")
def migrate(database_url: str | None, status: bool, dry_run: bool) -> None:
    """Brings the schema to this version; safe to run at any time, by many at once."""
    loaded = settings.load(owner_url=database_url)
    settings.require(loaded, "owner_url")
    url = loaded.owner_url or ""
    if status:
        for name, state in migrations.status(url):
            click.echo(f"{name}  {state}")
    elif dry_run:
        click.echo(migrations.pending(url), nl=False)
    else:
        applied = migrations.migrate(url)
        click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
