"""`consentfeed verify`: whether the log is whole, and where it is not."""

import re
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.cli.command import Result, Run, refused
from tests.cli.conftest import three_events
from tests.support.database import Sql
from tests.support.waiting import wait_until


def test_verify_says_that_the_log_is_whole_and_its_head(run: Run, logged: Sql) -> None:
    assert run("verify", database_url=logged.app_url) == Result(0, f"the log is whole up to {logged.head_id()}\n", "")


def test_verify_of_a_log_without_events(run: Run, database: Sql) -> None:
    result = run("verify", database_url=database.app_url)
    assert result == Result(0, f"the log is whole up to {database.head_id()}\n", "")


def test_verify_finds_ids_that_were_noted_earlier(run: Run, logged: Sql) -> None:
    noted = logged.run("SELECT seq || '-' || left(encode(hash, 'hex'), 8) FROM consentfeed.events")
    for (id,) in [*noted, ("0-00000000",)]:  # noqa: A001
        assert run("verify", "--expect", id, database_url=logged.app_url).status == 0


@pytest.mark.parametrize(("expected", "reason"), [("2-00000000", "forked"), ("9-9f2ab1c3", "unknown")])
def test_verify_fails_where_a_noted_id_is_not_in_the_log(run: Run, logged: Sql, expected: str, reason: str) -> None:
    result = run("verify", "--expect", expected, database_url=logged.app_url)
    assert result.status == 1
    assert result.out.startswith(f"position {expected[0]}: ")
    assert expected in result.out
    assert reason in result.out


@pytest.mark.parametrize("expected", ["", "2", "2-9F2AB1C3", "0123456789abcdef" * 2])
def test_verify_refuses_what_is_no_event_id(run: Run, logged: Sql, expected: str) -> None:
    assert refused(run("verify", "--expect", expected, database_url=logged.app_url), "--expect")


def test_verify_of_a_log_without_its_first_row(run: Run, database: Sql) -> None:
    with psycopg.connect(database.admin_url) as superuser:
        superuser.execute("ALTER TABLE consentfeed.events_p0 DISABLE TRIGGER ALL")
        superuser.execute("ALTER TABLE consentfeed.events DISABLE TRIGGER ALL")
        superuser.execute("DELETE FROM consentfeed.events")
    result = run("verify", database_url=database.app_url)
    assert result == Result(1, "position 0: the log is empty: restore a dump as a whole, schema and rows\n", "")


def test_verify_goes_on_for_longer_than_the_role_may_take_for_a_statement(run: Run, logged: Sql) -> None:
    limit = f"ALTER ROLE consentfeed_app IN DATABASE {logged.name}"
    waits = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'consentfeed_app'"
        " AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '0.6s'"
    )
    with psycopg.connect(logged.admin_url) as holder, ThreadPoolExecutor(1) as beside:
        holder.execute("LOCK TABLE consentfeed.events")

        def let_go_when_it_has_waited_for_longer() -> None:
            try:
                wait_until(lambda: Sql.run_as(logged.admin_url, waits))
            finally:
                holder.rollback()

        Sql.run_as(logged.admin_url, f"{limit} SET statement_timeout = '0.5s'")
        try:
            waiting = beside.submit(let_go_when_it_has_waited_for_longer)
            assert run("verify", database_url=logged.app_url).out.startswith("the log is whole")
            waiting.result()
        finally:
            Sql.run_as(logged.admin_url, f"{limit} RESET statement_timeout")


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ("UPDATE consentfeed.events SET body = replace(body, 'granted', 'revoked') WHERE seq = 2", 2),
        ("UPDATE consentfeed.events SET customer_id = gen_random_uuid() WHERE seq >= 2", 2),
        ("DELETE FROM consentfeed.events WHERE seq = 2", None),
        ("UPDATE consentfeed.events SET hash = sha256('') WHERE seq = 3", 3),
    ],
)
def test_verify_fails_with_the_first_position_that_does_not_fit(
    run: Run, database: Sql, change: str, position: int | None
) -> None:
    with psycopg.connect(three_events(database).admin_url) as superuser:
        superuser.execute("ALTER TABLE consentfeed.events_p0 DISABLE TRIGGER ALL")
        superuser.execute("ALTER TABLE consentfeed.events DISABLE TRIGGER ALL")
        superuser.execute(change.encode())
    result = run("verify", database_url=database.app_url)
    assert result.status == 1
    found = re.match(r"position ([0-9]+): \S", result.out)
    assert found, result
    # Of a missing event, the position is its own or that of the one after it.
    assert int(found[1]) in ((position,) if position else (2, 3))
