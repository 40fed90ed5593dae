"""Idempotency-Key: a request sent again is answered again, and done once."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.rest import GRANT, Rest, ok, problem


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def again(answer: httpx.Response, first: httpx.Response) -> bool:
    return (answer.status_code, answer.content) == (first.status_code, first.content)


def test_the_same_key_and_body_get_the_stored_answer(rest: Rest) -> None:
    consent, headers = rest.consent(), key()
    first = rest.decide("grant", consent, headers=headers)
    assert ok(first)["event"] is not None
    before = rest.written()
    assert again(rest.decide("grant", consent, headers=headers), first)
    assert rest.written() == before


def test_the_stored_answer_is_given_even_where_the_world_has_moved_on(rest: Rest) -> None:
    consent, headers = rest.consent(), key()
    first = rest.decide("grant", consent, headers=headers)
    ok(rest.decide("revoke", consent))
    before = rest.written()
    assert again(rest.decide("grant", consent, headers=headers), first)
    assert rest.json(f"/consents/{consent}")["status"] == "revoked"
    assert rest.written() == before


def test_an_answer_that_nothing_changed_is_stored_too(rest: Rest) -> None:
    consent, headers = rest.consent(), key()
    ok(rest.decide("grant", consent))
    first = rest.decide("grant", consent, headers=headers)
    assert ok(first)["event"] is None
    ok(rest.decide("revoke", consent))
    assert again(rest.decide("grant", consent, headers=headers), first)
    assert rest.json(f"/consents/{consent}")["status"] == "revoked"


def test_a_body_that_says_the_same_in_other_words_is_the_same(rest: Rest) -> None:
    consent, headers = rest.consent(), key()
    first = rest.decide("grant", consent, headers=headers, content=b'{"language":"en"}')
    assert again(rest.decide("grant", consent, headers=headers, content=b'{ "reason": null, "language": "en" }'), first)


@pytest.mark.parametrize("body", [{"language": "si"}, {"notice_version": 1}, {"reason": {"code": "x"}}])
def test_the_same_key_with_another_body_is_422(rest: Rest, body: dict[str, Any]) -> None:
    consent, headers = rest.consent(), key()
    ok(rest.decide("grant", consent, headers=headers))
    before = rest.written()
    problem(rest.decide("grant", consent, headers=headers, json=body), "key-reused")
    assert rest.written() == before


def test_the_same_key_for_another_consent_is_422(rest: Rest) -> None:
    headers = key()
    ok(rest.decide("grant", rest.consent(), headers=headers))
    other = rest.consent()
    before = rest.written()
    problem(rest.decide("grant", other, headers=headers), "key-reused")
    assert rest.written() == before


def test_a_key_belongs_to_its_principal_and_route(rest: Rest) -> None:
    consent, headers = rest.consent(), key()
    owner = rest.owner(consent)
    for role, subject, action in (
        ("service", None, "grant"),
        ("service", None, "revoke"),
        ("service", str(uuid4()), "grant"),
        ("customer", owner, "revoke"),
        ("csr", None, "grant"),
        ("admin", None, "revoke"),
    ):
        assert ok(rest.decide(action, consent, role, subject, headers=headers))["event"] is not None
    assert len(rest.history(consent)) == 6


def test_the_same_request_many_times_at_once_is_one_event_and_one_answer(rest: Rest) -> None:
    consent, headers = rest.consent(), key()
    answers = rest.at_once(16, lambda: rest.decide("grant", consent, headers=headers))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    (event,) = rest.history(consent)
    assert ok(answers[0])["event"]["id"] == event["id"]


def test_and_so_it_is_on_two_nodes(start_node: StartNode, database: Sql) -> None:
    nodes = [Rest(start_node(), database), Rest(start_node(), database)]
    consents, headers = nodes[0].consents(8), key()
    body = {"decisions": [{"action": "grant", "consent_id": consent} for consent in consents]}
    turns = iter(nodes * 6)
    answers = nodes[0].at_once(
        12, lambda: next(turns).call("POST", "/decisions", "service", json=body, headers=headers)
    )
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert database.head() == len(consents)
    for node in nodes:
        node.close()


def test_a_key_is_forgotten_after_24_hours(rest: Rest) -> None:
    consent, headers = rest.consent(), key()
    ok(rest.decide("grant", consent, headers=headers))
    age = "UPDATE consentfeed.idempotency_keys SET created_at = now() - %s::interval WHERE key = %s"
    rest.sql(age, "23 hours 59 minutes", headers["Idempotency-Key"])
    problem(rest.decide("grant", consent, headers=headers, json={"language": "si"}), "key-reused")
    rest.sql(age, "24 hours 1 minute", headers["Idempotency-Key"])
    ok(rest.decide("revoke", consent))
    assert ok(rest.decide("grant", consent, headers=headers, json={"language": "si"}))["event"] is not None


def test_a_request_that_was_refused_leaves_its_key_free(rest: Rest) -> None:
    consent, headers = rest.consent(), key()
    problem(rest.decide("grant", consent, headers=headers | {"If-Match": '"7"'}), "stale")
    problem(rest.decide("grant", consent, "csr", headers=headers, json={}), "reason-required")
    ok(rest.decide("grant", consent, headers=headers, json={"language": "si"}))
    ok(rest.decide("grant", consent, "csr", headers=headers, json=GRANT))


@pytest.mark.parametrize("value", ["", "two words", "x" * 256, "caf\u00e9"])
def test_a_key_that_cannot_be_one_is_422(rest: Rest, value: str) -> None:
    consent = rest.consent()
    before = rest.written()
    headers = {"Idempotency-Key": value.encode("latin-1")}
    problem(rest.decide("grant", consent, headers=headers), "invalid")
    body = {"decisions": [{"action": "grant", "consent_id": consent}]}
    problem(rest.call("POST", "/decisions", "service", json=body, headers=headers), "invalid")
    assert rest.written() == before


def test_the_longest_key_is_kept(rest: Rest) -> None:
    consent, headers = rest.consent(), {"Idempotency-Key": "~" * 255}
    assert again(rest.decide("grant", consent, headers=headers), rest.decide("grant", consent, headers=headers))


# Many at once


def bulk(rest: Rest, consents: list[str], headers: dict[str, str], action: str = "grant") -> httpx.Response:
    body = {"decisions": [{"action": action, "consent_id": consent} for consent in consents]}
    return rest.call("POST", "/decisions", "service", json=body, headers=headers)


def test_many_with_the_same_key_get_the_stored_outcomes(rest: Rest) -> None:
    consents, headers = rest.consents(5), key()
    consents.append(consents[0])  # decided twice: the second time nothing changes
    first = bulk(rest, consents, headers)
    before = rest.written()
    assert again(bulk(rest, consents, headers), first)
    assert rest.written() == before


def test_many_with_another_body_under_the_same_key_are_422_and_none_is_done(rest: Rest) -> None:
    consents, headers = rest.consents(3), key()
    ok(bulk(rest, consents[:2], headers))
    before = rest.written()
    for others in (consents, consents[:1], [consents[1], consents[0]], consents[2:]):
        problem(bulk(rest, others, headers), "key-reused")
    problem(bulk(rest, consents[:2], headers, "revoke"), "key-reused")
    assert rest.written() == before


def test_what_failed_among_many_is_tried_again(rest: Rest) -> None:
    purpose, headers = rest.purpose(versions=0), key()
    good, bad = rest.consent(), rest.consent_for(purpose)
    first = ok(bulk(rest, [good, bad], headers))["outcomes"]
    assert first[1]["problem"]["type"] == "/problems/no-notice"
    rest.publish(purpose, 1)
    second = ok(bulk(rest, [good, bad], headers))["outcomes"]
    assert second[0] == first[0]
    assert second[1]["event"] is not None
