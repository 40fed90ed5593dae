"""A change of a customer is an event, whoever makes it; and grants may end with the number that they were given for."""

from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import bodies, decide, decision, sql_role

NOBODY = "a0000000-0000-4000-8000-000000000077"


def _changes(database: Sql) -> list[dict[str, Any]]:
    return [event for event in bodies(database) if event["type"] == "customer-updated"]


def _update(database: Sql, **values: Any) -> None:
    sets = ", ".join(f"{name} = %s" for name in values)
    database.run(f"UPDATE consentfeed.customers SET {sets} WHERE id = %s", *values.values(), CUSTOMER)


def test_a_change_names_what_changed_and_no_value(database: Sql) -> None:
    _update(database, email="elsewhere@example.com", msisdn="+94770000001")
    _update(database, name="Somebody Else", language="si")
    first, second = _changes(database)
    assert first["customer"] == {"id": CUSTOMER, "version": 1, "changed": ["email", "msisdn"]}
    assert second["customer"] == {"id": CUSTOMER, "version": 2, "changed": ["name", "language"]}
    assert (first["consent_id"], first["customer_id"], first["user"]) == (None, CUSTOMER, {"id": CUSTOMER})
    log = "".join(row[0] for row in database.run("SELECT body FROM consentfeed.events"))
    for value in ("elsewhere", "70000001", "Somebody Else"):
        assert value not in log
    assert database.verify() == []


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Nimal Perera"},
        {"email": "customer@example.com", "language": "en"},
        {"version": 7},
        {"actor_kind": "customer", "actor_id": "somebody", "method": "rest"},
        {"msisdn_changed_at": None, "updated_at": "2020-01-01T00:00:00Z"},
    ],
)
def test_the_same_again_is_no_change_whatever_is_written_beside_it(database: Sql, values: dict[str, Any]) -> None:
    before = database.run("SELECT * FROM consentfeed.customers WHERE id = %s", CUSTOMER)
    _update(database, **values)
    assert database.run("SELECT * FROM consentfeed.customers WHERE id = %s", CUSTOMER) == before
    assert bodies(database) == []


def test_who_changed_it_is_the_sql_role_whatever_the_statement_says(database: Sql) -> None:
    with sql_role(database, "USAGE ON SCHEMA consentfeed", "SELECT, UPDATE ON consentfeed.customers") as (role, url):
        Sql.run_as(
            url,
            "SELECT set_config('consentfeed.recording', 'on', false);"
            "UPDATE consentfeed.customers SET name = 'New', actor_kind = 'csr', actor_id = 'x', method = 'rest'",
        )
    for event in _changes(database):
        assert (event["actor"], event["method"]) == ({"kind": "database", "id": role}, "sql")
    assert len(_changes(database)) == 2


def test_registering_again_tells_who_did_it_and_registering_anew_makes_no_event(database: Sql) -> None:
    register = "SELECT consentfeed.register_customer(%s, %s, NULL, NULL, NULL, 'service', 'app', 'rest')"
    new = "a0000000-0000-4000-8000-000000000001"
    database.run(register, new, "New")
    assert bodies(database) == []
    database.run(register, new, "New")
    assert bodies(database) == []
    database.run(register, new, "Newer")
    (event,) = _changes(database)
    assert (event["actor"], event["method"]) == ({"kind": "service", "id": "app"}, "rest")
    assert event["customer"] == {"id": new, "version": 1, "changed": ["name"]}


def test_when_number_and_address_were_replaced_is_kept(database: Sql) -> None:
    times = (
        "SELECT email_changed_at IS NOT NULL, msisdn_changed_at IS NOT NULL FROM consentfeed.customers WHERE id = %s"
    )
    _update(database, name="Other Name")
    assert database.run(times, CUSTOMER) == [(False, False)]
    _update(database, msisdn=None)
    assert database.run(times, CUSTOMER) == [(False, True)]
    _update(database, email="new@example.com")
    assert database.run(times, CUSTOMER) == [(True, True)]


def _grant_all(database: Sql) -> None:
    decide(database.app_url, *(decision(consent, "grant") for consent in database.consents()))


def _statuses(database: Sql) -> dict[tuple[str, str], str]:
    rows = database.run("SELECT purpose, channel, status FROM consentfeed.consents WHERE customer_id = %s", CUSTOMER)
    return {(purpose, channel): status for purpose, channel, status in rows}


def test_grants_stay_when_a_number_changes_unless_their_channel_says_otherwise(database: Sql) -> None:
    _grant_all(database)
    _update(database, msisdn="+94770000001")
    assert set(_statuses(database).values()) == {"granted"}
    database.run("UPDATE consentfeed.channels SET on_change = 'expire' WHERE key IN ('sms', 'email')")
    _update(database, name="No Address")
    assert set(_statuses(database).values()) == {"granted"}
    _update(database, msisdn="+94770000002")
    ended = [key for key, status in _statuses(database).items() if status == "expired"]
    assert ended == [("marketing", "sms")]
    change, expiry = bodies(database)[-2:]
    assert (change["type"], expiry["type"]) == ("customer-updated", "expired")
    assert expiry["actor"] == {"kind": "system", "id": "address-change"}
    assert (expiry["method"], expiry["reason"]["code"]) == ("address-change", "address-changed")
    _update(database, email="new@example.com")
    ended = sorted(key for key, status in _statuses(database).items() if status == "expired")
    assert ended == [("marketing", "email"), ("marketing", "sms")]
    assert database.verify() == []


def test_many_customers_changed_by_one_statement_have_one_event_each(database: Sql) -> None:
    database.run("UPDATE consentfeed.customers SET language = 'ta'")
    assert sorted(event["customer_id"] for event in _changes(database)) == [CUSTOMER, OTHER]


@pytest.mark.parametrize("statement", ["INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "UPDATE {} SET id = DEFAULT"])
def test_nobody_else_writes_uncommitted_events(database: Sql, statement: str) -> None:
    with psycopg.connect(database.app_url) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement.format("consentfeed.uncommitted_events").encode())


@pytest.mark.parametrize(
    "call",
    [
        f"register_customer('{NOBODY}', 'N', NULL, NULL, NULL, 'service', 'x', 'rest', 'A-1')",
        "add_user('CSR@example.com', 'csr', 'hash', NULL)",
    ],
)
def test_what_somebody_else_has_already_is_refused_without_being_shown(database: Sql, call: str) -> None:
    database.run("UPDATE consentfeed.customers SET reference = 'A-1' WHERE id = %s", OTHER)
    with pytest.raises(psycopg.errors.UniqueViolation) as refused:
        Sql.run_as(database.app_url if call.startswith("register") else database.url, f"SELECT consentfeed.{call}")
    # PostgreSQL's own detail holds the value, and its log the detail.
    assert refused.value.diag.message_detail is None
    assert "A-1" not in str(refused.value)
    assert "csr@example.com" not in str(refused.value).lower()
