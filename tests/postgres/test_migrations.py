"""`consentfeed migrate`: once for all who start it, all or nothing, and never over what it does not know."""

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from consentfeed.cli import main
from consentfeed.node import serve
from consentfeed.postgres import fit, migrations, sql_files
from consentfeed.postgres.mending import MigrationError
from consentfeed.settings import Settings
from tests.support.database import Sql, in_cluster, new_database, with_login
from tests.support.sql import catalog
from tests.support.tokens import SECRET


@pytest.fixture
def empty(database: Sql) -> Iterator[str]:
    """The owner's URL of an empty database."""
    with new_database(database.admin_url) as empty:
        yield empty.url


def migrate(url: str, *options: str) -> Result:
    """`consentfeed migrate`."""
    return CliRunner().invoke(main.main, ["migrate", "--database-url", url, *options])


def test_twenty_at_once_on_an_new_database_install_it_once(empty: str, database: Sql) -> None:
    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(migrations.migrate, [empty] * 20))
    assert sorted(len(one.applied) for one in done) == [0] * 19 + [len(sql_files.files())]
    assert catalog(empty) == catalog(database.url)


def test_a_second_run_applies_nothing(database: Sql) -> None:
    before = catalog(database.url), database.run("SELECT * FROM consentfeed.migrations ORDER BY name")
    assert migrate(database.url).output == "nothing to apply\n"
    assert (catalog(database.url), database.run("SELECT * FROM consentfeed.migrations ORDER BY name")) == before


def test_status_lists_what_is_applied(empty: str, database: Sql) -> None:
    names = [*sorted(sql_files.expected()), "functions"]
    assert migrate(empty, "--status").output.splitlines() == [f"{name}  pending" for name in names]
    assert migrate(database.url, "--status").output.splitlines() == [f"{name}  applied" for name in names]


def test_dry_run_prints_the_sql_that_would_run_and_changes_nothing(empty: str) -> None:
    result = migrate(empty, "--dry-run")
    assert result.exit_code == 0
    assert Sql.run_as(empty, "SELECT 1 FROM pg_namespace WHERE nspname = 'consentfeed'") == []
    Sql.run_as(empty, result.output)
    by_hand = catalog(empty)
    migrations.migrate(empty)
    assert catalog(empty) == by_hand
    assert migrate(empty, "--dry-run").output == ""


