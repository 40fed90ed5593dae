"""`consentfeed dev`: an embedded PostgreSQL with demo data, and the service on it."""

import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import click
import msgspec
import psycopg
from psycopg import sql

from consentfeed.embedded import server as embedded
from consentfeed.errors import ConsentfeedError
from consentfeed.identity.passwords import hash_password, verify
from consentfeed.identity.signin import ways
from consentfeed.postgres import migrations
from consentfeed.settings import Settings, data_path

PASSWORD: Final = "consentfeed"  # noqa: S105
ACCOUNTS: Final = {
    "customer@sltmobitel.lk": "customer",
    "csr@sltmobitel.lk": "csr",
    "admin@sltmobitel.lk": "admin",
}
_KEPT: Final = "dev.json"


class NoDev(ConsentfeedError):
    """There is nothing that `consentfeed dev` keeps in this directory."""


class Kept(msgspec.Struct):
    """What dev keeps beside the database: for the service, and for `token` and `verify`."""

    secret: str
    app_password: str
    app_url: str = ""
    owner_url: str = ""


class KnownPassword(ConsentfeedError):
    """Others could sign in with a password that everybody knows; the message says what to do."""


def dev(settings: Settings, serve: Callable[[Settings, Callable[[int], None]], int], *, open_to_all: bool) -> int:
    """Runs everything until SIGTERM or SIGINT; the exit status. Raises KnownPassword where others could reach it."""
    folder = data_path(settings)
    if open_to_all and not is_kept(folder):
        raise _known_password(settings, ACCOUNTS)
    kept = _read(folder) if is_kept(folder) else Kept(secrets.token_urlsafe(32), secrets.token_urlsafe(24))
    with embedded.postgres(folder) as owner_url:
        migrations.migrate(owner_url)
        _open_door(owner_url, kept.app_password)
        _fill(owner_url)
        if open_to_all and (known := _known_accounts(owner_url)):
            raise _known_password(settings, known)
        kept.app_url, kept.owner_url = _as_app(owner_url, kept.app_password), owner_url
        _write(folder, kept)
        ready = msgspec.structs.replace(settings, database_url=kept.app_url, secret=kept.secret)
        return serve(ready, lambda port: _announce(settings, port, owner_url))


def is_kept(folder: Path) -> bool:
    """Whether dev has run in this directory."""
    return (folder / _KEPT).exists()


def connection(folder: Path) -> tuple[str, str]:
    """URL (as consentfeed_app) and secret of what dev runs; raises NoDev."""
    if not is_kept(folder):
        raise NoDev(f"`consentfeed dev` has not run in {folder}")
    kept = _read(folder)
    return kept.app_url, kept.secret


def _read(folder: Path) -> Kept:
    try:
        return msgspec.json.decode((folder / _KEPT).read_bytes(), type=Kept)
    except (OSError, msgspec.DecodeError) as error:
        raise NoDev(f"{folder / _KEPT} cannot be read ({error})") from None


def _write(folder: Path, kept: Kept) -> None:
    """Whole or not at all, and for nobody else to read."""
    scratch = folder / f"{_KEPT}.new"
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(kept))
    scratch.replace(folder / _KEPT)


def _open_door(owner_url: str, password: str) -> None:
    """What a DBA does once in production: lets the service's role log in."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        # As a hash, as \password of psql does: PostgreSQL may log statements.
        hashed = connection.pgconn.encrypt_password(password.encode(), b"consentfeed_app", b"scram-sha-256").decode()
        connection.execute(sql.SQL("ALTER ROLE consentfeed_app LOGIN PASSWORD {}").format(sql.Literal(hashed)))


def _fill(owner_url: str) -> None:
    """Demo data and accounts, once."""
    with psycopg.connect(owner_url) as connection:
        row = connection.execute("SELECT EXISTS (SELECT FROM consentfeed.customers)").fetchone()
        if row and row[0]:
            return
        connection.execute((migrations.SQL / "demo.sql").read_bytes())
        for email, role in ACCOUNTS.items():
            connection.execute(
                "SELECT consentfeed.add_user(%s, %s, %s, (SELECT id FROM consentfeed.customers WHERE email = %s))",
                (email, role, hash_password(PASSWORD), email),
            )


def _known_accounts(owner_url: str) -> list[str]:
    """Demo accounts that still open with the demo password."""
    with psycopg.connect(owner_url) as connection:
        found = connection.execute("SELECT email, password_hash FROM consentfeed.users WHERE disabled_at IS NULL")
        return [email for email, stored in found if email in ACCOUNTS and verify(stored, PASSWORD)]


def _known_password(settings: Settings, accounts: Iterable[str]) -> KnownPassword:
    return KnownPassword(
        f"dev listens on loopback alone, not on {settings.host}, while everybody knows the password of"
        f" {', '.join(accounts)}: disable them first with `consentfeed user disable`"
    )


def _as_app(owner_url: str, password: str) -> str:
    parts = urlsplit(owner_url)
    return urlunsplit(parts._replace(netloc=f"consentfeed_app:{password}@{parts.hostname}:{parts.port}"))


def _announce(settings: Settings, port: int, owner_url: str) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    password = PASSWORD if ways(settings).password else "off; CONSENTFEED_PASSWORDS=true turns it on"
    click.echo(
        f"\nconsentfeed runs on http://{host}:{port}\n"
        f"  pages         http://{host}:{port}/ (sign-in), /customer, /csr, /admin\n"
        f"  API           http://{host}:{port}/openapi.json\n"
        f"  accounts      {', '.join(ACCOUNTS)}\n"
        f"  password      {password}\n"
        f"  database      {owner_url}\n"
        f"  stop          Ctrl-C\n"
    )
