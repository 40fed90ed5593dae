"""`consentfeed migrate`: brings the schema to this version."""

import sys

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
        _report(migrations.migrate(url))


def _report(done: migrations.Done) -> None:
    """What was done; status 1 where something is left that migrate cannot mend."""
    for name in done.applied:
        terminal.result(f"applied {name}")
    for damage in done.mended:
        terminal.result(f"mended: {damage}")
    if not done.applied and not done.mended:
        terminal.result("nothing to apply")
    if done.by_superuser:
        terminal.note(
            "the schema belongs to a superuser now, and its functions can do everything: better is an owner of its own,"
            " as sql/README.md says"
        )
    for damage in done.left:
        terminal.note(f"not mended: {damage}. {damage.cure}")
    if any(damage.is_grave for damage in done.left):
        sys.exit(1)
