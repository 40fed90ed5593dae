"""May I? Exact, in order, from one snapshot, and no where anything speaks against it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from consentfeed.api.checks import CheckAnswers
from tests.support.rest import Rest, ok, problem
from tests.support.sql import expired_grant

NOBODY = {
    "allowed": False, "status": "unknown", "since": None, "expires_at": None, "consent_id": None, "version": None,
    "contact": {"now": True, "until": None},
}  # fmt: skip
OFFERS = {"purpose": "marketing", "channel": "sms"}


def check(rest: Rest, *checks: dict[str, Any], role: str = "service", **more: Any) -> list[dict[str, Any]]:
    """The answers."""
    body = {"checks": [{**OFFERS, **one} for one in checks], **more}
    answers: list[dict[str, Any]] = ok(rest.call("POST", "/checks", role, json=body), CheckAnswers)["answers"]
    return answers


def person(rest: Rest, **known: Any) -> dict[str, str]:
    """A customer with a number, an address and a reference, and the id of the consent to offers by SMS."""
    mark = uuid4().hex[:10]
    body = {
        "name": "Somebody New", "email": f"{mark}@Example.com", "msisdn": f"+9477{int(mark, 16) % 10**7:07d}",
        "reference": f"A-{mark}", **known,
    }  # fmt: skip
    customer = str(uuid4())
    assert rest.call("PUT", f"/customers/{customer}", "service", json=body).status_code == 201
    row = "SELECT id::text FROM consentfeed.consents WHERE (customer_id, purpose, channel) = (%s, 'marketing', 'sms')"
    return {**body, "customer_id": customer, "consent": rest.sql(row, customer)[0][0]}


def test_the_same_answer_by_id_number_address_and_reference_in_any_usual_form(rest: Rest) -> None:
    one = person(rest)
    granted = ok(rest.decide("grant", one["consent"]))["consent"]
    ways = [
        {"customer_id": one["customer_id"]}, {"msisdn": one["msisdn"]}, {"msisdn": "0" + one["msisdn"][3:]},
        {"msisdn": f" {one['msisdn'][:5]} {one['msisdn'][5:]}"}, {"email": one["email"]},
        {"email": f"<{one['email'].upper()}>"}, {"reference": one["reference"]},
    ]  # fmt: skip
    for answer in check(rest, *ways):
        assert answer == {
            "allowed": True, "status": "granted", "since": granted["granted_at"], "expires_at": granted["expires_at"],
            "consent_id": one["consent"], "version": 1, "contact": {"now": True, "until": None},
        }  # fmt: skip


def test_a_check_sees_each_decision_that_was_answered(rest: Rest) -> None:
    one = person(rest)
    (pending,) = check(rest, {"customer_id": one["customer_id"]})
    assert (pending["allowed"], pending["status"], pending["version"]) == (False, "pending", 0)
    for turn in range(6):
        action = ("grant", "revoke")[turn % 2]
        ok(rest.decide(action, one["consent"]))
        (answer,) = check(rest, {"msisdn": one["msisdn"]})
        assert (answer["allowed"], answer["version"]) == (action == "grant", turn + 1)


def test_what_nobody_has_or_nobody_offers_is_unknown_and_no_error(rest: Rest) -> None:
    one = person(rest)
    ok(rest.decide("grant", one["consent"]))
    unknown = [
        {"customer_id": str(uuid4())}, {"msisdn": "+94779999999"}, {"msisdn": "not a number"},
        {"email": "nobody@example.com"}, {"email": "none"}, {"reference": "nothing"},
        {"reference": one["reference"].lower()},
        {"customer_id": one["customer_id"], "purpose": "nothing"},
        {"customer_id": one["customer_id"], "channel": "pigeon"},
    ]  # fmt: skip
    assert check(rest, *unknown) == [NOBODY] * len(unknown)


def test_a_number_that_several_have_is_allowed_only_if_all_have_granted(rest: Rest) -> None:
    first = person(rest)
    second = person(rest, msisdn=first["msisdn"], email=first["email"])
    by_number, by_address = {"msisdn": first["msisdn"]}, {"email": first["email"]}
    for granted, allowed in ((first, False), (second, True)):
        ok(rest.decide("grant", granted["consent"]))
        for answer in check(rest, by_number, by_address):
            assert (answer["allowed"], answer["customers"]) == (allowed, 2)
    ok(rest.decide("revoke", first["consent"]))
    for answer in check(rest, by_number, by_address):
        assert (answer["allowed"], answer["status"], answer["consent_id"]) == (False, "revoked", first["consent"])
    (own,) = check(rest, {"customer_id": second["customer_id"]})
    assert own["allowed"]
    assert "customers" not in own


def test_an_expiry_counts_though_no_job_has_noticed_it(rest: Rest) -> None:
    one = person(rest)
    expired_grant(rest.database, one["consent"])
    (answer,) = check(rest, {"customer_id": one["customer_id"]})
    assert (answer["allowed"], answer["status"]) == (False, "expired")
    assert answer["since"] == answer["expires_at"]


def test_who_was_erased_is_nobody_by_number_and_address(rest: Rest) -> None:
    one = person(rest)
    ok(rest.decide("grant", one["consent"]))
    reason = {"reason": {"code": "asked"}}
    assert rest.call("POST", f"/customers/{one['customer_id']}/erase", "admin", json=reason).is_success
    by = [{name: one[name]} for name in ("msisdn", "email", "reference")]
    assert check(rest, *by) == [NOBODY] * 3
    (answer,) = check(rest, {"customer_id": one["customer_id"]})
    assert (answer["allowed"], answer["status"]) == (False, "revoked")


def test_what_was_so_at_a_time(rest: Rest) -> None:
    one = person(rest)
    for action in ("grant", "revoke"):
        ok(rest.decide(action, one["consent"]))
    times = [
        row[0]
        for row in rest.sql(
            "SELECT recorded_at FROM consentfeed.events WHERE consent_id = %s ORDER BY seq", one["consent"]
        )
    ]
    for at, status, version in (
        (times[0] - timedelta(microseconds=1), "pending", 0), (times[0], "granted", 1), (times[1], "revoked", 2),
    ):  # fmt: skip
        (answer,) = check(rest, {"reference": one["reference"]}, at=at.isoformat())
        assert (answer["status"], answer["version"], answer["allowed"]) == (status, version, status == "granted")
    body = {"checks": [{"customer_id": one["customer_id"], **OFFERS}]}
    problem(rest.call("POST", "/checks", "service", json={**body, "at": "2000-01-01T00:00:00Z"}), "not-kept")
    problem(rest.call("POST", "/checks", "service", json={**body, "at": "2999-01-01T00:00:00Z"}), "invalid")


def test_a_thousand_are_answered_in_order_and_one_more_is_refused(rest: Rest) -> None:
    people = [person(rest) for _ in range(5)]
    for one in people[::2]:
        ok(rest.decide("grant", one["consent"]))
    asked = [{"customer_id": people[number % 5]["customer_id"]} for number in range(1000)]
    answers = check(rest, *asked)
    assert [answer["allowed"] for answer in answers] == [number % 5 % 2 == 0 for number in range(1000)]
    body = {"checks": [{**OFFERS, **one} for one in [*asked, asked[0]]]}
    problem(rest.call("POST", "/checks", "service", json=body), "invalid")


@pytest.mark.parametrize(
    "one",
    [
        {}, {"msisdn": "+94771234567", "email": "a@example.com"}, {"customer_id": "nobody"}, {"reference": "x" * 101},
        {"msisdn": "+94771234567", "purpose": ""}, {"msisdn": "+94771234567", "more": 1}, {"msisdn": None},
    ],
)  # fmt: skip
def test_a_question_that_is_none_is_refused(rest: Rest, one: dict[str, Any]) -> None:
    problem(rest.call("POST", "/checks", "service", json={"checks": [{**OFFERS, **one}]}), "invalid")
    problem(rest.call("POST", "/checks", "service", json={"checks": []}), "invalid")


def test_many_requests_at_once_each_get_their_own_answers(rest: Rest) -> None:
    people = [person(rest) for _ in range(10)]
    for one in people[::2]:
        ok(rest.decide("grant", one["consent"]))
    expected = [number % 2 == 0 for number in range(10)]

    def ask() -> Any:
        return rest.call(
            "POST", "/checks", "service", json={"checks": [{"msisdn": one["msisdn"], **OFFERS} for one in people]}
        )

    for answer in rest.at_once(20, ask):
        assert [one["allowed"] for one in ok(answer, CheckAnswers)["answers"]] == expected


def test_the_position_is_that_of_the_snapshot_and_the_trail_says_who_asked(rest: Rest) -> None:
    one = person(rest)
    ok(rest.decide("grant", one["consent"]))
    body = {"checks": [{"customer_id": one["customer_id"], **OFFERS}]}
    answer = rest.call("POST", "/checks", "csr", json=body)
    place = answer.headers["consentfeed-position"]
    assert place == rest.database.head_id()
    problem(rest.call("POST", "/checks", "customer", json=body), "forbidden")
    line = (
        "SELECT action, actor_role, filters FROM consentfeed.access_trail"
        " WHERE customers = ARRAY[%s::uuid] AND action LIKE 'check%%'"
    )
    assert rest.sql(line, one["customer_id"]) == [("check-consents", "csr", {"purpose": ["marketing"]})]
