"""The access trail in the database: who may do what with it, what gets into it, and how it is found again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from consentfeed.writes.trail import Action
from tests.support.database import Sql, new_database
from tests.support.seed import CUSTOMER, NOBODY, OTHER, STAFF
from tests.support.sql import refused, sql_role

COUNT = "SELECT count(*) FROM consentfeed.access_trail"
LIST = "SELECT id, action FROM consentfeed.list_accesses(%s, %s, %s, %s, %s, %s, %s, %s)"
FORGET = "SELECT consentfeed.forget_accesses(%s, %s)"


def line(action: str = "read-customer", customers: tuple[str, ...] = (CUSTOMER,), **more: Any) -> dict[str, Any]:
    """A line as the service hands it in."""
    return {
        "actor": STAFF["csr"],
        "actor_role": "csr",
        "session": None,
        "action": action,
        "customers": customers,
        "filters": {},
        "rows": len(customers),
        **more,
    }


def record(database: Sql, *lines: dict[str, Any]) -> None:
    Sql.run_as(database.app_url, "SELECT consentfeed.record_accesses(%s)", json.dumps(lines))


def listed(
    database: Sql,
    customer: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> list[str]:
    """The actions of what is found, newest first."""
    rows = Sql.run_as(database.app_url, LIST, customer, actor, action, since, until, None, None, 1000)
    return [row[1] for row in rows]


def old_line(database: Sql, days: float, action: str = "read-customer") -> None:
    database.run(
        "INSERT INTO consentfeed.access_trail (at, actor, actor_role, action, customers, filters, rows)"
        " VALUES (now() - %s * interval '1 day', %s, 'csr', %s, ARRAY[%s::uuid], '{}', 1)",
        days,
        STAFF["csr"],
        action,
        CUSTOMER,
    )


# Who may do what


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM consentfeed.access_trail",
        "UPDATE consentfeed.access_trail SET rows = 0",
        "DELETE FROM consentfeed.access_trail",
        "TRUNCATE consentfeed.access_trail",
        "INSERT INTO consentfeed.access_trail DEFAULT VALUES",
        "SELECT consentfeed.access_filters('{}')",
    ],
)
def test_the_service_touches_the_trail_by_its_functions_alone(database: Sql, statement: str) -> None:
    record(database, line())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        Sql.run_as(database.app_url, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consentfeed.access_trail SET rows = 0",
        "DELETE FROM consentfeed.access_trail",
        "TRUNCATE consentfeed.access_trail",
        "SET session_replication_role = replica; DELETE FROM consentfeed.access_trail",
    ],
)
def test_nobody_changes_or_deletes_a_line_the_owner_included(database: Sql, statement: str) -> None:
    record(database, line())
    assert "forget_accesses" in str(refused(database.admin_url, statement).diag.message_hint)
    if "replica" not in statement:
        assert "forget_accesses" in str(refused(database.url, statement).diag.message_hint)
    assert database.run(COUNT) == [(1,)]


def test_a_role_that_may_delete_does_not_get_by_with_the_setting_of_retention(database: Sql) -> None:
    record(database, line())
    rights = ("USAGE ON SCHEMA consentfeed", "SELECT, UPDATE, DELETE ON consentfeed.access_trail")
    with sql_role(database, *rights) as (_, url):
        refused(url, "SET consentfeed.forgetting = 'on'; DELETE FROM consentfeed.access_trail")
    assert database.run(COUNT) == [(1,)]


def test_public_may_call_none_of_its_functions(database: Sql) -> None:
    with sql_role(database, "USAGE ON SCHEMA consentfeed") as (_, url):
        for call in (
            "record_accesses('[]')",
            "list_accesses(NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1)",
            "forget_accesses(30, 1)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                Sql.run_as(url, f"SELECT consentfeed.{call}")


# What gets in


@pytest.mark.parametrize(
    "wrong",
    [{"action": "look"}, {"actor_role": "customer"}, {"actor": None}, {"customers": None}, {"rows": -1}],
    ids=str,
)
def test_a_line_that_makes_no_sense_is_refused(database: Sql, wrong: dict[str, Any]) -> None:
    with pytest.raises(psycopg.errors.IntegrityError):
        record(database, line() | wrong)


def test_the_code_and_the_table_know_the_same_actions(database: Sql) -> None:
    names: tuple[str, ...] = Action.__args__  # type: ignore[attr-defined]
    record(database, *(line(name, filters={"action": name}) for name in names))
    kept = database.run("SELECT action, filters ->> 'action' FROM consentfeed.access_trail ORDER BY id")
    assert kept == [(name, name) for name in names]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"purpose": ["marketing", "Nimal Perera"]}, {"purpose": ["marketing"]}),
        (
            {"purpose": ["Nimal"], "channel": ["sms", "+94771234567", "94"]},
            {"purpose": [], "channel": ["sms"]},
        ),
        ({"status": ["granted", "nimal"], "type": ["expired"]}, {"status": ["granted"], "type": ["expired"]}),
        ({"customer": [CUSTOMER, "a@b.lk"]}, {"customer": [CUSTOMER]}),
        ({"customer": CUSTOMER, "actor": "Nimal"}, {"customer": CUSTOMER, "actor": None}),
        ({"after": "42-9f2ab1c3"}, {"after": "42-9f2ab1c3"}),
        ({"after": "0771234567"}, {"after": None}),
        ({"since": "2026-11-22T00:00:00.000000Z"}, {"since": "2026-11-22T00:00:00.000000Z"}),
        ({"search": True}, {"search": True}),
        ({"search": "Nimal", "q": "Nimal", "Nimal": True}, {"search": None}),
        ({"purpose": {"Nimal": ["Perera"]}, "channel": [["Nimal"], {"a": "Perera"}]}, {"purpose": None, "channel": []}),
    ],
    ids=str,
)
def test_filters_are_kept_as_ids_times_and_known_codes_alone(
    database: Sql, asked: dict[str, Any], kept: dict[str, Any]
) -> None:
    record(database, line("list-consents", filters=asked))
    assert database.run("SELECT filters FROM consentfeed.access_trail") == [(kept,)]


# How it is found


def test_lines_are_listed_newest_first_and_page_by_page(database: Sql) -> None:
    for batch in range(5):  # five moments, two lines each
        record(database, line(rows=2 * batch), line(rows=2 * batch + 1))
    statement = "SELECT rows, at, id FROM consentfeed.list_accesses(NULL, NULL, NULL, NULL, NULL, %s, %s, 3)"
    seen: list[int] = []
    after: tuple[Any, Any] = (None, None)
    while page := Sql.run_as(database.app_url, statement, *after):
        seen += [row[0] for row in page]
        after = page[-1][1:]
    assert seen == list(range(9, -1, -1))


def test_lines_are_found_by_customer_actor_action_and_time(database: Sql) -> None:
    old_line(database, 3, "read-history")
    record(
        database,
        line("list-customers", (CUSTOMER, OTHER)),
        line("read-customer", (OTHER,), actor=STAFF["admin"], actor_role="admin"),
        line("read-trail", ()),
    )
    assert listed(database) == ["read-trail", "read-customer", "list-customers", "read-history"]
    assert listed(database, CUSTOMER) == ["list-customers", "read-history"]
    assert listed(database, OTHER) == ["read-customer", "list-customers"]
    assert listed(database, NOBODY) == []
    assert listed(database, actor=STAFF["admin"]) == ["read-customer"]
    assert listed(database, OTHER, STAFF["csr"]) == ["list-customers"]
    assert listed(database, action="read-trail") == ["read-trail"]
    ((moment,),) = database.run("SELECT at::text FROM consentfeed.access_trail WHERE action = 'read-history'")
    assert listed(database, until=moment) == []
    assert listed(database, since=moment)[-1] == "read-history"
    assert listed(database, CUSTOMER, since="yesterday") == ["list-customers"]
    assert listed(database, until="yesterday") == ["read-history"]


def test_the_actors_address_is_looked_up_when_the_line_is_read(database: Sql) -> None:
    record(database, line(), line(actor=NOBODY))
    database.run("UPDATE consentfeed.users SET email = 'new@example.com' WHERE id = %s", STAFF["csr"])
    found = "SELECT actor::text, email FROM consentfeed.list_accesses(NULL, NULL, NULL, NULL, NULL, NULL, NULL, 9)"
    assert Sql.run_as(database.app_url, found) == [(NOBODY, None), (STAFF["csr"], "new@example.com")]


# How long it is kept


def test_old_lines_are_forgotten_oldest_first_and_a_batch_at_a_time(database: Sql) -> None:
    for days in (400, 370, 366, 364, 0):
        old_line(database, days)
    left = (
        "SELECT array_agg(round(extract(epoch FROM now() - at) / 86400)::int ORDER BY at) FROM consentfeed.access_trail"
    )
    for gone, kept in ((2, [366, 364, 0]), (1, [364, 0]), (0, [364, 0])):
        assert Sql.run_as(database.app_url, FORGET, 365, 2) == [(gone,)]
        assert database.run(left) == [(kept,)]


@pytest.mark.parametrize("days", [29, 0, -1000])
def test_nobody_can_have_the_last_thirty_days_forgotten(database: Sql, days: int) -> None:
    old_line(database, 31)
    old_line(database, 29.9)
    assert Sql.run_as(database.app_url, FORGET, days, 100) == [(1,)]
    assert database.run(COUNT) == [(1,)]


def test_the_setting_of_retention_ends_with_its_function(database: Sql) -> None:
    old_line(database, 400)
    with database.connect(autocommit=True) as owner:
        owner.execute(FORGET, (365, 100))
        old_line(database, 1)
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            owner.execute("DELETE FROM consentfeed.access_trail")


# At many lines

LINES = 100_000
MONTH_AGO = str(datetime.now(UTC) - timedelta(days=30))
ONE = "a0000000-0000-4000-8000-000000000077"
OFTEN = "a0000000-0000-4000-8000-999999999999"
FILL = f"""
    INSERT INTO consentfeed.access_trail (at, actor, actor_role, action, customers, filters, rows)
    SELECT
        now() - ({LINES} - number) * interval '1 minute',
        ('b0000000-0000-4000-8000-' || lpad((number % 100)::text, 12, '0'))::uuid, 'csr',
        CASE WHEN number % 10000 = 0 THEN 'read-trail' ELSE 'list-customers' END,
        -- Each of 20,000 customers in about ten lines; one in a tenth of the oldest half.
        ARRAY[('a0000000-0000-4000-8000-' || lpad((number % 20000)::text, 12, '0'))::uuid,
            ('a0000000-0000-4000-8000-' || lpad((number * 7 % 20000)::text, 12, '0'))::uuid]
            || CASE WHEN number < {LINES // 2} AND number % 10 = 0 THEN ARRAY['{OFTEN}'::uuid] ELSE '{{}}' END,
        '{{}}', 1
    FROM generate_series(1, {LINES}) AS number;
"""


@pytest.fixture(scope="module")
def large(cluster: str, template: str) -> Iterator[Sql]:
    with new_database(cluster, template) as database:
        database.run(FILL)
        Sql.run_as(database.admin_url, "VACUUM ANALYZE")
        yield database


def touched(database: Sql, statement: str, *args: Any) -> tuple[int, int]:
    """How many rows the answer has, and how many of the trail were looked at for it."""
    read = (
        "SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables"
        " WHERE schemaname = 'consentfeed' AND relname = 'access_trail'"
    )
    with psycopg.connect(database.url) as connection:
        # Once before, because the first call in a connection also counts what the planner looks at.
        connection.execute(statement.encode(), args)
        before = connection.execute(read.encode()).fetchone()
        answer = connection.execute(statement.encode(), args).fetchall()
        after = connection.execute(read.encode()).fetchone()
        connection.rollback()
    assert before
    assert after
    return len(answer), after[0] - before[0]


@pytest.mark.parametrize(
    ("answers", "most", "filters"),
    [
        pytest.param(51, 60, (None, None, None, None, None), id="the newest"),
        pytest.param(10, 20, (ONE, None, None, None, None), id="a customer"),
        pytest.param(0, 5, (NOBODY, None, None, None, None), id="a customer whom nobody looked at"),
        pytest.param(51, 6000, (OFTEN, None, None, None, None), id="a customer often looked at, long ago"),
        pytest.param(51, 60, (None, ONE.replace("a", "b", 1), None, None, None), id="an actor"),
        pytest.param(0, 5, (None, NOBODY, None, None, None), id="an actor who did nothing"),
        pytest.param(10, 20, (None, None, "read-trail", None, None), id="a rare action"),
        pytest.param(51, 60, (None, None, None, None, MONTH_AGO), id="until a time"),
        pytest.param(0, 5, (None, None, None, "tomorrow", None), id="since a time"),
    ],
)
def test_who_looked_at_whom_is_found_by_an_index(large: Sql, answers: int, most: int, filters: tuple[Any, ...]) -> None:
    found, read = touched(large, LIST, *filters, None, None, 51)
    assert found == answers
    assert read <= most


def test_what_is_too_old_is_found_by_an_index(large: Sql) -> None:
    found, read = touched(large, FORGET, 60, 100)
    assert found == 1
    assert 100 <= read <= 500
