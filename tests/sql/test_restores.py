"""Rows that arrive without a statement of ours: no second log, and verify finds what does not fit."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from consentfeed.embedded import server as embedded
from consentfeed.node import serve
from consentfeed.postgres import fit, migrations
from consentfeed.postgres.mending import MigrationError
from consentfeed.settings import Settings
from tests.docs.test_operations import commands, typed
from tests.doctor.examined import bad, look_at
from tests.support.database import (
    APP_PASSWORD,
    OWNER,
    OWNER_PASSWORD,
    Sql,
    create_database,
    in_cluster,
    make_owner,
    new_database,
)
from tests.support.postgres import Server
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import bodies, decide, decision, row_of
from tests.support.tokens import SECRET

GUARDS = (
    "SELECT DISTINCT tgenabled FROM pg_trigger WHERE tgrelid = 'consentfeed.events_p0'::regclass AND NOT tgisinternal"
)
EVERYTHING = "SELECT * FROM consentfeed.events ORDER BY seq"


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of PostgreSQL's programs, in English."""
    command = [str(embedded.find_binaries() / program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C"})


@pytest.fixture
def dump(database: Sql, tmp_path: Path) -> Path:
    """A dump of a database in which consents were granted, revoked and left pending, one with a note."""
    first, second, *_ = database.consents()
    database.set(first, "granted")
    decide(database.app_url, decision(first, "revoke", note="by phone"), decision(second, "grant"))
    file = tmp_path / "consentfeed.dump"
    done = run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={database.admin_url}")
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture
def restored(database: Sql) -> Iterator[Sql]:
    """Another database, still empty."""
    with new_database(database.admin_url) as empty:
        yield empty


def restore(dump: Path, database: Sql, *options: str) -> str:
    """What pg_restore complains about, as a superuser."""
    return run("pg_restore", f"--dbname={database.admin_url}", *options, str(dump)).stderr


def test_a_whole_dump_brings_the_log_and_makes_no_event(database: Sql, dump: Path, restored: Sql) -> None:
    assert restore(dump, restored) == ""
    assert restored.run(EVERYTHING) == database.run(EVERYTHING)
    assert restored.verify() == []
    restored.set(restored.consents(OTHER)[0], "granted")
    assert (restored.head(), restored.verify()) == (4, [])
    assert restored.run(GUARDS) == [("A",)]


def test_data_alone_makes_no_second_log_in_a_migrated_database(dump: Path, restored: Sql) -> None:
    migrations.migrate(restored.url)
    before = restored.run(EVERYTHING)
    complaint = restore(dump, restored, "--data-only")
    assert "a consent that has a version is not inserted" in complaint
    assert "HINT:  Insert it with a status alone. A dump is restored as a whole" in complaint
    assert (restored.run(EVERYTHING), restored.consents(), restored.verify()) == (before, [], [])


def test_data_alone_makes_no_second_log_in_a_schema_without_rows(database: Sql, dump: Path, restored: Sql) -> None:
    assert restore(dump, restored, "--schema-only") == ""
    assert "a consent that has a version is not inserted" in restore(dump, restored, "--data-only")
    assert restored.run(EVERYTHING) == database.run(EVERYTHING)
    # Tables come in the order of their names, without those that they refer to.
    assert restored.run("SELECT count(*) FROM consentfeed.notices") == [(0,)]
    assert restored.verify() == [(1, "the text of its notice is not what was hashed")]


def test_with_disabled_triggers_the_data_alone_is_the_same_log_and_goes_on(
    database: Sql, dump: Path, restored: Sql
) -> None:
    assert restore(dump, restored, "--schema-only") == ""
    assert restore(dump, restored, "--data-only", "--disable-triggers") == ""
    assert restored.run(EVERYTHING) == database.run(EVERYTHING)
    assert restored.verify() == []
    # pg_restore enables the guards again, but no longer for every role of replication.
    assert restored.run(GUARDS) == [("O",)]
    disabled = look_at(restored.app_url, "guards")
    bad(disabled, "problem", "trigger before_1_refuse_identity on consents is enabled, not", "consentfeed migrate")
    assert migrations.migrate(restored.url).mended
    assert restored.run(GUARDS) == [("A",)]
    assert look_at(restored.app_url, "guards").severity == "ok"
    restored.set(restored.consents(OTHER)[0], "granted")
    assert (restored.head(), restored.verify()) == (4, [])


def test_with_disabled_triggers_a_migrated_database_takes_consents_without_their_log_and_verify_finds_it(
    dump: Path, restored: Sql
) -> None:
    migrations.migrate(restored.url)
    assert "duplicate key" in restore(dump, restored, "--data-only", "--disable-triggers")
    ((seq, problem),) = restored.verify()
    assert (seq, restored.head()) == (0, 0)
    assert "was changed without an event" in problem


@pytest.fixture
def other_cluster() -> Iterator[Server]:
    """A cluster that has never heard of consentfeed."""
    with Server.new({"fsync": "off"}) as server:
        server.start()
        yield server


def test_into_another_cluster_as_the_how_to_says(
    database: Sql, dump: Path, other_cluster: Server, tmp_path: Path
) -> None:
    (tmp_path / "head.txt").write_text(f"the log is whole up to {database.head_id()}\n")
    roles, go_on = commands("Restore into another cluster")
    restored = in_cluster(other_cluster.url(), "restored_as_told")
    type_there = typed(restored, other_cluster.url(), tmp_path, OWNER=OWNER)
    type_there(roles)
    for role, password in ((OWNER, OWNER_PASSWORD), ("consentfeed_app", APP_PASSWORD)):
        other_cluster.sql(f"ALTER ROLE {role} LOGIN PASSWORD '{password}'")
    told = type_there(go_on)
    assert told.startswith("nothing to apply\n"), "the dump has brought all"
    assert "the log is whole" in told
    assert restored.run(EVERYTHING) == database.run(EVERYTHING)
    for check in ("guards", "owner", "rights"):
        assert look_at(restored.app_url, check).severity == "ok"


def test_without_the_role_of_the_service_migrate_mends_what_the_dump_could_not_bring(
    dump: Path, other_cluster: Server
) -> None:
    make_owner(other_cluster.url())
    restored = create_database(other_cluster.url(), "restored_without")
    complaint = restore(dump, restored, "--no-owner", f"--role={OWNER}")
    assert 'role "consentfeed_app" does not exist' in complaint
    mended = set(map(str, migrations.migrate(restored.url).mended))
    assert {"policy one_customer on consents is missing", "policy one_customer on events is missing"} < mended
    assert "consentfeed_app may no longer SELECT on consents" in mended
    other_cluster.sql(f"ALTER ROLE consentfeed_app LOGIN PASSWORD '{APP_PASSWORD}'")
    for check in ("schema", "guards", "owner", "rights"):
        assert look_at(restored.app_url, check).severity == "ok"
    (outcome,) = decide(restored.app_url, decision(restored.consents(OTHER)[0], "grant"))
    assert outcome.problem is None
    assert restored.verify() == []


def test_a_schema_without_rows_and_a_log_without_events_are_told(database: Sql, dump: Path, restored: Sql) -> None:
    assert restore(dump, restored, "--schema-only") == ""
    with pytest.raises(MigrationError, match="without its rows"):
        migrations.migrate(restored.url)
    bad(look_at(restored.app_url, "schema"), "problem", "without its rows", "estore the rows")
    bad(look_at(restored.app_url, "chain"), "problem", "the log is empty", "Restore a dump")
    with psycopg.connect(database.admin_url) as admin:
        for table in ("events", "events_p0"):
            admin.execute(f"ALTER TABLE consentfeed.{table} DISABLE TRIGGER USER".encode())
        admin.execute("DELETE FROM consentfeed.events")
        for table in ("events", "events_p0"):
            admin.execute(f"ALTER TABLE consentfeed.{table} ENABLE ALWAYS TRIGGER append_only".encode())
    bad(look_at(database.app_url, "chain"), "problem", "the log is empty", "Restore a dump")
    with pytest.raises(fit.Unfit, match="the log is empty"):
        asyncio.run(serve.check(Settings(database_url=database.app_url, secret=SECRET)))


def test_what_a_replica_session_changes_without_an_event_is_refused_or_found(database: Sql) -> None:
    first, second, *_ = database.consents()
    database.set(first, "granted")
    answer = "status = 'revoked', revoked_at = now()"
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in (
            f"UPDATE consentfeed.consents SET {answer}",
            "UPDATE consentfeed.consents SET granted_at = now() WHERE version > 0",
            "UPDATE consentfeed.consents SET channel = 'fax', version = version + 1",
            "DELETE FROM consentfeed.consents",
            "TRUNCATE consentfeed.consents CASCADE",
            "UPDATE consentfeed.events SET type = 'revoked'",
            "UPDATE consentfeed.notices SET text = 'other'",
        ):
            with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
                connection.execute(statement.encode())
        assert database.verify() == []
        # As a replicated row looks; its event would come with it.
        connection.execute(
            f"UPDATE consentfeed.consents SET {answer}, version = version + 1 WHERE id = '{first}'".encode()
        )
    assert [event["type"] for event in bodies(database)] == ["granted"]
    assert database.verify() == [(1, "its consent is not as this event left it")]
    assert row_of(database, second)["status"] == "pending"


def test_what_is_changed_with_disabled_triggers_is_found(database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    database.run("ALTER TABLE consentfeed.consents DISABLE TRIGGER USER")
    database.run(
        "INSERT INTO consentfeed.consents (customer_id, purpose, channel, status, version, actor_kind, actor_id,"
        f" method) VALUES ('{CUSTOMER}', 'surveys', 'sms', 'granted', 1, 'customer', '{CUSTOMER}', 'rest')"
    )
    ((seq, problem),) = database.verify()
    assert seq == 1
    assert "was changed without an event" in problem
    database.run("DELETE FROM consentfeed.consents")
    assert database.verify() == [(1, "its consent is missing")]
