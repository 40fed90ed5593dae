"""The PostgreSQL of the run, and a database for each measurement."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import NAMESPACE_URL, uuid5

import psycopg
from psycopg import sql

from consentfeed.embedded import server as embedded
from consentfeed.identity import tokens
from consentfeed.postgres import migrations

DEMO = "consentfeed"  # the database that the others are copied from
# Counts statements where a database asks for it (see `counting`), and does nothing elsewhere.
CLUSTER = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "none",
    "max_connections": "200",
}


@dataclass(frozen=True)
class Database:
    owner_url: str
    app_url: str

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.owner_url, autocommit=True)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def value(self, query: str, *values: object) -> Any:
        return self.rows(query, *values)[0][0]

    def run(self, query: str, *values: object) -> None:
        with self.connect() as connection:
            connection.execute(query.encode(), values or None)

    def head(self) -> int:
        return int(self.value("SELECT max(seq) FROM consentfeed.events"))

    def place(self, seq: int) -> str:
        """The id of an event, as staff and services see it."""
        return str(
            self.value(
                "SELECT seq || '-' || encode(substr(hash, 1, 4), 'hex') FROM consentfeed.events WHERE seq = %s", seq
            )
        )

    def consents(self, limit: int) -> list[str]:
        query = "SELECT id::text FROM consentfeed.consents ORDER BY id LIMIT %s"
        return [str(row[0]) for row in self.rows(query, limit)]


class Cluster:
    """The PostgreSQL of the run, and the secret of its nodes."""

    def __init__(self, owner_url: str) -> None:
        self._demo = owner_url
        self._password = secrets.token_hex(16)
        self.secret = secrets.token_hex(32)
        self._made: set[str] = set()
        self._fill()

    def _fill(self) -> None:
        migrations.migrate(self._demo)
        with psycopg.connect(self._demo) as connection:
            connection.execute((migrations.SQL / "demo.sql").read_bytes())
            open_door = "ALTER ROLE consentfeed_app LOGIN PASSWORD {}"
            connection.execute(sql.SQL(open_door).format(sql.Literal(self._password)))

    def _named(self, name: str) -> Database:
        parts = urlsplit(self._demo)
        host = f"{parts.hostname}:{parts.port}"
        app = parts._replace(netloc=f"consentfeed_app:{self._password}@{host}", path=f"/{name}")
        return Database(urlunsplit(parts._replace(path=f"/{name}")), urlunsplit(app))

    def _admin(self, query: str, *names: str) -> None:
        statement = sql.SQL(query).format(*map(sql.Identifier, names))
        url = self._named("postgres").owner_url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def database(self, template: str = DEMO) -> Iterator[Database]:
        """A copy, gone afterwards."""
        name = f"bench_{secrets.token_hex(4)}"
        self._admin("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self._named(name)
        finally:
            self._admin("DROP DATABASE {} WITH (FORCE)", name)

    def kept(self, name: str) -> tuple[Database, bool]:
        """A database that stays for the run, and whether it is new."""
        if new := name not in self._made:
            self._admin("CREATE DATABASE {} TEMPLATE {}", name, DEMO)
            self._made.add(name)
        return self._named(name), new

    def version(self) -> str:
        return str(self._named(DEMO).value("SHOW server_version")).split()[0]

    def token(self, role: str, subject: str | None = None) -> str:
        return tokens.make_token(
            self.secret,
            subject=subject or str(uuid5(NAMESPACE_URL, role)),
            email=f"{role}@example.com",
            role=role,
            lifetime=timedelta(hours=12),
        )


@contextmanager
def cluster(home: Path) -> Iterator[Cluster]:
    with embedded.postgres(home / "cluster", settings=CLUSTER) as owner_url:
        yield Cluster(owner_url)


@contextmanager
def counting(database: Database) -> Iterator[None]:
    """The statements of the clients of this database that connect from now on are counted."""
    name = urlsplit(database.owner_url).path.lstrip("/")
    assert re.fullmatch(r"\w+", name)
    database.run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    database.run(f"ALTER DATABASE {name} SET pg_stat_statements.track = 'top'")
    try:
        yield
    finally:
        database.run(f"ALTER DATABASE {name} RESET pg_stat_statements.track")


def statements(database: Database) -> int:
    """How many have been counted."""
    query = """
        SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND userid = 'consentfeed_app'::regrole
    """
    return int(database.value(query))
