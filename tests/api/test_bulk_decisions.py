"""Many decisions at once: one outcome each, in their order."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed.api.bulk_decisions import Outcomes
from consentfeed.errors import PROBLEMS, DatabaseAway, OutcomeUnknown
from consentfeed.postgres.consents import Recorded
from tests.support.rest import GRANT, REASON, Rest, ok, problem


def bulk(rest: Rest, decisions: Any, role: str = "service") -> httpx.Response:
    return rest.call("POST", "/decisions", role, json={"decisions": decisions})


def grant(consent: str, **more: Any) -> dict[str, Any]:
    return {"action": "grant", "consent_id": consent, **more}


def revoke(consent: str, **more: Any) -> dict[str, Any]:
    return {"action": "revoke", "consent_id": consent, **more}


def codes(outcomes: list[dict[str, Any]]) -> list[str | None]:
    """The code of each outcome's problem, None where it was done."""
    for outcome in outcomes:
        if "problem" in outcome:
            code = outcome["problem"]["type"].removeprefix("/problems/")
            assert (outcome["problem"]["status"], outcome["problem"]["title"]) == PROBLEMS[code][:2]
            assert outcome.keys() == {"problem"}
    return [
        outcome["problem"]["type"].removeprefix("/problems/") if "problem" in outcome else None for outcome in outcomes
    ]


@pytest.mark.parametrize("role", ["csr", "admin", "service"])
def test_each_decision_gets_its_outcome_in_order(rest: Rest, role: str) -> None:
    consents = rest.consents(4)
    said = ((grant, GRANT), (revoke, REASON)) * 2
    decisions = [action(consent, **body) for (action, body), consent in zip(said, consents, strict=True)]
    outcomes = ok(bulk(rest, decisions, role), Outcomes)["outcomes"]
    assert [outcome["consent"]["id"] for outcome in outcomes] == consents
    assert [outcome["consent"]["status"] for outcome in outcomes] == ["granted", "revoked"] * 2
    for consent, outcome in zip(consents, outcomes, strict=True):
        (event,) = rest.history(consent, role)
        assert (event["id"], event["data"]["actor"]["kind"]) == (outcome["event"]["id"], role)
        assert event["data"]["reason"]["code"] == REASON["reason"]["code"]


def test_one_bad_decision_harms_no_other(rest: Rest) -> None:
    good, newer = rest.consents(2), rest.consent_for(rest.purpose(versions=2))
    unexplained = rest.consent_for(rest.purpose(versions=0))
    outcomes = ok(
        bulk(
            rest,
            [
                grant(good[0]),
                grant(str(uuid4())),
                grant(newer, notice_version=1),
                grant(unexplained),
                grant(good[0], language="fr"),
                {"action": "grant", "customer_id": rest.owner(good[0]), "purpose": "nothing", "channel": "sms"},
                {"action": "grant", "customer_id": str(uuid4()), "purpose": "marketing", "channel": "sms"},
                revoke(good[1], language="fr"),
            ],
        ),
        Outcomes,
    )["outcomes"]
    assert codes(outcomes) == [
        None, "not-found", "notice-superseded", "no-notice", "no-such-language", "not-found", "not-found", None,
    ]  # fmt: skip
    assert [rest.json(f"/consents/{one}")["version"] for one in (*good, newer, unexplained)] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    "bad",
    [
        {"action": "maybe"},
        {"action": None},
        {"consent_id": "not-a-uuid"},
        {"consent_id": 7},
        {"notice_version": "1"},
        {"if_version": -1},
        {"if_version": "0"},
        {"if_version": 2**63},
        {"reason": {"code": "ok", "text": "a\x00b"}},
        {"reason": "because"},
        {"unknown": 1},
        {"customer_id": str(uuid4())},
        {"purpose": "marketing"},
        {"consent_id": None},
        {"consent_id": None, "customer_id": str(uuid4()), "purpose": "marketing"},
        {"consent_id": None, "customer_id": "x", "purpose": "marketing", "channel": "sms"},
        {"consent_id": None, "customer_id": str(uuid4()), "purpose": "a\x00b", "channel": "sms"},
    ],
)
def test_a_decision_that_is_none_is_a_problem_of_its_own(rest: Rest, bad: dict[str, Any]) -> None:
    first, second, third = rest.consents(3)
    outcomes = ok(bulk(rest, [grant(first), grant(second) | bad, grant(third)]), Outcomes)["outcomes"]
    assert codes(outcomes) == [None, "invalid", None]
    assert rest.json(f"/consents/{second}")["version"] == 0


@pytest.mark.parametrize("bad", [7, None, "grant", [], {}])
def test_and_so_is_one_that_is_not_even_an_object(rest: Rest, bad: Any) -> None:
    first, second = rest.consents(2)
    assert codes(ok(bulk(rest, [grant(first), bad, grant(second)]))["outcomes"]) == [None, "invalid", None]


@pytest.mark.parametrize("role", ["csr", "admin"])
def test_on_a_customers_behalf_each_decision_needs_its_reason(rest: Rest, role: str) -> None:
    first, second, third = rest.consents(3)
    decisions = [grant(first, **GRANT), grant(second), revoke(third, reason={"text": "said so"})]
    assert codes(ok(bulk(rest, decisions, role))["outcomes"]) == [None, "reason-required", "reason-required"]
    assert [rest.json(f"/consents/{one}")["version"] for one in (first, second, third)] == [1, 0, 0]