@pytest.fixture
def sql_copy(tmp_path: Path, sql_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of sql/ that migrate uses, to be edited."""
    copy = tmp_path / "sql"
    shutil.copytree(sql_folder, copy)
    monkeypatch.setattr(sql_files, "SQL", copy)
    return copy


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


def test_a_migration_that_was_edited_after_it_had_been_applied_is_refused(database: Sql, sql_copy: Path) -> None:
    append(sql_copy / "migrations/0002_customers.sql", "-- a thought\n")
    with pytest.raises(MigrationError, match="0002_customers was edited"):
        migrations.migrate(database.url)


def test_a_database_that_is_newer_than_the_code_is_refused(database: Sql) -> None:
    database.run("INSERT INTO consentfeed.migrations (name) VALUES ('0099_future')")
    with pytest.raises(MigrationError, match="0099_future"):
        migrations.migrate(database.url)
    assert "0099_future  unknown to this code" in migrate(database.url, "--status").output


def test_a_database_from_before_the_first_release_is_refused_by_migrate_and_by_serve(database: Sql) -> None:
    for number, name in enumerate(("schema", "customers", "purposes", "consents", "events", "sign_in"), 1):
        database.run("INSERT INTO consentfeed.migrations VALUES (%s) ON CONFLICT DO NOTHING", f"{number:04}_{name}")
    before = catalog(database.url), database.run("SELECT * FROM consentfeed.migrations ORDER BY name")
    for options in ((), ("--dry-run",)):
        refused = migrate(database.url, *options)
        assert refused.exit_code == 1
        assert "made before consentfeed 0.1.0, and there is no upgrade" in refused.output
        assert "make a new database" in refused.output
    assert (catalog(database.url), database.run("SELECT * FROM consentfeed.migrations ORDER BY name")) == before
    with pytest.raises(fit.Unfit, match=r"made before consentfeed 0\.1\.0.* make a new database"):
        asyncio.run(serve.check(Settings(database_url=database.app_url, secret=SECRET)))


def test_serve_is_told_what_does_not_fit() -> None:
    assert sql_files.misfit({*sql_files.expected(), "functions"}) is None
    assert "lacks 0006_events" in str(sql_files.misfit(sql_files.expected() - {"0006_events"}))
    assert "newer than this code" in str(sql_files.misfit(sql_files.expected() | {"0099_future"}))


def test_a_new_version_applies_what_is_new_and_re_creates_the_functions_once(database: Sql, sql_copy: Path) -> None:
    (sql_copy / "migrations/0099_new.sql").write_text(
        "CREATE TABLE consentfeed.new ();\nINSERT INTO consentfeed.migrations (name) VALUES ('0099_new');\n"
    )
    install = sql_copy / "install.sql"
    install.write_text(install.read_text().replace("\\ir functions", "\\ir migrations/0099_new.sql\n\\ir functions", 1))
    append(sql_copy / "functions/log/log_head.sql", "COMMENT ON FUNCTION consentfeed.log_head IS 'Newer.';\n")
    assert migrations.migrate(database.url).applied == [
        "migrations/0099_new.sql",
        *(file.name for file in sql_files.files() if not file.migrates),
    ]
    assert migrations.migrate(database.url) == migrations.Done([], [], [], by_superuser=False)
    assert database.run("SELECT obj_description('consentfeed.log_head()'::regprocedure)") == [("Newer.",)]
    assert database.run("SELECT has_table_privilege('consentfeed_app', 'consentfeed.new', 'SELECT')") == [(False,)]


def test_a_failed_migration_leaves_nothing_behind(database: Sql, sql_copy: Path) -> None:
    before = catalog(database.url)
    append(sql_copy / "functions/log/log_head.sql", "COMMENT ON FUNCTION consentfeed.log_head IS 'Newer.';\n")
    append(sql_copy / "grants.sql", "SELECT 1 / 0;\n")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrations.migrate(database.url)
    assert catalog(database.url) == before


def test_migrate_gives_up_rather_than_waits_behind_an_open_transaction(
    database: Sql, sql_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_PATIENCE", 0.1)
    append(sql_copy / "grants.sql", "-- changed\n")
    with database.connect() as left_open:
        left_open.execute("UPDATE consentfeed.consents SET status = 'revoked'")
        with pytest.raises(MigrationError, match="open transaction"):
            migrations.migrate(database.url)
    assert migrations.migrate(database.url).applied
    assert database.verify() == []


def test_behind_a_dump_nobody_waits_for_long_and_rights_are_mended(
    database: Sql, sql_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_PATIENCE", 2.0)
    ended = threading.Event()
    consent = database.consents()[0]

    def decide_again_and_again() -> float:
        longest = 0.0
        with database.connect(autocommit=True) as client:
            while not ended.is_set():
                began = time.monotonic()
                client.execute("UPDATE consentfeed.consents SET status = 'revoked' WHERE id = %s", (consent,))
                longest = max(longest, time.monotonic() - began)
        return longest

    with database.connect() as dump, ThreadPoolExecutor(1) as pool:
        dump.execute(
            "LOCK TABLE consentfeed.consents, consentfeed.events, consentfeed.uncommitted_events IN ACCESS SHARE MODE"
        )
        database.run("REVOKE SELECT ON consentfeed.consents FROM consentfeed_app")
        assert migrations.migrate(database.url).mended, "no table is locked for that"
        append(sql_copy / "triggers.sql", "-- changed\n")
        client = pool.submit(decide_again_and_again)
        try:
            with pytest.raises(MigrationError, match="such as a dump"):
                migrations.migrate(database.url)
        finally:
            ended.set()
        longest = client.result()
    assert 0.2 < longest < 1.5, "a moment, and not the seconds for which migrate tries"
    assert migrations.migrate(database.url).applied


def test_where_a_dba_has_made_the_schema_an_owner_who_may_create_none_installs(cluster: str, template: str) -> None:
    with role_and_database(cluster, owns_database=False) as (name, url):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for database"):
            migrations.migrate(url)
        admin = in_cluster(cluster, name, owner=False).admin_url
        Sql.run_as(admin, "CREATE SCHEMA consentfeed")
        with pytest.raises(MigrationError, match=f"ALTER SCHEMA consentfeed OWNER TO {name}"):
            migrations.migrate(url)
        Sql.run_as(admin, f"ALTER SCHEMA consentfeed OWNER TO {name}")
        assert migrations.migrate(url).applied
        assert migrations.migrate(url).left == []


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_another_encoding_is_refused_in_words(cluster: str, template: str, encoding: str) -> None:
    with role_and_database(cluster, f"ENCODING {encoding} LOCALE 'C' TEMPLATE template0") as (_, url):
        refused = migrate(url)
        assert refused.exit_code == 1
        assert f"the encoding of this database is {encoding}" in refused.output
        assert "TEMPLATE template0" in refused.output
        first = sql_files.files()[0]
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=f"is {encoding}, not UTF8"):
            Sql.run_as(url, first.text)
        assert Sql.run_as(url, "SELECT 1 FROM pg_namespace WHERE nspname = 'consentfeed'") == []


@contextmanager
def role_and_database(cluster: str, options: str = "", *, owns_database: bool = True) -> Iterator[tuple[str, str]]:
    """The one name of a role and a database, and the role's URL of it; the role may create no other role."""
    name = f"cf_test_{uuid4().hex[:8]}"
    Sql.run_as(cluster, f"CREATE ROLE {name} LOGIN PASSWORD 'password'")
    Sql.run_as(cluster, f"CREATE DATABASE {name} {f'OWNER {name}' if owns_database else ''} {options}")
    try:
        yield name, with_login(cluster, name, "password", name)
    finally:
        Sql.run_as(cluster, f"DROP DATABASE {name} WITH (FORCE)")
        Sql.run_as(cluster, f"DROP ROLE {name}")


def test_an_owner_who_may_create_no_role_installs_where_a_dba_has_made_it(cluster: str, template: str) -> None:
    with role_and_database(cluster) as (_, url):
        assert migrations.migrate(url).applied


def test_the_owner_is_no_superuser(database: Sql) -> None:
    assert database.run("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
