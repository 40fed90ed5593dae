"""consents: whoever changes a status makes one event, and what would leave none is refused."""

import json
from collections.abc import Callable

import psycopg
import pytest

from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import SQL_ROLE, bodies, decide, decision, publish, refused, row_of, sql_role

UPDATE = "UPDATE consentfeed.consents SET status = %s WHERE id = %s"
STATUSES = ("granted", "revoked", "expired")


def by_owner(database: Sql, status: str, consent: str) -> None:
    database.run(UPDATE, status, consent)


def by_superuser(database: Sql, status: str, consent: str) -> None:
    Sql.run_as(database.admin_url, UPDATE, status, consent)


def by_sql_role(database: Sql, status: str, consent: str) -> None:
    with sql_role(database, *SQL_ROLE) as (_, url):
        Sql.run_as(url, UPDATE, status, consent)


def by_upsert(database: Sql, status: str, consent: str) -> None:
    database.run(
        "INSERT INTO consentfeed.consents AS c (customer_id, purpose, channel, status)"
        " SELECT customer_id, purpose, channel, %s FROM consentfeed.consents WHERE id = %s"
        " ON CONFLICT (customer_id, purpose, channel) DO UPDATE SET status = excluded.status",
        status,
        consent,
    )


@pytest.mark.parametrize("who", [by_owner, by_superuser, by_sql_role, by_upsert])
def test_any_change_of_status_makes_exactly_one_event_whoever_makes_it(
    database: Sql, who: Callable[[Sql, str, str], None]
) -> None:
    consent = database.consents()[0]
    for status in (*STATUSES, "granted"):
        who(database, status, consent)
    events = bodies(database)
    assert [event["type"] for event in events] == [*STATUSES, "granted"]
    assert [event["consent"]["version"] for event in events] == [1, 2, 3, 4]
    assert {event["actor"]["kind"] for event in events} == {"database"}
    assert database.verify() == []


def test_a_decision_of_the_service_makes_exactly_one_event(database: Sql) -> None:
    consent = database.consents()[0]
    granted, revoked = (decide(database.app_url, decision(consent, action))[0] for action in ("grant", "revoke"))
    events = bodies(database)
    assert [event["seq"] for event in events] == [granted.seq, revoked.seq] == [1, 2]
    assert [event["consent"] for event in events] == [granted.consent, revoked.consent]
    assert events[1]["actor"] == {"kind": "customer", "id": CUSTOMER}


def test_one_statement_for_many_rows_makes_an_event_for_each(database: Sql) -> None:
    database.run("UPDATE consentfeed.consents SET status = 'revoked'")
    assert {event["consent_id"] for event in bodies(database)} == {*database.consents(), *database.consents(OTHER)}
    assert len(bodies(database)) == 8


@pytest.mark.parametrize("status", STATUSES)
def test_a_row_inserted_with_another_status_than_pending_makes_an_event(database: Sql, status: str) -> None:
    database.run(
        "INSERT INTO consentfeed.consents"
        " (customer_id, purpose, channel, status, actor_kind, actor_id, method)"
        " VALUES (%s, 'surveys', 'email', %s, 'customer', 'somebody', 'rest')",
        CUSTOMER,
        status,
    )
    (event,) = bodies(database)
    assert (event["type"], event["consent"]["version"]) == (status, 1)
    assert event["actor"] == {"kind": "database", "id": "cf_test_owner"}


def test_a_row_inserted_as_pending_makes_no_event_and_takes_nothing_over(database: Sql) -> None:
    database.run(
        "INSERT INTO consentfeed.consents (id, customer_id, purpose, channel, granted_at, actor_kind)"
        " VALUES (%s, %s, 'surveys', 'email', now(), 'admin')",
        OTHER,
        CUSTOMER,
    )
    row = row_of(database, OTHER)
    assert (row["version"], row["granted_at"], row["actor_kind"]) == (0, None, None)
    assert bodies(database) == []


@pytest.mark.parametrize("status", ["pending", *STATUSES])
def test_repeating_the_present_answer_changes_nothing_and_restamps_nothing(database: Sql, status: str) -> None:
    consent = database.consents()[0]
    if status != "pending":
        database.set(consent, status)
    before, head = row_of(database, consent), database.head()
    database.set(consent, status)
    database.run("UPDATE consentfeed.consents SET status = status, granted_at = now(), expires_at = now()")
    assert row_of(database, consent) == before
    assert database.head() == head


@pytest.mark.parametrize("action", ["grant", "revoke"])
def test_a_decision_that_repeats_the_present_answer_has_no_event(database: Sql, action: str) -> None:
    consent = database.consents()[0]
    first, second = (decide(database.app_url, decision(consent, action, note=note))[0] for note in ("one", "two"))
    assert first.seq == 1
    assert second == (1, None, first.consent, None, None)
    assert database.head() == 1
    assert database.run("SELECT note FROM consentfeed.event_notes") == [("one",)]


