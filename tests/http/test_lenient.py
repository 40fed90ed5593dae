"""Nothing stands in the way of a revocation: what cannot be understood, and is not needed, is left out."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentfeed.api.bulk_decisions import Outcomes
from consentfeed.api.decision_request import Answer
from consentfeed.api.shapes import Decided
from consentfeed.http.lenient import decode_leniently, shown
from tests.support.rest import REASON, Rest, ok, problem

CONDITIONS = {
    "If-Match": '"999"',
    "If-None-Match": "*",
    "If-Modified-Since": "Sat, 29 Oct 1994 19:43:31 GMT",
    "If-Unmodified-Since": "Sat, 29 Oct 1994 19:43:31 GMT",
}
# What is sent beside or in place of a reason, and what is ignored of it.
UNNEEDED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a language that is none": ({"json": REASON | {"language": "fr fr"}}, {"language"}),
    "a language of another type": ({"json": REASON | {"language": ["si"]}}, {"language"}),
    "a version that is none": ({"json": REASON | {"notice_version": "1"}}, {"notice_version"}),
    "an unknown member": ({"json": REASON | {"surprise": {"a": 1}}}, {"surprise"}),
    "an unknown member of the reason": ({"json": {"reason": {"code": "call", "why": 1}}}, {"reason.why"}),
    "a text that cannot be kept": ({"json": {"reason": {"code": "call", "text": "a\0b"}}}, {"reason.text"}),
    "half of a letter": ({"content": b'{"reason":{"code":"call","text":"a\\ud83d"}}'}, {"reason.text"}),
    "a member that is not to be repeated": ({"json": REASON | {"\r\n<b>": 1}}, {"?"}),
    "parameters": ({"json": REASON, "params": {"surprise": "1"}}, {"surprise"}),
    "conditions": ({"json": REASON, "headers": CONDITIONS}, set(CONDITIONS)),
    "a coding that is none": ({"json": REASON, "headers": {"Content-Encoding": "gzip"}}, {"Content-Encoding"}),
    "a key that is none": ({"json": REASON, "headers": {"Idempotency-Key": "a b"}}, {"Idempotency-Key"}),
}
UNREADABLE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a form": ({"data": {"reason": "call"}}, {"body"}),
    "no JSON": ({"content": b"{"}, {"body"}),
    "no object": ({"content": b"[1]"}, {"body"}),
    "no UTF-8": ({"content": b"\xff"}, {"body"}),
    "a deep one": ({"content": b"[" * 100_000}, {"body"}),
    "one in a coding": (
        {"content": gzip.compress(b"{}"), "headers": {"Content-Encoding": "gzip"}}, {"Content-Encoding", "body"},
    ),
    "a reason that is none": ({"json": {"reason": "call"}}, {"reason"}),
    "a code that is none": ({"json": {"reason": {"code": "a b"}}}, {"reason.code"}),
}  # fmt: skip


def revoke(rest: Rest, consent: str, role: str, **options: Any) -> Any:
    return rest.decide("revoke", consent, role, rest.owner(consent) if role == "customer" else None, **options)


@pytest.mark.parametrize("role", ["customer", "service", "csr", "admin"])
@pytest.mark.parametrize("what", UNNEEDED)
def test_what_it_does_not_need_is_left_out_and_said(rest: Rest, what: str, role: str) -> None:
    options, ignored = UNNEEDED[what]
    answer = ok(revoke(rest, rest.consent(), role, **options), Decided)
    assert (answer["consent"]["status"], set(answer["ignored"])) == ("revoked", ignored)


@pytest.mark.parametrize("role", ["customer", "service"])
@pytest.mark.parametrize("what", UNREADABLE)
def test_who_needs_no_reason_revokes_with_any_body(rest: Rest, what: str, role: str) -> None:
    options, ignored = UNREADABLE[what]
    answer = ok(revoke(rest, rest.consent(), role, **options), Decided)
    assert (answer["consent"]["status"], set(answer["ignored"])) == ("revoked", ignored)


@pytest.mark.parametrize("role", ["csr", "admin"])
@pytest.mark.parametrize("what", UNREADABLE)
def test_a_reason_on_a_customers_behalf_is_needed_all_the_same(rest: Rest, what: str, role: str) -> None:
    options, ignored = UNREADABLE[what]
    consent = rest.consent()
    before = rest.written()
    found = problem(revoke(rest, consent, role, **options), "reason-required")
    assert set(found["ignored"]) == ignored
    assert rest.written() == before


def test_what_was_understood_is_done_and_nothing_is_said_of_it(rest: Rest) -> None:
    consent = rest.consent()
    ok(rest.decide("grant", consent))
    body = {"notice_version": 7, "language": "fr", "reason": {"code": "call", "text": "Enough.", "reference": "T-1"}}
    answer = ok(revoke(rest, consent, "csr", json=body), Decided)
    assert answer.keys() == {"consent", "event"}
    assert rest.history(consent)[-1]["data"]["reason"] == body["reason"]


@pytest.mark.parametrize("what", UNNEEDED)
def test_a_grant_stays_strict(rest: Rest, what: str) -> None:
    options, _ = UNNEEDED[what]
    consent = rest.consent()
    before = rest.written()
    assert rest.decide("grant", consent, "service", **options).status_code in (415, 422)
    assert rest.written() == before


# Many at once


def test_revocations_among_many_are_lenient_and_grants_beside_them_are_not(rest: Rest) -> None:
    first, second, third = rest.consents(3)
    strange = {"language": "fr fr", "surprise": 1, "purpose": 7}
    decisions = [
        {"action": "revoke", "consent_id": first, **strange},
        {"action": "grant", "consent_id": second, **strange},
        {"action": "revoke", "consent_id": third, "reason": "because"},
    ]
    outcomes = ok(rest.call("POST", "/decisions", "service", json={"decisions": decisions}), Outcomes)["outcomes"]
    assert set(outcomes[0]["ignored"]) == strange.keys()
    assert outcomes[1]["problem"]["type"] == "/problems/invalid"
    assert outcomes[2]["ignored"] == ["reason"]
    assert [rest.json(f"/consents/{one}")["status"] for one in (first, second, third)] == [
        "revoked", "pending", "revoked",
    ]  # fmt: skip


def test_half_of_a_letter_among_many_spoils_its_own_text_alone(rest: Rest) -> None:
    first, second = rest.consents(2)
    half = b'{"action":"revoke","consent_id":"%b","reason":{"code":"call","text":"\\ud83d"}}' % first.encode()
    whole = b'{"action":"revoke","consent_id":"%b","reason":{"text":"\\ud83d\\ude00 \\\\ud83d"}}' % second.encode()
    answer = rest.call("POST", "/decisions", "service", content=b'{"decisions":[%b,%b]}' % (half, whole))
    assert [one.get("ignored") for one in ok(answer, Outcomes)["outcomes"]] == [["reason.text"], None]
    assert rest.history(second)[0]["data"]["reason"]["text"] == "\U0001f600 \\ud83d"


AROUND: dict[str, dict[str, Any]] = {
    "If-Match": {"headers": {"If-Match": '"1"'}},
    "Content-Encoding": {"headers": {"Content-Encoding": "gzip"}},
    "Idempotency-Key": {"headers": {"Idempotency-Key": "a b"}},
    "surprise": {"params": {"surprise": "1"}},
    "extra": {},
}


@pytest.mark.parametrize("what", AROUND)
def test_what_is_around_many_is_ignored_where_all_revoke_and_refused_where_one_grants(rest: Rest, what: str) -> None:
    first, second = rest.consents(2)
    more = {"extra": 1} if what == "extra" else {}
    options = {"json": {"decisions": [{"action": "revoke", "consent_id": first}], **more}, **AROUND[what]}
    answer = ok(rest.call("POST", "/decisions", "service", **options), Outcomes)
    assert (answer["outcomes"][0]["consent"]["status"], answer["ignored"]) == ("revoked", [what])
    options["json"]["decisions"].append({"action": "grant", "consent_id": second})
    before = rest.written()
    assert rest.call("POST", "/decisions", "service", **options).status_code in (415, 422)
    assert rest.written() == before


@pytest.mark.parametrize(
    "whose", [{}, {"consent_id": "x"}, {"customer_id": 7, "purpose": "marketing", "channel": "sms"}]
)
def test_whose_consent_it_is_has_to_be_understood(rest: Rest, whose: dict[str, Any]) -> None:
    answer = rest.call("POST", "/decisions", "service", json={"decisions": [{"action": "revoke", **whose}]})
    assert ok(answer, Outcomes)["outcomes"][0]["problem"]["type"] == "/problems/invalid"


def test_on_behalf_many_at_once_need_their_reasons_too(rest: Rest) -> None:
    decisions = [{"action": "revoke", "consent_id": rest.consent(), "reason": {"code": "a b"}}]
    (outcome,) = ok(rest.call("POST", "/decisions", "csr", json={"decisions": decisions}), Outcomes)["outcomes"]
    assert outcome["problem"]["type"] == "/problems/reason-required"
    assert outcome["problem"]["ignored"] == ["reason.code"]


# Reading


# This machine may have other things to do.
SLOW = [HealthCheck.too_slow]
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=2)
NAMES = st.text(max_size=5) | st.sampled_from(["language", "notice_version"])


@given(st.dictionaries(NAMES, VALUES, max_size=5))
@settings(max_examples=50, derandomize=True, deadline=None, database=None, suppress_health_check=SLOW)
def test_whatever_an_object_holds_it_is_read(members: dict[str, Any]) -> None:
    answer, ignored = decode_leniently(json.dumps(members | REASON).encode(), Answer)
    assert answer.reason is not None
    assert set(ignored) <= members.keys() - {"reason"}
    assert len(shown(map(str, range(1000)))) == 100
