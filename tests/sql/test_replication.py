"""Logical replication, as docs/operations.md says: the copy is the same log, and goes on with it as the new primary."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest

from consentfeed.embedded import binaries
from consentfeed.embedded import server as embedded
from consentfeed.postgres import migrations
from tests.docs.test_operations import Type, commands, typed
from tests.support.database import APP_PASSWORD, OWNER, OWNER_PASSWORD, Sql, with_login
from tests.support.seed import CUSTOMER, OTHER, STAFF, seed
from tests.support.sql import bodies, decide, decision, publish
from tests.support.waiting import wait_until

PREPARE, CHANGE_OVER, GO_ON = commands("Move to another PostgreSQL")
INSTALLED = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin")


@cache
def programs() -> dict[int, Path]:
    """The programs of each major version that is here, oldest first."""
    try:
        places = [embedded.find_binaries(), *(place for pattern in INSTALLED for place in Path("/").glob(pattern))]
    except embedded.EmbeddedError as error:
        pytest.skip(f"nothing was replicated: {error}")
    complete = [place for place in places if (place / "initdb").is_file() and (place / "pg_dumpall").is_file()]
    versions = {binaries.version(place)[0]: place for place in complete}
    return {version: versions[version] for version in sorted(versions) if version >= binaries.OLDEST}


class Server(NamedTuple):
    """A server of the test's own, and the programs of its version."""

    url: str
    programs: Path

    def database(self, name: str) -> Sql:
        """A database of the owner's on it, empty."""
        admin = self.url.rpartition("/")[0] + f"/{name}"
        Sql.run_as(self.url, f"CREATE DATABASE {name}")
        return Sql(
            with_login(admin, OWNER, OWNER_PASSWORD, name),
            with_login(admin, "consentfeed_app", APP_PASSWORD, name),
            admin,
        )


StartServer = Callable[[int, str], Server]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Starts a server of a version, once for each name."""
    started: dict[tuple[int, str], Server] = {}
    settings = {"wal_level": "logical", "fsync": "off"}
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:

        def start(version: int, name: str) -> Server:
            if (version, name) not in started:
                of_version = programs()[version]
                patch.setattr(embedded, "find_binaries", lambda: of_version)
                folder = tmp_path_factory.mktemp(f"{name}{version}")
                url = stack.enter_context(embedded.postgres(folder, user="postgres", settings=settings))
                started[version, name] = Server(url, of_version)
            return started[version, name]

        yield start


def filled(server: Server, name: str) -> Sql:
    """A database with roles, rows, and some events."""
    database = server.database(name)
    if not Sql.run_as(server.url, "SELECT 1 FROM pg_roles WHERE rolname = %s", OWNER):
        Sql.run_as(server.url, f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{OWNER_PASSWORD}'")
    Sql.run_as(server.url, f"ALTER DATABASE {name} OWNER TO {OWNER}")
    migrations.migrate(database.url)
    Sql.run_as(server.url, f"ALTER ROLE consentfeed_app LOGIN PASSWORD '{APP_PASSWORD}'")
    with database.connect() as owner:
        seed(owner)
    first, second, *_ = database.consents()
    database.set(first, "granted")
    decide(database.app_url, decision(first, "revoke", note="by phone"), decision(second, "grant", key="k", key_item=1,
           request_sha256="00"))  # fmt: skip
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text) VALUES ('surveys', 2, 'en', 'Draft')"
    )
    trail(database, "400 days")
    return database


def trail(database: Sql, age: str) -> None:
    database.run(
        "INSERT INTO consentfeed.access_trail (at, actor, actor_role, action, customers, filters, rows)"
        " VALUES (now() - %s::interval, %s, 'csr', 'read-customer', ARRAY[%s::uuid], '{}', 1)",
        age,
        STAFF["csr"],
        CUSTOMER,
    )


def change(database: Sql) -> None:
    """Changes of every kind, while the copying goes on."""
    first, second, third, _ = database.consents()
    database.run("UPDATE consentfeed.consents SET status = 'granted' WHERE customer_id = %s", OTHER)
    database.run("UPDATE consentfeed.consents SET status = status")
    publish(database, "marketing", 2)
    decide(
        database.app_url, decision(first, "grant"), decision(second, "grant"), decision(third, "revoke", note="said")
    )
    with database.connect() as connection:
        for status in ("granted", "expired", "granted"):
            connection.execute("UPDATE consentfeed.consents SET status = %s WHERE id = %s", (status, third))
    database.run("UPDATE consentfeed.notices SET published_at = now() WHERE (purpose, version) = ('surveys', 2)")
    database.new_customer()
    database.run("UPDATE consentfeed.event_notes SET note = NULL")
    trail(database, "0")
    assert database.run("SELECT consentfeed.forget_accesses(365, 10)") == [(1,)]
    assert Sql.run_as(database.app_url, "SELECT consentfeed.add_event_partitions()") == [(0,)]


TABLES = """
    SELECT relname::text FROM pg_class WHERE relnamespace = 'consentfeed'::regnamespace AND relkind IN ('r', 'p')
    AND NOT relispartition ORDER BY 1
