"""Erasing a person: nothing of the person is left in any table, and the log is as whole as before."""

from typing import Any

import psycopg
import pytest

from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER, STAFF
from tests.support.sql import bodies, decide, decision, refused

ERASE = (
    "SELECT problem, erased_at, seq FROM consentfeed.erase_customer("
    "%s, %s, '\\x01', '\\x02', '\\x03', 'admin', %s, 'rest', 'customer-asked', 'T-1', %s)"
)
PLANTED = ("Nimal Perera", "customer@example.com", "+94771234567", "nimal", "what was said", "Firefox of Nimal")


def erase(database: Sql, version: int = 0, note: str | None = None) -> tuple[Any, ...]:
    """As the service does it."""
    return Sql.run_as(database.app_url, ERASE, CUSTOMER, version, STAFF["admin"], note)[0]


def everything(database: Sql) -> str:
    """All rows of all tables, as text; bytes as they are written."""
    tables = database.run(
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE relnamespace = 'consentfeed'::regnamespace AND relkind = 'r' AND relname <> 'inventory'"
    )
    return "\n".join(str(row) for (table,) in tables for row in database.run(f"SELECT t::text FROM {table} AS t"))


@pytest.fixture
def used(database: Sql) -> Sql:
    """A customer who has decided, with notes, signed in, and chosen a language for the pages."""
    first, second = database.consents()[:2]
    for consent, action in ((first, "grant"), (second, "grant"), (second, "revoke"), (second, "grant")):
        decide(database.app_url, decision(consent, action, note="what was said"))
    database.run(
        "INSERT INTO consentfeed.sessions (user_id, token_sha256, expires_at, agent)"
        " VALUES (%s, '\\x00', now() + interval '1 h', 'Firefox of Nimal')",
        CUSTOMER,
    )
    database.run("SELECT consentfeed.save_preferences('customer:' || %s, '{\"name\": \"Nimal\"}')", CUSTOMER)
    return database


def test_nothing_of_the_person_is_left_and_the_log_verifies(used: Sql) -> None:
    before = everything(used)
    assert all(planted.lower() in before.lower() for planted in PLANTED)
    log = used.run("SELECT * FROM consentfeed.events ORDER BY seq")
    problem, erased_at, seq = erase(used)
    assert (problem, seq) == (None, used.head())
    after = everything(used).lower()
    assert [planted for planted in PLANTED if planted.lower() in after] == []
    assert used.run("SELECT * FROM consentfeed.events ORDER BY seq LIMIT %s", len(log)) == log
    assert used.verify() == []
    kept = "SELECT name, email, msisdn, email_key, name_key, erased_at FROM consentfeed.customers WHERE id = %s"
    assert used.run(kept, CUSTOMER) == [(None, None, None, None, "", erased_at)]
    assert "Kamala" in everything(used), "others stay"


def test_what_was_granted_is_revoked_first_and_then_the_person_is_erased(used: Sql) -> None:
    before = used.head()
    erase(used, note="by letter")
    *revoked, erased = bodies(used, before)
    assert {event["consent_id"] for event in revoked} == set(used.consents()[:2])
    for event in revoked:
        assert (event["type"], event["reason"]["code"], event["reason"]["reference"]) == ("revoked", "erasure", "T-1")
        assert event["actor"] == {"kind": "admin", "id": STAFF["admin"]}
    assert (erased["type"], erased["consent_id"], erased["user"]) == ("customer-erased", None, {"id": CUSTOMER})
    assert erased["reason"] == {"code": "customer-asked", "text": None, "reference": "T-1"}
    assert erased["customer"]["id"] == CUSTOMER
    assert used.run("SELECT note FROM consentfeed.event_notes WHERE note IS NOT NULL") == [("by letter",)]
    assert used.verify() == []
    statuses = used.run("SELECT DISTINCT status FROM consentfeed.consents WHERE customer_id = %s", CUSTOMER)
    assert {status for (status,) in statuses} == {"revoked", "pending"}


def test_erasing_again_changes_nothing(used: Sql) -> None:
    first = erase(used)
    before = everything(used)
    assert erase(used) == (None, first[1], None)
    assert erase(used, version=7) == (None, first[1], None)
    assert everything(used) == before


def test_who_is_not_there_or_has_changed_meanwhile_is_not_erased(used: Sql) -> None:
    before = everything(used)
    unknown = Sql.run_as(used.app_url, ERASE, "a0000000-0000-4000-8000-000000000009", 0, STAFF["admin"], None)
    assert unknown[0][0] == "not-found"
    assert erase(used, version=1)[0] == "stale"
    assert everything(used) == before


def test_who_was_erased_grants_nothing_and_can_revoke(used: Sql) -> None:
    consent = used.consents()[0]
    erase(used)
    (granted, revoked) = decide(used.app_url, decision(consent, "grant"), decision(consent, "revoke"))
    assert (granted.problem, revoked.problem, revoked.seq) == ("erased", None, None)
    error = refused(used.url, "UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", consent)
    assert "erased" in str(error)


@pytest.mark.parametrize(
    "change",
    ["name = 'Back'", "erased_at = NULL", "email = 'x@example.com'", "erased_at = now()", "updated_at = now()"],
)
def test_who_was_erased_stays_so(used: Sql, change: str) -> None:
    erase(used)
    refused(used.url, f"UPDATE consentfeed.customers SET {change} WHERE id = %s", CUSTOMER)
    assert used.value("SELECT consentfeed.register_customer(%s, 'Back', NULL, NULL, NULL)", CUSTOMER) is None
    assert used.value("SELECT name FROM consentfeed.customers WHERE id = %s", CUSTOMER) is None


def test_a_row_is_not_marked_as_erased_by_hand(database: Sql) -> None:
    refused(database.url, "UPDATE consentfeed.customers SET erased_at = now() WHERE id = %s", OTHER)


def test_a_new_purpose_gives_nothing_to_who_was_erased(used: Sql) -> None:
    erase(used)
    used.run("INSERT INTO consentfeed.purposes (key, title, channels) VALUES ('new', 'New', '{sms}')")
    used.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('new', 1, 'en', 'New.', now())"
    )
    used.run("SELECT consentfeed.give_consents('new', NULL, 100)")
    holders = used.run("SELECT customer_id::text FROM consentfeed.consents WHERE purpose = 'new'")
    assert holders == [(OTHER,)]


def test_what_is_kept_of_address_number_and_reference_is_a_hash(used: Sql) -> None:
    erase(used)
    kept = used.run("SELECT customer_id::text, kind, hash FROM consentfeed.erased_contacts ORDER BY kind")
    assert kept == [(CUSTOMER, "email", b"\x01"), (CUSTOMER, "msisdn", b"\x02"), (CUSTOMER, "reference", b"\x03")]


def test_a_customers_place_is_never_pruned_by_an_erasure(used: Sql) -> None:
    erase(used)
    place = "SELECT verdict FROM consentfeed.judge_place(0, '\\x0000000000000000', %s)"
    assert Sql.run_as(used.app_url, place, CUSTOMER) == [("ok",)]


def test_somebodys_open_transaction_on_a_consent_holds_the_erasure_up_and_it_is_done_then(used: Sql) -> None:
    with psycopg.connect(used.url) as holder:
        holder.execute("UPDATE consentfeed.consents SET status = 'revoked' WHERE id = %s", (used.consents()[0],))
        with psycopg.connect(used.app_url) as waiting:
            waiting.execute("SET statement_timeout = '300ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                waiting.execute(ERASE.encode(), (CUSTOMER, 0, STAFF["admin"], None))
    assert erase(used)[0] is None
    assert used.verify() == []
