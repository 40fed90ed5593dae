"""The command line: its commands, and what an error of theirs says."""

import sys

import click
import psycopg

from consentfeed import __version__, client, settings
from consentfeed.cli.dev import dev
from consentfeed.cli.doctor import doctor
from consentfeed.cli.migrate import migrate
from consentfeed.cli.serve import serve
from consentfeed.cli.tail import tail
from consentfeed.cli.token import token
from consentfeed.cli.user import user
from consentfeed.cli.verify import verify
from consentfeed.embedded.server import EmbeddedError
from consentfeed.errors import ConsentfeedError, DatabaseAway, NotAdmitted, StatementFailed
from consentfeed.postgres.fit import advice


@click.group()
@click.version_option(__version__)
def main() -> None:
    """Consents in PostgreSQL, and every change of them on every screen that follows."""


for command in (dev, serve, migrate, user, tail, verify, token, doctor):
    main.add_command(command)


def run() -> None:
    """The console script: errors that a user can mend are one line on stderr."""
    try:
        main()
    except (settings.SettingsError, ConsentfeedError, EmbeddedError, client.Refused, psycopg.Error) as error:
        click.echo(f"consentfeed: {_why(error)}", err=True)
        sys.exit(1)


def _why(error: Exception) -> str:
    if isinstance(error, StatementFailed | NotAdmitted):
        return f"PostgreSQL says {error.sqlstate}: {advice(error, 'nothing was done')}"
    if isinstance(error, DatabaseAway):
        return f"PostgreSQL cannot be reached ({error}): check the database URL"
    return str(error).strip() or type(error).__name__
