"""record_decisions(): an outcome for each decision, problems by name, and idempotency keys."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import Outcome, bodies, decide, decision

KEYS = "SELECT key, item FROM consentfeed.idempotency_keys ORDER BY key, item"


def keyed(consent: str, action: str, key: str = "a key", request: str = "00", **more: Any) -> dict[str, Any]:
    return decision(consent, action, key=key, key_item=0, request_sha256=request * 32, **more)


def test_each_decision_has_an_outcome_of_its_own(database: Sql) -> None:
    first, second, third, _ = database.consents()
    decide(database.app_url, decision(third, "grant"))
    outcomes = decide(
        database.app_url,
        decision(first, "grant", if_match=[0]),
        decision(second, "grant", if_match=[1, 2]),
        decision(third, "revoke", if_match=[99]),
        decision(str(uuid4()), "grant"),
        decision(database.consents(OTHER)[0], "revoke", only_customer=CUSTOMER),
    )
    assert [outcome.problem for outcome in outcomes] == [None, "stale", None, "not-found", "not-found"]
    assert [outcome.consent is None for outcome in outcomes] == [False, True, False, True, True]
    assert database.head() == 3, "nothing stands in the way of a revocation, a stale version least of all"


def test_a_malformed_decision_fails_the_whole_call_and_writes_nothing(database: Sql) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        decide(database.app_url, decision(database.consents()[0], "grant"), decision("no uuid", "grant"))
    assert bodies(database) == []


def test_the_same_key_and_request_get_the_same_answer_and_make_no_second_event(database: Sql) -> None:
    consent = database.consents()[0]
    first = decide(database.app_url, keyed(consent, "grant"))
    database.set(consent, "revoked")
    assert decide(database.app_url, keyed(consent, "grant")) == first
    unchanged = decide(database.app_url, keyed(consent, "revoke", "another"))
    assert unchanged[0].seq is None
    database.set(consent, "granted")
    assert decide(database.app_url, keyed(consent, "revoke", "another")) == unchanged
    assert database.head() == 3


def test_the_same_key_with_another_request_is_refused(database: Sql) -> None:
    first, second, *_ = database.consents()
    decide(database.app_url, keyed(first, "grant"))
    refused = Outcome(1, "key-reused", None, None, None)
    assert decide(database.app_url, keyed(second, "grant", request="01")) == [refused]
    assert decide(database.app_url, keyed(second, "grant", request="01", principal="service:x"))[0].seq == 2
    assert decide(database.app_url, keyed(second, "revoke", request="01", route="another"))[0].seq == 3


def test_a_key_is_forgotten_after_24_hours_and_not_before(database: Sql) -> None:
    first, second, *_ = database.consents()
    age = "UPDATE consentfeed.idempotency_keys SET created_at = now() - %s::interval"
    decide(database.app_url, keyed(first, "grant"), keyed(second, "grant", "another"))
    database.run(age, "23:59")
    Sql.run_as(database.app_url, "SELECT consentfeed.forget_expired()")
    assert decide(database.app_url, keyed(first, "grant"))[0].seq is not None
    database.run(age, "24:00:01")
    assert decide(database.app_url, keyed(first, "revoke", request="01"))[0].seq == 3
    assert database.run(KEYS) == [("a key", 0), ("another", 0)]
    Sql.run_as(database.app_url, "SELECT consentfeed.forget_expired()")
    assert database.run(KEYS) == [("a key", 0)]


def test_nothing_is_stored_for_a_problem(database: Sql) -> None:
    consent = database.consents()[0]
    with database.connect() as psql:
        psql.execute("UPDATE consentfeed.consents SET status = 'revoked' WHERE id = %s", (consent,))
        outcomes = decide(
            database.app_url,
            keyed(consent, "grant", "busy"),
            keyed(str(uuid4()), "grant", "not found"),
            keyed(database.consents()[1], "grant", "stale", if_match=[7]),
        )
        psql.rollback()
    assert [outcome.problem for outcome in outcomes] == ["busy", "not-found", "stale"]
    assert database.run(KEYS) == []
    assert decide(database.app_url, keyed(consent, "grant", "busy"))[0].seq == 1


def test_a_request_of_many_decisions_keeps_one_key_for_each(database: Sql) -> None:
    batch = [keyed(consent, "grant") | {"key_item": item} for item, consent in enumerate(database.consents())]
    with database.connect() as psql:
        psql.execute("UPDATE consentfeed.consents SET status = 'revoked' WHERE id = %s", (database.consents()[1],))
        first = decide(database.app_url, *batch)
        psql.rollback()
    assert [outcome.problem for outcome in first] == [None, "busy", None, None]
    again = decide(database.app_url, *batch)
    assert [again[item] for item in (0, 2, 3)] == [first[item] for item in (0, 2, 3)]
    assert again[1].seq == 4
    assert database.run(KEYS) == [("a key", item) for item in range(4)]


def test_a_key_twice_in_one_call_fails_it_and_writes_nothing(database: Sql) -> None:
    """The service sees to it that they come one after the other; two nodes meet here."""
    first, second, *_ = database.consents()
    with pytest.raises(psycopg.errors.UniqueViolation):
        decide(database.app_url, keyed(first, "grant"), keyed(second, "grant"))
    assert bodies(database) == []
    assert database.run(KEYS) == []
