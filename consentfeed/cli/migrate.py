"""`consentfeed migrate`: brings the schema to this version."""

import click

from consentfeed import settings
from consentfeed.cli import terminal
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
    if not url:  # psycopg would look for a database elsewhere in the environment
        raise settings.SettingsError("the owner's URL is empty")
    if status:
        for name, state in migrations.status(url):
            terminal.result(f"{name}  {state}")
    elif dry_run:
        terminal.verbatim(migrations.pending(url))
    else:
        applied = migrations.migrate(url)
        for name in applied:
            terminal.result(f"applied {name}")
        if not applied:
            terminal.result("nothing to apply")