NO_EVENT = (
    f"INSERT INTO consentfeed.consents (customer_id, purpose, channel, version) VALUES ('{OTHER}', 'surveys', 'a', 1)",
    "UPDATE consentfeed.consents SET status = 'pending'",
    "DELETE FROM consentfeed.consents",
    "TRUNCATE consentfeed.consents",
    f"UPDATE consentfeed.consents SET customer_id = '{OTHER}'",
    f"UPDATE consentfeed.consents SET status = 'revoked', customer_id = '{OTHER}'",
    "UPDATE consentfeed.consents SET purpose = 'surveys'",
    "UPDATE consentfeed.consents SET channel = 'fax'",
    "UPDATE consentfeed.consents SET id = gen_random_uuid()",
    "UPDATE consentfeed.consents SET version = version + 1",
    "UPDATE consentfeed.consents SET version = NULL",
    "UPDATE consentfeed.consents SET status = status, version = version + 1",
    "UPDATE consentfeed.consents SET granted_at = now() - interval '1 year'",
    "UPDATE consentfeed.consents SET expires_at = 'infinity'",
    "UPDATE consentfeed.consents SET updated_at = now() - interval '1 year'",
    "UPDATE consentfeed.consents SET actor_kind = 'admin', actor_id = 'somebody'",
    "UPDATE consentfeed.consents SET reason_code = 'x', reason_reference = 'y'",
    "UPDATE consentfeed.consents SET notice_version = 2, notice_sha256 = ''",
)


def test_what_has_no_event_is_refused_with_a_hint(database: Sql) -> None:
    database.run("UPDATE consentfeed.consents SET status = 'granted'")
    state = "SELECT to_jsonb(c) FROM consentfeed.consents AS c ORDER BY id"
    before = database.run(state)
    with sql_role(database, "USAGE ON SCHEMA consentfeed", "ALL ON consentfeed.consents") as (_, url):
        for statement in NO_EVENT:
            for who in (url, database.url, database.admin_url):
                assert refused(who, statement).sqlstate in ("55000", "23514"), statement
    assert database.run(state) == before
    assert database.head() == 8


@pytest.mark.parametrize(
    ("statement", "message", "hint"),
    [
        ("DELETE FROM consentfeed.consents", "consents are not deleted", "Set status = 'revoked' instead"),
        (
            "UPDATE consentfeed.consents SET channel = 'fax'",
            "only status can be changed in consents",
            "its purpose and",
        ),
        (
            "DELETE FROM consentfeed.events",
            "DELETE of events is refused: the log is append-only",
            "drops whole partitions",
        ),
        (
            "TRUNCATE consentfeed.events_p1",
            "TRUNCATE of events_p1 is refused: the log is append-only",
            "whole partitions",
        ),
        (
            "UPDATE consentfeed.access_trail SET rows = 0",
            "UPDATE of access_trail is refused: lines are added, and go by age alone",
            "forget_accesses(365, 10000)",
        ),
    ],
)
def test_each_table_refuses_in_its_own_words(database: Sql, statement: str, message: str, hint: str) -> None:
    error = refused(database.url, statement)
    assert (error.sqlstate, error.diag.message_primary) == ("55000", message)
    assert hint in (error.diag.message_hint or "")


def test_select_and_update_on_consents_is_all_that_an_sql_role_needs_and_its_name_is_the_actor(database: Sql) -> None:
    publish(database, "marketing", 2)
    with sql_role(database, *SQL_ROLE) as (name, url):
        for status in STATUSES:
            Sql.run_as(url, UPDATE + " AND version >= 0", status, database.consents()[0])
        assert [event["actor"] for event in bodies(database)] == [{"kind": "database", "id": name}] * 3
        for table in ("events", "customers", "notices", "event_notes", "log_order"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                Sql.run_as(url, f"SELECT * FROM consentfeed.{table}")


def test_a_forged_actor_counts_for_nothing(database: Sql) -> None:
    forged = (
        "UPDATE consentfeed.consents SET status = %s, actor_kind = 'customer', actor_id = 'me', method = 'rest',"
        " reason_code = 'x', reason_reference = 'y', note_sha256 = '\\x00', notice_language = 'si', notice_version = 1"
        " WHERE id = %s"
    )
    consent = database.consents()[0]
    with sql_role(database, *SQL_ROLE) as (name, url), psycopg.connect(url, autocommit=True) as connection:
        for setting, status in (("off", "granted"), ("on", "revoked")):
            connection.execute(f"SET consentfeed.recording = '{setting}'".encode())
            connection.execute(forged.encode(), (status, consent))
    for event in bodies(database):
        assert event["actor"] == {"kind": "database", "id": name}
        assert (event["method"], event["reason"], event["note_sha256"]) == ("sql", None, None)
        assert event["consent"]["notice"]["language"] == "en"


def test_after_record_decisions_the_rest_of_a_transaction_is_the_sql_roles_own(database: Sql) -> None:
    first, second, *_ = database.consents()
    with database.connect() as connection:
        connection.execute(UPDATE, ("revoked", first))
        connection.execute("SELECT consentfeed.record_decisions(%s)", (json.dumps([decision(first, "grant")]),))
        connection.execute(UPDATE, ("granted", second))
    assert [event["actor"]["kind"] for event in bodies(database)] == ["database", "customer", "database"]