"""


def contents(database: Sql) -> dict[str, Any]:
    """Every row of every table."""
    return {
        table: database.run(f"SELECT to_jsonb(line) FROM consentfeed.{table} AS line ORDER BY line::text")
        for (table,) in database.run(TABLES)
    }


WAYS = {"oldest to oldest": (0, 0), "newest to newest": (-1, -1), "oldest to newest": (0, -1)}


class Copy(NamedTuple):
    """A database and its copy, which follows it."""

    old: Sql
    new: Sql
    type_old: Type
    type_new: Type


def copied(server: StartServer, way: str, folder: Path) -> Copy:
    """As the how-to says, up to where the rows have been copied."""
    here = list(programs())
    if way != "oldest to oldest" and len(here) == 1:
        pytest.skip(f"PostgreSQL {here[0]} alone is here: nothing was replicated from or to another version")
    older, newer = (server(here[nth], name) for nth, name in zip(WAYS[way], ("old", "new"), strict=True))
    name = f"cf_{uuid4().hex[:8]}"
    old, new = filled(older, name), newer.database(name)
    more = {
        "OLD": old.admin_url,
        "NEW": new.admin_url,
    }
    copy = Copy(old, new, *(typed(one, one.admin_url, folder, newer.programs, **more) for one in (old, new)))
    copy.type_old(PREPARE)
    Sql.run_as(newer.url, f"ALTER DATABASE {name} OWNER TO {OWNER}")
    for role, password in ((OWNER, OWNER_PASSWORD), ("consentfeed_app", APP_PASSWORD)):
        Sql.run_as(newer.url, f"ALTER ROLE {role} PASSWORD '{password}'")
    return copy


@pytest.mark.parametrize("way", WAYS)
def test_the_copy_is_the_same_log_and_goes_on_with_it_as_the_new_primary(
    server: StartServer, tmp_path: Path, way: str
) -> None:
    old, new, type_old, type_new = copied(server, way, tmp_path)
    assert contents(new) == contents(old)
    change(old)
    head, before = old.head_id(), contents(old)
    assert head in type_old(CHANGE_OVER)
    assert contents(new) == before, "nothing is missing, and nothing was made a second time"
    assert Sql.run_as(old.admin_url, "SELECT slot_name FROM pg_replication_slots") == []

    assert "whole" in type_new(GO_ON)
    with psycopg.connect(new.app_url, autocommit=True) as listener:
        listener.execute("LISTEN consentfeed")
        (outcome,) = decide(new.app_url, decision(new.consents()[3], "grant"))
        assert [notice.payload for notice in listener.notifies(timeout=30, stop_after=1)] == [str(outcome.seq)]
    new.set(new.consents(OTHER)[0], "revoked")
    assert outcome.seq == old.head() + 1 == new.head() - 1
    assert bodies(new)[-1]["actor"] == {"kind": "database", "id": OWNER}
    assert new.verify() == []
    trail(new, "0")
    assert new.run("SELECT count(*), count(DISTINCT id) FROM consentfeed.access_trail") == [(2, 2)]


@pytest.mark.parametrize("way", ["oldest to oldest", "newest to newest"])
def test_what_was_forced_past_the_triggers_is_found_on_the_copy_or_stops_it(
    server: StartServer, tmp_path: Path, way: str
) -> None:
    old, new, *_ = copied(server, way, tmp_path)
    fails = "SELECT apply_error_count FROM pg_stat_subscription_stats"
    try:
        old.run("ALTER TABLE consentfeed.consents DISABLE TRIGGER USER")
        old.run("DELETE FROM consentfeed.consents WHERE id = %s", old.consents()[1])
        assert old.verify() == [(3, "its consent is missing")]
        wait_until(lambda: new.verify() == old.verify(), 60)
        assert Sql.run_as(new.admin_url, fails) == [(0,)]
        old.run("UPDATE consentfeed.consents SET channel = 'fax', version = version + 1 WHERE version > 0")
        wait_until(lambda: Sql.run_as(new.admin_url, fails) > [(0,)], 60)
        assert new.run("SELECT count(*) FROM consentfeed.consents WHERE channel = 'fax'") == [(0,)]
    finally:
        Sql.run_as(new.admin_url, "DROP SUBSCRIPTION consentfeed")
        Sql.run_as(old.admin_url, "DROP PUBLICATION consentfeed")


@pytest.mark.parametrize("way", ["oldest to oldest", "newest to newest"])
def test_a_forced_truncate_stops_the_copying(server: StartServer, tmp_path: Path, way: str) -> None:
    old, new, *_ = copied(server, way, tmp_path)
    try:
        old.run("ALTER TABLE consentfeed.consents DISABLE TRIGGER USER")
        old.run("TRUNCATE consentfeed.consents")
        fails = "SELECT apply_error_count FROM pg_stat_subscription_stats"
        wait_until(lambda: Sql.run_as(new.admin_url, fails) > [(0,)], 60)
        assert len(new.consents()) == 4
    finally:
        Sql.run_as(new.admin_url, "DROP SUBSCRIPTION consentfeed")
