"""A grid of damages, made from the catalog: the doctor names each, nodes refuse silent ones, migrate mends."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from consentfeed.node.guards import Guards
from consentfeed.postgres import fit, migrations, sql_files
from consentfeed.postgres.damages import Damage, of_rows
from consentfeed.postgres.database import Database
from consentfeed.postgres.mending import MigrationError
from tests.doctor.examined import bad, look_at
from tests.sql.test_retention import cut_small
from tests.support.damages import (
    Loss,
    function_losses,
    right_losses,
    row_rule_losses,
    table_losses,
    trigger_losses,
)
from tests.support.database import Sql, install, new_database
from tests.support.sql import catalog

GRID: dict[str, tuple[Callable[[Sql], list[Loss]], int]] = {
    "triggers": (trigger_losses, 95),
    "row rules": (row_rule_losses, 14),
    "functions": (function_losses, 250),
    "rights": (right_losses, 150),
}


def damages(database: Sql) -> list[Damage]:
    """As the service sees them."""
    return of_rows(Sql.run_as(database.app_url, "SELECT * FROM consentfeed.differing_objects()"))


def refusal(database: Sql) -> tuple[str, str]:
    """Why a node that serves is not ready, and why one would not start; empty where all is well."""

    async def go() -> tuple[str, str]:
        opened = Database(database.app_url, 1)
        await opened.open()
        try:
            guards = Guards(opened.operations)
            await guards.look()
            try:
                await fit.check(opened)
            except fit.Unfit as error:
                return guards.damage, str(error)
            return guards.damage, ""
        finally:
            await opened.close()

    return asyncio.run(go())


def is_silent(loss: Loss, noted: str) -> bool:
    """Whether something could change without an event, or the service not do what it is for."""
    if loss.kind == "rights":
        return loss.statement.startswith(("REVOKE", "GRANT ALL", "GRANT UPDATE"))
    return loss.kind == "trigger" or (loss.kind == "function" and "VOLATILE" in noted)


@pytest.mark.parametrize("part", GRID)
def test_each_damage_is_named_alone_and_refused_where_it_is_silent(database: Sql, part: str) -> None:
    losses, least = GRID[part][0](database), GRID[part][1]
    assert len(losses) >= least
    with psycopg.connect(database.admin_url) as connection:
        for loss in losses:
            if loss.name.startswith(sql_files.INSTRUMENTS) and loss.statement.startswith("DROP"):
                continue  # what is missing here cannot be asked; the doctor looks at these two by itself
            connection.execute(loss.statement.encode())
            rows = connection.execute("SELECT * FROM consentfeed.differing_objects()").fetchall()
            connection.rollback()
            # With a function go the rights to it.
            (found,) = (one for one in of_rows(rows) if one.kind == loss.kind)
            assert found[:3] == loss[1:], loss
            assert loss.name in str(found), loss
            assert found.cure == "Run `consentfeed migrate` as the owner, which mends it.", loss
            assert found.is_grave, loss
            assert found.is_silent == is_silent(loss, found.noted or ""), loss


def at_once(losses: list[Loss]) -> list[list[Loss]]:
    """The same, in groups with one loss of each object."""
    groups: defaultdict[int, list[Loss]] = defaultdict(list)
    seen: Counter[tuple[str, ...]] = Counter()
    for loss in losses:
        groups[seen[loss[1:]]].append(loss)
        seen[loss[1:]] += 1
    return list(groups.values())


@pytest.mark.parametrize("part", GRID)
def test_all_damages_of_a_kind_are_told_and_mended(database: Sql, part: str) -> None:
    whole = catalog(database.url)
    for losses in at_once(GRID[part][0](database)):
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            for loss in losses:
                admin.execute(loss.statement.encode())
        bad(look_at(database.app_url, "rights" if part == "rights" else "guards"), "problem", "consentfeed migrate")
        ready, start = refusal(database)
        assert bool(ready) == (part != "row rules")
        assert "consentfeed migrate" in start or not ready
        done = migrations.migrate(database.url)
        assert {loss[1:] for loss in losses} <= {one[:3] for one in done.mended}
        assert (done.applied, done.left) == ([], [])
        assert refusal(database) == ("", "")
        assert catalog(database.url) == whole
    assert database.verify() == []


def test_each_lost_table_column_constraint_or_index_is_named_with_what_it_was(database: Sql) -> None:
    losses = table_losses(database)
    assert len(losses) >= 150
    with psycopg.connect(database.admin_url) as connection:
        for loss in losses:
            connection.execute(loss.statement.encode())
            rows = connection.execute("SELECT * FROM consentfeed.differing_objects()").fetchall()
            connection.rollback()
            (found,) = [one for one in of_rows(rows) if one[:3] == loss[1:]]
            assert loss.name in str(found)
            assert found.noted is not None
            assert found.noted in found.cure
            assert not found.is_made_again
            assert found.is_grave == (loss.kind != "index")


def test_what_migrate_cannot_mend_is_told_until_it_is_made_again_or_accepted(database: Sql) -> None:
    database.run("DROP INDEX consentfeed.consents_updated_at")
    database.run("ALTER TABLE consentfeed.consents DROP CONSTRAINT consents_check1")
    first, second = sorted(migrations.migrate(database.url).left, key=lambda one: one.kind)
    assert "index consents_updated_at on consents is missing" in look_at(database.app_url, "guards").seen
    assert refusal(database) == ("", ""), "no change is silent without it"
    # What was noted is the statement, or a part of it.
    database.run(str(second.noted))
    database.run(f"ALTER TABLE consentfeed.consents ADD CONSTRAINT {first.name} {first.noted}")
    assert damages(database) == []
    database.run("DROP INDEX consentfeed.consents_updated_at")
    (left,) = migrations.migrate(database.url).left
    database.run(left.cure[left.cure.index("DELETE FROM") :].rstrip("."))
    assert damages(database) == []


THEIRS = {
    "trigger": "CREATE TRIGGER theirs BEFORE UPDATE ON consentfeed.consents FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "rule": "CREATE RULE theirs AS ON UPDATE TO consentfeed.consents DO INSTEAD NOTHING",
    "policy": "CREATE POLICY theirs ON consentfeed.consents AS RESTRICTIVE USING (false)",
}


@pytest.mark.parametrize("kind", THEIRS)
def test_what_others_have_added_is_told_and_never_taken_for_ours(database: Sql, kind: str) -> None:
    Sql.run_as(database.admin_url, THEIRS[kind])
    for _ in range(2):
        (found,) = damages(database)
        assert (found.kind, found.name, found.is_silent) == (kind, "theirs", kind == "rule")
        assert f"{kind} theirs on consents is not consentfeed's" in look_at(database.app_url, "guards").seen
        # As at an upgrade, when everything is made again.
        database.run("DELETE FROM consentfeed.migrations WHERE name = 'functions'")
        if kind == "rule":  # which rewrites statements of migrate, too
            with pytest.raises(MigrationError, match=r"DROP RULE theirs ON consentfeed\.consents"):
                migrations.migrate(database.url)
        else:
            assert migrations.migrate(database.url).left == [found]


def test_what_nobody_has_damaged_is_whole(database: Sql) -> None:
    assert damages(database) == []
    assert look_at(database.app_url, "guards").severity == "ok"
    database.run("CREATE INDEX theirs ON consentfeed.customers (created_at)")
    database.run("ALTER TABLE consentfeed.customers ADD COLUMN theirs text")
    database.run("GRANT SELECT ON consentfeed.consents TO pg_monitor")
    cut_small(database)
    for number in range(9):
        database.set(database.consents()[0], ("granted", "revoked")[number % 2])
    database.run("SELECT consentfeed.drop_oldest_partition()")
    assert damages(database) == []
    assert migrations.migrate(database.url) == migrations.Done([], [], [], by_superuser=False)


def test_a_new_partition_has_its_guards_and_one_that_is_detached_is_told(database: Sql) -> None:
    partition = "consentfeed.events_p2"
    database.run(f"ALTER TABLE consentfeed.events DETACH PARTITION {partition}")
    (found,) = damages(database)
    assert str(found) == "partition events_p2 is detached, not attached"
    assert "ATTACH PARTITION" in found.cure
    database.run(f"DROP TABLE {partition}")
    assert damages(database) == []
    assert database.value("SELECT consentfeed.add_event_partitions()") == 1
    assert damages(database) == []
    database.run(f"DROP TRIGGER append_only ON {partition}")
    assert [str(one) for one in damages(database)] == ["trigger append_only on events_p2 is missing"]


def test_a_foreign_key_whose_triggers_are_disabled_is_told(database: Sql) -> None:
    Sql.run_as(database.admin_url, "ALTER TABLE consentfeed.consents DISABLE TRIGGER ALL")
    assert "constraint consents_customer_id_fkey on consents is not as it was made" in map(str, damages(database))
    (left, *_) = migrations.migrate(database.url).left
    assert left.kind == "constraint"
    Sql.run_as(database.admin_url, "ALTER TABLE consentfeed.consents ENABLE TRIGGER ALL")
    migrations.migrate(database.url)
    assert damages(database) == []


def test_an_inventory_that_was_emptied_is_told_and_made_again(database: Sql) -> None:
    before = database.run("SELECT * FROM consentfeed.inventory ORDER BY 1, 2, 3")
    database.run("DELETE FROM consentfeed.inventory")
    assert [str(one) for one in damages(database)] == ["what sql/ has made is not noted"]
    assert refusal(database)[0]
    migrations.migrate(database.url)
    assert database.run("SELECT * FROM consentfeed.inventory ORDER BY 1, 2, 3") == before


def test_what_a_newer_postgresql_words_differently_is_noted_anew(database: Sql) -> None:
    made_again = "kind IN ('trigger', 'function', 'policy')"
    before = database.run("SELECT * FROM consentfeed.inventory ORDER BY 1, 2, 3")
    database.run(f"UPDATE consentfeed.inventory SET state = state || ' in older words' WHERE {made_again}")
    assert len(damages(database)) > 100
    done = migrations.migrate(database.url)
    assert (done.applied, done.left) == ([], [])
    assert database.run("SELECT * FROM consentfeed.inventory ORDER BY 1, 2, 3") == before


def test_a_node_looks_again_and_again(database: Sql) -> None:
    database.run("DROP FUNCTION consentfeed.differing_objects()")
    assert "differing_objects" in refusal(database)[0]
    assert migrations.migrate(database.url).mended
    assert refusal(database) == ("", "")


def test_an_upgrade_does_not_take_a_damage_for_right(database: Sql) -> None:
    database.run("DROP INDEX consentfeed.consents_updated_at")
    database.run("ALTER TABLE consentfeed.consents DISABLE TRIGGER USER")
    database.run("DELETE FROM consentfeed.migrations WHERE name = 'functions'")
    done = migrations.migrate(database.url)
    assert [str(one) for one in done.left] == ["index consents_updated_at on consents is missing"]
    assert "trigger collect_updated on consents is disabled, not enabled" in map(str, done.mended)
    assert len(done.applied) > 50
    assert migrations.migrate(database.url).left == done.left


def test_names_and_roles_are_quoted_where_they_need_it(cluster: str) -> None:
    """A database whose owner has an odd name is whole, too."""
    with new_database(cluster, owner=False) as database:
        role = 'O"dd owner'
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
            install(database)
            admin.execute(sql.SQL("ALTER TABLE consentfeed.nodes OWNER TO {}").format(sql.Identifier(role)))
            assert [str(one) for one in damages(database)] == [f"TABLE consentfeed.nodes belongs to {role}"]
            admin.execute("ALTER TABLE consentfeed.nodes OWNER TO CURRENT_USER")
            assert damages(database) == []
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
