"""Transactions of every kind: in order, all or nothing, and one ring of the bell for each."""

import psycopg
import pytest
from psycopg import IsolationLevel, errors

from tests.support.database import Sql
from tests.support.seed import OTHER
from tests.support.sql import bodies, decide, decision

UPDATE = "UPDATE consentfeed.consents SET status = %s WHERE id = %s"


def test_version_grows_by_exactly_one_also_for_several_updates_of_one_row_in_one_transaction(database: Sql) -> None:
    consent = database.consents()[0]
    with database.connect() as connection:
        for status in ("granted", "revoked", "revoked", "granted", "expired"):
            connection.execute(UPDATE, (status, consent))
    events = bodies(database)
    assert [event["type"] for event in events] == ["granted", "revoked", "granted", "expired"]
    assert [event["consent"]["version"] for event in events] == [1, 2, 3, 4]
    assert [event["consent"]["status"] for event in events] == ["granted", "revoked", "granted", "expired"]
    assert database.verify() == []


def test_a_row_inserted_and_changed_in_one_transaction_keeps_its_order_whatever_constraints_are_set(
    database: Sql,
) -> None:
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO consentfeed.consents (id, customer_id, purpose, channel, status)"
            " VALUES (%s, %s, 'surveys', 'email', 'granted')",
            (OTHER, OTHER),
        )
        connection.execute("SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE")
        connection.execute(UPDATE, ("revoked", OTHER))
    assert [event["consent"]["version"] for event in bodies(database)] == [1, 2]


def test_a_transaction_rolled_back_leaves_no_event_and_no_gap(database: Sql) -> None:
    consent = database.consents()[0]
    with database.connect() as connection:
        connection.execute(UPDATE, ("granted", consent))
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert connection.execute("SELECT max(seq) FROM consentfeed.events").fetchone() == (1,)
        connection.rollback()
    database.set(consent, "revoked")
    assert [(event["seq"], event["type"]) for event in bodies(database)] == [(1, "revoked")]


@pytest.mark.parametrize("immediate", [False, True])
def test_a_savepoint_rolled_back_leaves_no_event(database: Sql, immediate: bool) -> None:
    first, second, *_ = database.consents()
    with database.connect() as connection:
        connection.execute(UPDATE, ("granted", first))
        connection.execute("SAVEPOINT here")
        connection.execute(UPDATE, ("revoked", first))
        connection.execute(UPDATE, ("revoked", second))
        if immediate:
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute("ROLLBACK TO here")
        connection.execute(UPDATE, ("expired", first))
    assert [(event["type"], event["consent"]["version"]) for event in bodies(database)] == [
        ("granted", 1),
        ("expired", 2),
    ]
    assert database.verify() == []


@pytest.mark.parametrize("level", [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE])
def test_a_transaction_that_raced_another_gets_40001_and_may_be_repeated(database: Sql, level: IsolationLevel) -> None:
    first, second, *_ = database.consents()
    with database.connect() as connection:
        connection.isolation_level = level
        connection.execute("SELECT count(*) FROM consentfeed.consents")
        database.set(second, "granted")
        connection.execute(UPDATE, ("granted", first))
        with pytest.raises(errors.SerializationFailure):
            connection.commit()
        connection.execute(UPDATE, ("granted", first))
        connection.execute(UPDATE, ("revoked", first))
        connection.commit()
    assert [event["consent_id"] for event in bodies(database)] == [second, first, first]
    assert database.verify() == []


def test_the_refusal_of_a_raced_transaction_says_what_to_do(database: Sql) -> None:
    first, second, *_ = database.consents()
    with database.connect() as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT count(*) FROM consentfeed.consents")
        database.set(second, "granted")
        connection.execute(UPDATE, ("granted", first))
        with pytest.raises(errors.SerializationFailure) as caught:
            connection.commit()
    assert "READ COMMITTED" in (caught.value.diag.message_hint or "")


def test_prepare_transaction_is_refused(database: Sql) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("BEGIN")
        connection.execute(UPDATE, ("granted", database.consents()[0]))
        with pytest.raises(errors.FeatureNotSupported, match="NOTIFY"):
            connection.execute("PREPARE TRANSACTION 'held'")
    assert bodies(database) == []


def test_notify_rings_once_for_each_commit_that_made_events_and_not_otherwise(database: Sql) -> None:
    first, second, *_ = database.consents()
    with psycopg.connect(database.app_url, autocommit=True) as listener:
        listener.execute("LISTEN consentfeed")
        database.run("UPDATE consentfeed.consents SET status = 'granted'")  # one commit, eight events
        decide(database.app_url, decision(first, "revoke"), decision(second, "revoke"), decision(first, "grant"))
        database.run("UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", first)  # no change
        decide(database.app_url, decision(first, "grant"))  # no change
        database.new_customer()  # pending alone
        with database.connect() as connection:
            connection.execute(UPDATE, ("revoked", first))
            connection.rollback()
        with database.connect() as connection:
            connection.execute("SAVEPOINT here")
            connection.execute(UPDATE, ("revoked", first))
            connection.execute("ROLLBACK TO here")
        database.run("NOTIFY consentfeed, 'the end'")
        payloads = []
        for notice in listener.notifies(timeout=10):
            payloads.append(notice.payload)
            if notice.payload == "the end":
                break
    assert payloads == ["8", "11", "the end"], "each names the newest position"
    assert database.head() == 11