@pytest.mark.parametrize("role", ["csr", "admin"])
def test_and_each_grant_the_notice_that_was_read(rest: Rest, role: str) -> None:
    consents = rest.consents(4)
    decisions = [
        grant(consents[0], **REASON),
        grant(consents[1], **GRANT),
        revoke(consents[2], **REASON),
        grant(consents[3], **REASON, language="si"),
    ]
    assert codes(ok(bulk(rest, decisions, role))["outcomes"]) == ["notice-required", None, None, "notice-required"]
    assert [rest.json(f"/consents/{one}")["version"] for one in consents] == [0, 1, 1, 0]


def test_a_consent_may_be_named_by_customer_purpose_and_channel(rest: Rest) -> None:
    customer, other = rest.customer(), rest.consent()
    triples = [("marketing", "email"), ("profiling", "push"), ("marketing", "sms")]
    decisions: list[dict[str, Any]] = [
        {"action": "grant", "customer_id": customer, "purpose": purpose, "channel": channel}
        for purpose, channel in triples
    ]
    decisions.insert(1, grant(other))
    outcomes = ok(bulk(rest, decisions), Outcomes)["outcomes"]
    assert outcomes.pop(1)["consent"]["id"] == other
    found = [(one["consent"]["customer_id"], one["consent"]["purpose"], one["consent"]["channel"]) for one in outcomes]
    assert found == [(customer, *triple) for triple in triples]


def test_decisions_on_the_same_consent_come_one_after_the_other(rest: Rest) -> None:
    consent = rest.consent()
    decisions = [grant(consent), grant(consent), revoke(consent), revoke(consent), grant(consent, language="si")]
    outcomes = ok(bulk(rest, decisions), Outcomes)["outcomes"]
    assert [outcome["consent"]["version"] for outcome in outcomes] == [1, 1, 2, 2, 3]
    assert [outcome["event"] is not None for outcome in outcomes] == [True, False, True, False, True]
    assert [event["id"] for event in rest.history(consent)] == [one["event"]["id"] for one in outcomes if one["event"]]


def test_a_grant_under_an_old_version_is_stale_and_a_revocation_looks_at_none(rest: Rest) -> None:
    first, second, third = rest.consents(3)
    for consent in (second, third):  # what the batch does not know of: granted, and then a fresh no
        ok(bulk(rest, [grant(consent), revoke(consent)]))
    decisions = [grant(first, if_version=0), grant(second, if_version=1), revoke(third, if_version=1)]
    outcomes = ok(bulk(rest, decisions), Outcomes)["outcomes"]
    assert codes(outcomes) == [None, "stale", None]
    states = [rest.json(f"/consents/{one}")["status"] for one in (first, second, third)]
    assert states == ["granted", "revoked", "revoked"]


def test_a_thousand_are_taken(rest: Rest) -> None:
    consents = rest.consents(1000)
    head = rest.database.head()
    outcomes = ok(bulk(rest, [grant(consent) for consent in consents]))["outcomes"]
    assert [outcome["consent"]["id"] for outcome in outcomes] == consents
    assert all(outcome["event"] for outcome in outcomes)
    assert rest.database.head() == head + 1000
    assert rest.database.verify() == []


@pytest.mark.parametrize(
    "body", [{}, {"decisions": None}, {"decisions": {}}, {"decisions": []}, {"decisions": [], "a": 1}]
)
def test_a_body_without_decisions_is_422(rest: Rest, body: Any) -> None:
    problem(rest.call("POST", "/decisions", "service", json=body), "invalid")


def test_a_thousand_with_long_reasons_are_taken(rest: Rest) -> None:
    (consent,) = rest.consents(1)
    text = "\u0d85" * 1200
    decisions = [grant(consent, reason={"code": "form", "text": text}) for _ in range(1000)]
    assert len(ok(bulk(rest, decisions), Outcomes)["outcomes"]) == 1000


def test_where_it_cannot_be_known_what_happened_the_whole_request_is_a_503(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a client would have to look into each outcome to learn that it has to ask again."""
    consents = rest.consents(2)
    for error, code in ((OutcomeUnknown(), "outcome-unknown"), (DatabaseAway(), "database-away")):

        async def fail(_decisions: str, error: Exception = error) -> Recorded:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(rest.node.node.writer, "_record", fail)
            answer = bulk(rest, [grant(consent) for consent in consents])
        assert problem(answer, code)["status"] == 503
        assert int(answer.headers["retry-after"]) > 0


def test_where_one_half_was_done_before_the_database_went_each_is_told_its_own(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    consents = rest.consents(2)
    record = rest.node.node.writer._record
    monkeypatch.setattr(rest.node.node.writer, "_batch", 1)

    async def once(decisions: str) -> Recorded:
        monkeypatch.setattr(rest.node.node.writer, "_record", away)
        return await record(decisions)

    async def away(_decisions: str) -> Recorded:
        raise DatabaseAway

    monkeypatch.setattr(rest.node.node.writer, "_record", once)
    outcomes = ok(bulk(rest, [grant(consent) for consent in consents]), Outcomes)["outcomes"]
    assert sorted(codes(outcomes), key=str) == [None, "database-away"]


def test_a_decision_that_the_database_does_not_mention_is_a_problem_and_not_silence(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    consents = rest.consents(2)
    record = rest.node.node.writer._record

    async def forgetful(decisions: str) -> Recorded:
        recorded = await record(decisions)
        return recorded._replace(outcomes=recorded.outcomes[:1])

    monkeypatch.setattr(rest.node.node.writer, "_record", forgetful)
    outcomes = ok(bulk(rest, [grant(consent) for consent in consents]), Outcomes)["outcomes"]
    assert sorted(codes(outcomes), key=str) == [None, "internal"]


def test_a_thousand_and_one_are_refused_and_none_is_done(rest: Rest) -> None:
    consent = rest.consent()
    before = rest.written()
    problem(bulk(rest, [grant(consent)] * 1001), "invalid")
    assert rest.written() == before
