"""A database of a test: as its owner sees it, and how it is made in a PostgreSQL that runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

from consentfeed.postgres import migrations
from tests.support.seed import CUSTOMER

OWNER, OWNER_PASSWORD, APP_PASSWORD = "cf_test_owner", "owner of tests", "app of tests"


class Sql:
    """The database of a test as its owner sees it."""

    def __init__(self, url: str, app_url: str, admin_url: str) -> None:
        self.url = url
        self.app_url = app_url
        self.admin_url = admin_url
        self.name = urlsplit(url).path[1:]

    def run(self, statement: str, *args: Any) -> list[tuple[Any, ...]]:
        """One autocommit statement as the owner."""
        return self.run_as(self.url, statement, *args)

    @staticmethod
    def run_as(url: str, statement: str, *args: Any) -> list[tuple[Any, ...]]:
        """One autocommit statement on that URL."""
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), args or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *args: Any) -> Any:
        """The one that a query answers."""
        return self.run(statement, *args)[0][0]

    def connect(self, **options: Any) -> psycopg.Connection:
        """A connection as the owner; transactions begin by themselves."""
        return psycopg.connect(self.url, **options)

    def consents(self, customer: str = CUSTOMER) -> list[str]:
        """Ids of the consents of a customer, in a fixed order."""
        rows = self.run(
            "SELECT id::text FROM consentfeed.consents WHERE customer_id = %s ORDER BY purpose, channel", customer
        )
        return [row[0] for row in rows]

    def set(self, consent: str, status: str) -> None:
        """What a DBA does in psql."""
        self.run("UPDATE consentfeed.consents SET status = %s WHERE id = %s", status, consent)

    def head(self) -> int:
        """Position of the newest event."""
        return int(self.value("SELECT max(seq) FROM consentfeed.events"))

    def head_id(self) -> str:
        """Its id as staff see it."""
        return self.event_id(self.head())

    def event_id(self, seq: int) -> str:
        """The id of an event as staff see it."""
        hash8 = self.value("SELECT left(encode(hash, 'hex'), 8) FROM consentfeed.events WHERE seq = %s", seq)
        return f"{seq}-{hash8}"

    def verify(self) -> list[tuple[Any, ...]]:
        """What is wrong with the log: nothing."""
        return self.run("SELECT * FROM consentfeed.verify_log()")

    def new_customer(self, name: str = "Somebody New") -> str:
        """Registers a customer with pending consents."""
        customer = str(uuid4())
        self.run("SELECT consentfeed.register_customer(%s, %s, NULL, NULL, NULL)", customer, name)
        return customer


def with_login(url: str, user: str, password: str, database: str) -> str:
    """The URL for another role and database."""
    parts = urlsplit(url)
    login = f"{user}:{password.replace(' ', '%20')}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=login, path=f"/{database}"))


def make_owner(cluster: str) -> None:
    """The role that owns databases of tests, no superuser. cluster: URL of a superuser, here and below."""
    if not Sql.run_as(cluster, "SELECT 1 FROM pg_roles WHERE rolname = %s", OWNER):
        Sql.run_as(cluster, f"CREATE ROLE {OWNER} CREATEROLE")
        give_login(cluster, OWNER, OWNER_PASSWORD)


def give_login(url: str, role: str, password: str) -> None:
    """A login whose password is hashed once and not 4,096 times, where the server (16 and newer) can do so.

    Tests connect tens of thousands of times, and half of that was hashing.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT set_config(name, '1', false) FROM pg_settings WHERE name = 'scram_iterations'")
        connection.execute(f"ALTER ROLE {role} LOGIN PASSWORD '{password}'".encode())


def in_cluster(cluster: str, name: str, *, owner: bool = True) -> Sql:
    """A database there; without an owner of its own it is the superuser's."""
    admin_url = urlunsplit(urlsplit(cluster)._replace(path=f"/{name}"))
    url = with_login(cluster, OWNER, OWNER_PASSWORD, name) if owner else admin_url
    return Sql(url, with_login(cluster, "consentfeed_app", APP_PASSWORD, name), admin_url)


def create_database(cluster: str, name: str, template: str = "template1", *, owner: bool = True) -> Sql:
    """A copy of a database, by default an empty one."""
    # Copied file by file, not through the WAL: what a crash loses is made anew, and it takes a third of the time.
    copy = f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"
    Sql.run_as(cluster, copy + (f" OWNER {OWNER}" if owner else ""))
    return in_cluster(cluster, name, owner=owner)


@contextmanager
def new_database(cluster: str, template: str = "template1", *, owner: bool = True) -> Iterator[Sql]:
    """The same for a while, under any name."""
    name = f"cf_{uuid4().hex[:12]}"
    database = create_database(cluster, name, template, owner=owner)
    try:
        yield database
    finally:
        Sql.run_as(cluster, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def install(database: Sql) -> None:
    """The schema, and a login for the service."""
    migrations.migrate(database.url)
    give_login(database.admin_url, "consentfeed_app", APP_PASSWORD)
