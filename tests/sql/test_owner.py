"""One role owns everything, and nobody else migrates: others are refused before anything is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from consentfeed.cli import main
from consentfeed.postgres import migrations
from consentfeed.postgres.mending import MigrationError
from tests.docs.test_operations import commands, typed
from tests.doctor.examined import bad, look_at
from tests.sql.test_restores import restore, run
from tests.support.database import OWNER, Sql, new_database, with_login
from tests.support.sql import catalog, sql_role

(GIVE,) = commands("Give everything to its owner")


@pytest.fixture
def superusers(cluster: str, template: str) -> Iterator[Sql]:
    """A database that a superuser has migrated."""
    with new_database(cluster, owner=False) as database:
        migrations.migrate(database.url)
        yield database


def test_another_role_is_refused_before_anything_is_written(database: Sql) -> None:
    before = catalog(database.url), database.run("SELECT * FROM consentfeed.migrations ORDER BY name")
    database.run("DELETE FROM consentfeed.migrations WHERE name = 'functions'")
    with sql_role(database, "ALL ON SCHEMA consentfeed", "SELECT ON consentfeed.migrations") as (_, url):
        for stranger in (database.admin_url, url):
            for change in (migrations.migrate, migrations.pending):
                with pytest.raises(MigrationError, match=f"belongs to {OWNER}.*Connect as {OWNER}"):
                    change(stranger)
    assert catalog(database.url) == before[0]
    # As a superuser may, who has no password of the owner.
    as_owner = f"{database.admin_url}?options=-c%20role%3D{OWNER}"
    assert migrations.migrate(as_owner).applied
    assert catalog(database.url) == before[0]


def test_a_superuser_may_install_and_is_told(cluster: str, template: str) -> None:
    with new_database(cluster, owner=False) as empty:
        command = ["migrate", "--database-url", empty.url]
        result = CliRunner().invoke(main.main, command)
        assert (result.exit_code, "a superuser" in result.stderr) == (0, True)
        result = CliRunner().invoke(main.main, command)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "nothing to apply\n", "")
        bad(look_at(empty.app_url, "owner"), "warning", "a superuser", "docs/operations.md")


def test_what_a_superuser_owns_can_be_given_to_an_owner(superusers: Sql, tmp_path: Path) -> None:
    as_owner = Sql(
        with_login(superusers.url, OWNER, "owner of tests", superusers.name), superusers.app_url, superusers.url
    )
    with pytest.raises(MigrationError, match=f"and this is {OWNER}"):
        migrations.migrate(as_owner.url)
    assert typed(as_owner, superusers.url, tmp_path, OWNER=OWNER)(GIVE).endswith("nothing to apply\n")
    for check in ("guards", "owner", "rights"):
        assert look_at(superusers.app_url, check).severity == "ok"
    assert as_owner.value("SELECT consentfeed.add_event_partitions()") == 0


def test_a_restore_without_owners_is_told_and_mended(database: Sql, tmp_path: Path) -> None:
    file = tmp_path / "consentfeed.dump"
    assert run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={database.admin_url}").returncode == 0
    with new_database(database.admin_url) as restored:
        assert restore(file, restored, "--no-owner") == ""
        bad(look_at(restored.app_url, "owner"), "warning", "a superuser", "docs/operations.md")
        with pytest.raises(MigrationError, match="Connect as"):
            migrations.migrate(restored.url)
        typed(restored, restored.admin_url, tmp_path, OWNER=OWNER)(GIVE)
        assert look_at(restored.app_url, "owner").severity == "ok"
        assert migrations.migrate(restored.url) == migrations.Done([], [], [], by_superuser=False)
        assert restored.verify() == []


@pytest.mark.parametrize("what", ["FUNCTION consentfeed.record_decisions(jsonb)", "TABLE consentfeed.log_order"])
def test_a_part_that_belongs_to_another_role_is_told_and_stops_migrate(
    database: Sql, tmp_path: Path, what: str
) -> None:
    Sql.run_as(database.admin_url, f"ALTER {what} OWNER TO CURRENT_USER")
    bad(look_at(database.app_url, "owner"), "problem", what.partition("(")[0], "docs/operations.md")
    database.run("DELETE FROM consentfeed.migrations WHERE name = 'functions'")
    with pytest.raises(MigrationError, match=f"and not to {OWNER}"):
        migrations.migrate(database.url)
    assert database.run("SELECT FROM consentfeed.migrations WHERE name = 'functions'") == []
    typed(database, database.admin_url, tmp_path, OWNER=OWNER)(GIVE)
    assert look_at(database.app_url, "owner").severity == "ok"
