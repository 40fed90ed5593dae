"""What the overview draws: minutes of the last hour, decisions by day, and how many have said yes."""

from typing import Any

import psycopg
import pytest

from consentfeed.api.statistics import Statistics
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.rest import Rest, ok
from tests.support.seed import NOBODY
from tests.support.sql import expired_grant


@pytest.fixture
def fresh(start_node: StartNode, database: Sql) -> Any:
    """A node that has counted nothing yet, on a database of its own."""
    rest = Rest(start_node(), database)
    yield rest
    rest.close()


def test_a_minute_is_what_all_nodes_said_within_it(fresh: Rest) -> None:
    fresh.sql("DELETE FROM consentfeed.node_minutes")
    fresh.sql(
        "INSERT INTO consentfeed.node_minutes VALUES"
        " (date_trunc('minute', now()) - interval '5 min', gen_random_uuid(), 7, 10.4, 0.5),"
        " (date_trunc('minute', now()) - interval '5 min', gen_random_uuid(), 5, 20.2, 2.25),"
        " (now() - interval '61 min', gen_random_uuid(), 99, 99, 99)"
    )
    ((at,),) = fresh.sql("SELECT consentfeed.rfc3339(date_trunc('minute', now()) - interval '5 min')")
    minutes = ok(fresh.get("/statistics", "admin"), Statistics)["minutes"]
    assert {"at": at, "streams": 12, "decisions": 31, "lag_seconds": 2.3} in minutes
    assert 99 not in [minute["streams"] for minute in minutes]


def test_a_node_adds_what_it_reports_to_its_minute(database: Sql) -> None:
    node = "0a000000-0000-4000-8000-000000000001"
    report = "SELECT consentfeed.report_node(%s, 'here', now(), %s)"
    numbers = '{"streams": %d, "writes_per_second": %d, "lag_seconds": %s}'
    kept = "SELECT streams, round(decisions), lag_seconds FROM consentfeed.node_minutes WHERE node = %s"
    database.run(report, node, numbers % (3, 1000, "0.5"))
    assert database.run(kept, node) == [(3, 0, 0.5)], "the first report has none before it that it could count from"
    database.run("UPDATE consentfeed.nodes SET seen_at = now() - interval '10 s' WHERE id = %s", node)
    database.run("UPDATE consentfeed.node_minutes SET minute = date_trunc('minute', now())")
    with database.connect() as connection:  # in one minute, whatever the time is
        connection.execute("UPDATE consentfeed.node_minutes SET minute = date_trunc('minute', statement_timestamp())")
        connection.execute(report.encode(), (node, numbers % (4, 2, "0.1")))
        rows = connection.execute(
            "SELECT max(streams), round(sum(decisions)), max(lag_seconds) FROM consentfeed.node_minutes", ()
        ).fetchall()
    assert rows == [(4, 20, 0.5)]


def test_minutes_are_forgotten_after_two_hours(database: Sql) -> None:
    add = "INSERT INTO consentfeed.node_minutes VALUES (now() - %s::interval, gen_random_uuid(), 0, 0, 0)"
    for age in ("119 min", "121 min"):
        database.run(add, age)
    database.run("SELECT consentfeed.forget_expired()")
    assert database.run("SELECT count(*) FROM consentfeed.node_minutes") == [(1,)]


def test_decisions_are_counted_by_purpose_and_day_and_consents_by_status(fresh: Rest) -> None:
    one, other, third, fourth = fresh.database.consents()
    for consent, status in ((one, "granted"), (one, "revoked"), (other, "granted")):
        fresh.database.set(consent, status)
    expired_grant(fresh.database, third)
    found = ok(fresh.get("/statistics", "admin"), Statistics)
    purposes = dict(fresh.sql("SELECT id::text, purpose FROM consentfeed.consents"))
    expected: dict[str, list[int]] = {}
    for consent, granted, revoked in ((one, 1, 1), (other, 1, 0), (third, 1, 0)):
        tally = expected.setdefault(purposes[consent], [0, 0])
        expected[purposes[consent]] = [tally[0] + granted, tally[1] + revoked]
    ((today,),) = fresh.sql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')")
    counted = {day["purpose"]: [day["granted"], day["revoked"]] for day in found["days"]}
    assert counted == expected
    assert {day["day"] for day in found["days"]} == {today}
    status = "SELECT id::text, consentfeed.current_status(status, expires_at) FROM consentfeed.consents"
    statuses = dict(fresh.sql(status))
    assert statuses[third] == "expired"
    assert fourth in statuses
    names = ("granted", "revoked", "expired", "pending")
    for counts in found["purposes"]:
        own = [statuses[consent] for consent, purpose in purposes.items() if purpose == counts["purpose"]]
        assert [counts[name] for name in names] == [own.count(name) for name in names]
    assert sum(counts[name] for counts in found["purposes"] for name in names) == len(statuses)


def test_what_was_counted_serves_for_a_minute(fresh: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ok(fresh.get("/statistics", "admin"))
    fresh.database.set(fresh.database.consents()[0], "granted")
    assert ok(fresh.get("/statistics", "admin"))["purposes"] == before["purposes"]
    monkeypatch.setattr("consentfeed.api.statistics._KEPT_SECONDS", 0.0)
    assert ok(fresh.get("/statistics", "admin"))["purposes"] != before["purposes"]


def test_the_first_of_the_days_is_found_without_reading_what_was_before(database: Sql) -> None:
    """Half of the log is older: not one of its rows is read, but for those that the search touches."""
    consent, before = database.consents()[0], blocks_read(database)
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")  # past the guards of the log
        admin.execute(
            "INSERT INTO consentfeed.events (seq, type, consent_id, customer_id, recorded_at, body, hash)"
            " SELECT (SELECT max(seq) FROM consentfeed.events) + number,"
            " CASE WHEN mod(number, 2) = 0 THEN 'granted' ELSE 'revoked' END,"
            " %s, %s, now() - make_interval(days => CASE WHEN number <= 100000 THEN 100 ELSE 3 END), '{}', '\\x00'"
            " FROM generate_series(1, 100010) AS number",
            (consent, NOBODY),
        )
    database.run("ANALYZE consentfeed.events")
    sums = "SELECT sum(granted)::integer, sum(revoked)::integer FROM consentfeed.decisions_by_day(14)"
    rows = Sql.run_as(database.app_url, sums)
    assert rows == [(5, 5)]
    assert blocks_read(database) < before + 300, "hardly more than where there was nothing"
    ((pages,),) = database.run("SELECT sum(relpages)::integer FROM pg_class WHERE relname LIKE 'events%%'")
    assert pages > 2000


def blocks_read(database: Sql) -> int:
    """What PostgreSQL looks at for it, its catalogs included."""
    explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM consentfeed.decisions_by_day(14)"
    plan = Sql.run_as(database.url, explain)[0][0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
