"""The command line."""

import ipaddress
import json
import re
import sys

import click
import psycopg

from consentfeed import __version__, client, settings
from consentfeed.cli import dev as demo
from consentfeed.cli import doctor, users
from consentfeed.cli.deployment import DATA_DIR, with_database
from consentfeed.embedded.server import EmbeddedError
from consentfeed.errors import ConsentfeedError, DatabaseAway, NotAdmitted, StatementFailed
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.node.serve import serve as run_node
from consentfeed.postgres import migrations
from consentfeed.postgres.database import Database
from consentfeed.postgres.fit import advice

# Control characters, what some take for the end of a line, and what turns the direction of a text.
_UNSHOWN = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


@click.group()
@click.version_option(__version__)
def main() -> None:
    """Consents in PostgreSQL, and every change of them on every screen that follows."""


main.add_command(users.user)
main.add_command(users.token)
main.add_command(doctor.doctor)


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


@main.command()
@click.option("--host", help="Address to listen on; only loopback while the demo passwords stand.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--data-dir", help="Where the database and the secret are kept.")
def dev(host: str | None, port: int | None, data_dir: str | None) -> None:
    """Embedded PostgreSQL, demo data and the service, with nothing to install."""
    loaded = settings.load(host=host, port=port, data_dir=data_dir)
    sys.exit(demo.dev(loaded, run_node, open_to_all=not _is_loopback(loaded.host)))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
def serve(host: str | None, port: int | None) -> None:
    """The service, in production: needs CONSENTFEED_DATABASE_URL and CONSENTFEED_SECRET."""
    loaded = settings.load(host=host, port=port)
    settings.require(loaded, "database_url", "secret")
    sys.exit(run_node(loaded))


@main.command()
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


@main.command()
@click.option("--url", default="http://127.0.0.1:3001", show_default=True, help="Where the service is.")
@click.option("--token", help="A bearer token, as `token` prints; on a shared machine rather CONSENTFEED_TOKEN.")
@click.option("--after", help="Event id to go on from; 0-00000000 for everything.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def tail(url: str, token: str | None, after: str | None, as_json: bool) -> None:
    """Follows the feed; survives restarts of the server."""
    loaded = settings.load(token=token)
    settings.require(loaded, "token")
    for message in client.follow(
        url, loaded.token or "", after, lambda text: click.echo(f"consentfeed: {text}", err=True)
    ):
        click.echo(_as_json(message) if as_json else _as_line(message))


def _as_json(message: client.Message) -> str:
    text = json.dumps({"id": message.id, "event": message.event, "data": json.loads(message.data)}, ensure_ascii=False)
    # Still the same JSON, but one line for everybody, with nothing that a terminal would obey.
    return _UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _as_line(message: client.Message) -> str:
    data = json.loads(message.data)
    if message.event != "consent-updated":
        return f"{message.id}  {message.event}  {message.data}"
    consent, actor = data["consent"], data["actor"]
    return (
        f"{data['timestamp']}  {message.id}  {data['type']:<7}  {consent['purpose']}/{consent['channel']}"
        f"  customer {consent['customer_id']}  by {actor['kind']}"
    )


@main.command()
@click.option("--expect", help="An event id noted earlier, which the log must contain.")
@DATA_DIR
def verify(expect: str | None, data_dir: str | None) -> None:
    """Recomputes the chain and compares every column with what was hashed."""
    place = None if expect is None else PLAIN.read(expect)
    if expect is not None and place is None:
        raise settings.SettingsError("--expect is an event id, such as 42-9f2ab1c3")

    async def check(database: Database) -> tuple[str | None, Position]:
        head = await database.log.log_head()
        broken = await database.log.verify_log()
        if broken:
            return f"position {broken[0]}: {broken[1]}", head
        if place is not None:
            verdict = (await database.log.judge_position(place, None)).verdict
            if verdict != "ok":
                return f"position {place.seq}: the log does not contain {expect} ({verdict})", head
        return None, head

    problem, head = with_database(data_dir, check)
    if problem:
        click.echo(problem)
        sys.exit(1)
    click.echo(f"the log is whole up to {PLAIN.write(head)}")