def test_recorded_at_never_goes_back_even_when_the_clock_does(database: Sql) -> None:
    with psycopg.connect(database.admin_url) as connection:  # as if row 0 had been written by a clock that ran ahead
        connection.execute("ALTER TABLE consentfeed.events_p0 DISABLE TRIGGER append_only")
        connection.execute("UPDATE consentfeed.events_p0 SET recorded_at = now() + interval '1 day'")
        connection.execute("ALTER TABLE consentfeed.events_p0 ENABLE ALWAYS TRIGGER append_only")
    for status in ("granted", "revoked"):
        database.set(database.consents()[0], status)
    times = [row[0] for row in database.run("SELECT recorded_at FROM consentfeed.events ORDER BY seq")]
    assert times == [times[0]] * 3
    assert [event["recorded_at"] for event in bodies(database)] == [times[0].strftime("%Y-%m-%dT%H:%M:%S.%fZ")] * 2


def test_the_time_of_a_decision_is_the_statements_not_the_commits(database: Sql) -> None:
    with database.connect() as connection:
        connection.execute(UPDATE, ("granted", database.consents()[0]))
        ((stated,),) = connection.execute(
            "SELECT updated_at FROM consentfeed.consents WHERE id = %s", (database.consents()[0],)
        ).fetchall()
    (event,) = bodies(database)
    assert event["timestamp"] == event["consent"]["updated_at"] == event["consent"]["granted_at"]
    assert event["timestamp"] == stated.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert event["recorded_at"] > event["timestamp"]


def _many(database: Sql, count: int) -> None:
    database.run(
        "WITH customer AS (INSERT INTO consentfeed.customers (name)"
        " SELECT 'Somebody' FROM generate_series(1, %s) RETURNING id)"
        " INSERT INTO consentfeed.consents (customer_id, purpose, channel) SELECT id, 'surveys', 'email' FROM customer",
        count,
    )


def test_a_large_statement_is_appended_a_thousand_events_at_a_time(database: Sql) -> None:
    _many(database, 2500)
    parts = "SELECT cardinality(events) FROM consentfeed.uncommitted_events ORDER BY id"
    with database.connect() as connection:
        connection.execute("UPDATE consentfeed.consents SET status = 'revoked' WHERE purpose = 'surveys'")
        assert [row[0] for row in connection.execute(parts.encode())] == [1000, 1000, 502]  # two customers were there
        assert database.head() == 0
    assert database.head() == 2502
    assert database.value("SELECT count(DISTINCT consent_id) FROM consentfeed.events") == 2502
    assert database.run(parts) == []
    assert database.verify() == []


def test_a_large_statement_at_repeatable_read_takes_few_transaction_ids(database: Sql) -> None:
    """Each part is tried in a transaction within the transaction; one for each event would use up the ids."""
    _many(database, 2500)
    present = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    before = database.value(present)
    with database.connect() as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute("UPDATE consentfeed.consents SET status = 'revoked' WHERE purpose = 'surveys'")
    assert database.head() == 2502
    assert database.value(present) - before < 100


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            "INSERT INTO consentfeed.consents (id, customer_id, purpose, channel, status)"
            " SELECT id, customer_id, purpose, channel, 'granted' FROM consentfeed.consents WHERE purpose = 'surveys'"
            " ON CONFLICT (id) DO UPDATE SET status = 'granted'",
            id="upsert",
        ),
        pytest.param(
            "MERGE INTO consentfeed.consents AS consent USING consentfeed.customers AS customer"
            " ON customer.id = consent.customer_id AND consent.purpose = 'surveys'"
            " WHEN MATCHED THEN UPDATE SET status = 'granted'",
            id="merge",
        ),
        pytest.param(
            "WITH first AS (UPDATE consentfeed.consents SET status = 'granted'"
            " WHERE purpose = 'surveys' AND customer_id = (SELECT id FROM consentfeed.customers ORDER BY id LIMIT 1)"
            " RETURNING id)"
            " UPDATE consentfeed.consents SET status = 'granted' WHERE purpose = 'surveys'"
            " AND id NOT IN (SELECT id FROM first)",
            id="two in one",
        ),
    ],
)
def test_each_row_that_a_statement_changes_makes_one_event_and_no_other_row(database: Sql, statement: str) -> None:
    _many(database, 5)
    surveys = "SELECT id::text FROM consentfeed.consents WHERE purpose = 'surveys' ORDER BY 1"
    consents = [row[0] for row in database.run(surveys)]
    database.set(consents[0], "granted")
    database.run(statement)
    database.run(statement)  # the present answers, repeated
    assert sorted(event["consent_id"] for event in bodies(database)) == consents
    assert database.verify() == []


def test_a_log_that_was_small_when_its_statistics_were_made_is_still_read_by_its_index(database: Sql) -> None:
    """Else a transaction reads the log anew for each part that it appends: a hundred thousand rows took minutes."""
    _many(database, 3000)
    database.run("ANALYZE consentfeed.events")
    with database.connect() as connection:
        connection.execute("UPDATE consentfeed.consents SET status = 'revoked' WHERE purpose = 'surveys'")
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for function in ("log_head()", "events_after(0, 10)", "judge_place(1, NULL, NULL)"):
            connection.execute(f"SELECT FROM consentfeed.{function}".encode())
        scans = connection.execute(
            "SELECT sum(seq_scan), sum(seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname LIKE 'events%'"
        ).fetchall()
    assert scans == [(0, 0)]
