"""`consentfeed dev`: an embedded PostgreSQL with demo data, and the service on it."""

import dataclasses
import ipaddress
import sys
from collections.abc import Collection, Iterable
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import click
from psycopg import sql

from consentfeed import settings
from consentfeed.cli import checkpoint_key, credentials, demo, terminal
from consentfeed.embedded import server as embedded
from consentfeed.embedded.nats import nats_server
from consentfeed.errors import ConsentfeedError
from consentfeed.identity.signin import ways
from consentfeed.log.note import new_private_key
from consentfeed.node.serve import listen
from consentfeed.node.serve import serve as run_node
from consentfeed.postgres import migrations, owner
from consentfeed.settings import Settings


class KnownPassword(ConsentfeedError):
    """Others could sign in with a password that everybody knows; the message says what to do."""


@click.command()
@click.option("--host", help="Address to listen on; only loopback while the demo passwords stand.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--data-dir", help="Where the database and the secret are kept.")
@click.option("--nats", is_flag=True, help="Also NATS with JetStream, by which the log can be read (docs/nats.md).")
def dev(host: str | None, port: int | None, data_dir: str | None, nats: bool) -> None:
    """Embedded PostgreSQL, demo data and the service, with nothing to install."""
    sys.exit(_run(settings.load(host=host, port=port, data_dir=data_dir), nats=nats))


def _run(options: Settings, *, nats: bool) -> int:
    """Everything until SIGTERM or SIGINT; the exit status. Raises CannotListen and KnownPassword."""
    folder, exposed = settings.data_path(options), not _is_loopback(options.host)
    if exposed and not credentials.exist(folder):
        raise _known_password(options.host, demo.ACCOUNTS)
    if not exposed:
        listen(options).close()  # before PostgreSQL is started and filled, which takes a while
    own = credentials.read(folder) if credentials.exist(folder) else credentials.new()
    with (
        embedded.postgres(folder) as owner_url,
        nats_server(folder) if nats else nullcontext(options.nats_url) as nats_url,
    ):
        migrations.migrate(owner_url)
        _allow_login(owner_url, own.app_password)
        demo.fill(owner_url)
        accounts = demo.open_accounts(owner_url)
        if exposed and accounts:
            raise _known_password(options.host, accounts)
        own.app_url, own.owner_url = _as_app(owner_url, own.app_password), owner_url
        credentials.write(folder, own)
        key = options.checkpoint_key or str(_own_key(folder))
        ready = dataclasses.replace(
            options, database_url=own.app_url, secret=own.secret, checkpoint_key=key, nats_url=nats_url
        )
        return run_node(ready, lambda port: _announce(ready, port, owner_url, accounts), accounts)


def _own_key(folder: Path) -> Path:
    """The key that signs the checkpoints of this data directory."""
    path = credentials.checkpoint_key(folder)
    if not path.exists():
        checkpoint_key.write(path, new_private_key())
    return path


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _known_password(host: str, accounts: Iterable[str]) -> KnownPassword:
    return KnownPassword(
        f"dev listens on loopback alone, not on {host}, while everybody knows the password of"
        f" {', '.join(accounts)}: disable them first with `consentfeed user disable`"
    )


def _allow_login(owner_url: str, password: str) -> None:
    """What a DBA does once in production: lets the service's role log in."""
    with owner.connect(owner_url) as connection:
        # As a hash, as \password of psql does: PostgreSQL may log statements.
        hashed = connection.pgconn.encrypt_password(password.encode(), b"consentfeed_app", b"scram-sha-256").decode()
        connection.execute(sql.SQL("ALTER ROLE consentfeed_app LOGIN PASSWORD {}").format(sql.Literal(hashed)))


def _as_app(owner_url: str, password: str) -> str:
    parts = urlsplit(owner_url)
    return urlunsplit(parts._replace(netloc=f"consentfeed_app:{password}@{parts.hostname}:{parts.port}"))


def _announce(options: Settings, port: int, owner_url: str, accounts: Collection[str]) -> None:
    """accounts: those of the demo that still have its password."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    password = demo.PASSWORD if accounts else "changed"
    if 0 < len(accounts) < len(demo.ACCOUNTS):
        password += f" (of {', '.join(accounts)}; the others have another by now)"
    if not ways(options).password:
        password = "off; CONSENTFEED_PASSWORDS=true turns it on"  # noqa: S105
    terminal.verbatim(
        f"\nconsentfeed runs on http://{host}:{port}\n"
        f"  pages         http://{host}:{port}/ (sign-in), /customer, /csr, /admin\n"
        f"  API           http://{host}:{port}/openapi.json\n"
        f"  accounts      {', '.join(demo.ACCOUNTS)}\n"
        f"  password      {password}\n"
        f"  database      {owner_url}\n"
        + (f"  NATS          {options.nats_url}\n" if options.nats_url else "")
        + "  stop          Ctrl-C\n\n"
    )
