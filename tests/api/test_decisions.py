"""Granting and revoking one consent: by whom, under which notice, on what condition."""

import re
from typing import Any
from uuid import uuid4

import pytest

from consentfeed.api.shapes import Consent, Consents, Decided, History
from consentfeed.node import chores
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.rest import GRANT, REASON, ROLES, Rest, ok, problem
from tests.support.seed import NOBODY, STAFF
from tests.support.waiting import wait_until

SEALED, PLAIN = re.compile(r"[0-9a-f]{32}"), re.compile(r"[1-9][0-9]*-[0-9a-f]{8}")
MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
ACTIONS = ("grant", "revoke")


def test_a_customer_grants_and_revokes_an_own_consent(rest: Rest) -> None:
    consent = rest.consent()
    owner = rest.owner(consent)
    for version, (action, status) in enumerate((("grant", "granted"), ("revoke", "revoked")), 1):
        told = ok(rest.decide(action, consent, "customer", owner), Decided)
        assert (told["consent"]["id"], told["consent"]["customer_id"]) == (consent, owner)
        assert (told["consent"]["status"], told["consent"]["version"]) == (status, version)
        assert ok(rest.get(f"/consents/{consent}", "customer", subject=owner), Consent) == told["consent"]
        assert (
            told["event"]["id"]
            == rest.json(f"/consents/{consent}/history", "customer", subject=owner)["events"][-1]["id"]
        )
        assert SEALED.fullmatch(told["event"]["id"])
    own = ok(rest.get("/customer/consents", "customer", subject=owner), Consents)["consents"]
    assert told["consent"] in own


def test_staff_see_the_plain_id_of_the_event(rest: Rest) -> None:
    consent = rest.consent()
    for role, action in (("csr", "grant"), ("admin", "revoke"), ("service", "grant")):
        told = ok(rest.decide(action, consent, role), Decided)
        assert PLAIN.fullmatch(told["event"]["id"])
        assert told["event"]["id"] == rest.database.head_id() == rest.history(consent, role)[-1]["id"]


def test_times_are_utc_with_microseconds(rest: Rest) -> None:
    consent = rest.consent()
    granted = ok(rest.decide("grant", consent))["consent"]
    revoked = ok(rest.decide("revoke", consent))["consent"]
    for time in (granted["granted_at"], granted["updated_at"], revoked["granted_at"], revoked["revoked_at"]):
        assert MICROSECONDS.fullmatch(time)
    assert (granted["revoked_at"], revoked["granted_at"]) == (None, granted["granted_at"])
    assert MICROSECONDS.fullmatch(rest.history(consent)[0]["data"]["timestamp"])


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", ROLES)
def test_repeating_the_present_answer_changes_and_restamps_nothing(rest: Rest, role: str, action: str) -> None:
    consent = rest.consent()
    subject = rest.owner(consent) if role == "customer" else None
    first = ok(rest.decide(action, consent, role, subject))
    assert first["event"] is not None
    before = rest.written()
    assert ok(rest.decide(action, consent, role, subject), Decided) == {"consent": first["consent"], "event": None}
    assert rest.written() == before


def test_version_grows_by_exactly_one_with_each_event(rest: Rest) -> None:
    consent = rest.consent()
    for action in ("grant", "grant", "revoke", "revoke", "grant"):
        ok(rest.decide(action, consent))
    rest.database.set(consent, "revoked")
    events = rest.history(consent)
    assert [event["data"]["consent"]["version"] for event in events] == [1, 2, 3, 4]
    assert [event["data"]["type"] for event in events] == ["granted", "revoked", "granted", "revoked"]


@pytest.mark.parametrize("role", ROLES)
def test_the_event_says_who_did_it(rest: Rest, role: str) -> None:
    consent = rest.consent()
    owner = rest.owner(consent)
    ok(rest.decide("grant", consent, role, owner if role == "customer" else None))
    (event,) = ok(
        rest.get(f"/consents/{consent}/history", role, subject=owner if role == "customer" else None), History
    )["events"]
    assert event["event"] == "consent-updated"
    assert event["data"]["actor"] == {"kind": role, "id": STAFF.get(role, owner)}
    assert event["data"]["user"]["id"] == owner


@pytest.mark.parametrize("bulk", [False, True])
def test_a_grant_that_has_an_end_is_renewed_where_the_request_says_so(rest: Rest, bulk: bool) -> None:
    consent = rest.consent_for(rest.purpose(validity="30 days"))
    first = ok(rest.decide("grant", consent))["consent"]

    def grant(**body: Any) -> Any:
        if not bulk:
            return ok(rest.decide("grant", consent, json=body), Decided)
        decision = {"action": "grant", "consent_id": consent, **body}
        return ok(rest.call("POST", "/decisions", "service", json={"decisions": [decision]}))["outcomes"][0]

    for body in ({}, {"renew": False}):
        assert grant(**body) == {"consent": first, "event": None}
    renewed = grant(renew=True)
    assert renewed["event"] is not None
    assert renewed["consent"]["version"] == 2
    assert renewed["consent"]["expires_at"] > first["expires_at"]
    assert renewed["consent"]["granted_at"] > first["granted_at"]
    assert [event["data"]["type"] for event in rest.history(consent)] == ["granted", "granted"]


def test_a_grant_without_an_end_has_nothing_to_renew_and_a_revocation_passes_it_over(rest: Rest) -> None:
    consent = rest.consent_for(rest.purpose())
    first = ok(rest.decide("grant", consent))["consent"]
    assert ok(rest.decide("grant", consent, json={"renew": True})) == {"consent": first, "event": None}
    assert ok(rest.decide("revoke", consent, json={"renew": True}))["consent"]["status"] == "revoked"
    problem(rest.decide("grant", consent, json={"renew": "yes"}), "invalid")


# On the customer's behalf


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", ["csr", "admin"])
@pytest.mark.parametrize(
    "body", [{}, {"reason": None}, {"reason": {}}, {"reason": {"text": "said so", "reference": "T-1"}}]
)
def test_without_a_reasons_code_nothing_is_decided_on_a_customers_behalf(
    rest: Rest, role: str, action: str, body: dict[str, Any]
) -> None:
    consent, before = rest.consent(), None
    before = rest.written()
    problem(rest.decide(action, consent, role, json=body), "reason-required")
    assert rest.written() == before


@pytest.mark.parametrize("role", ["csr", "admin"])
def test_a_grant_on_a_customers_behalf_names_the_notice_that_was_read(rest: Rest, role: str) -> None:
    consent = rest.consent()
    before = rest.written()
    for body in (REASON, REASON | {"notice_version": None}, REASON | {"language": "si"}):
        problem(rest.decide("grant", consent, role, json=body), "notice-required")
    assert rest.written() == before
    ok(rest.decide("grant", consent, role, json=GRANT))
    ok(rest.decide("revoke", consent, role, json=REASON))


@pytest.mark.parametrize("role", ["customer", "service"])
def test_customers_and_services_need_no_reason(rest: Rest, role: str) -> None:
    consent = rest.consent()
    subject = rest.owner(consent) if role == "customer" else None
    ok(rest.decide("grant", consent, role, subject, json={}))
    ok(rest.decide("revoke", consent, role, subject))
    assert [event["data"]["reason"] for event in rest.history(consent)] == [None, None]


def test_the_reason_stands_in_the_history_and_its_text_not_in_the_log(rest: Rest) -> None:
    consent = rest.consent()
    reason = {"code": "phone-call", "text": "Asked for it.\nTwice: “no more”", "reference": "CALL-7"}
    ok(rest.decide("revoke", consent, "csr", json={"reason": reason}))
    (event,) = rest.history(consent)
    assert event["data"]["reason"] == reason
    ((body,),) = rest.sql("SELECT body FROM consentfeed.events WHERE consent_id = %s", consent)
    assert "CALL-7" in body
    assert "Asked" not in body
    rest.sql("UPDATE consentfeed.event_notes SET note = NULL")
    assert rest.history(consent)[0]["data"]["reason"] == reason | {"text": None}


@pytest.mark.parametrize(
    "reason",
    [
        {"code": ""},
        {"code": "two words"},
        {"code": "code\n"},
        {"code": "x" * 65},
        {"code": 7},
        {"code": "ok", "text": "x" * 2001},
        {"code": "ok", "text": "a\x00b"},
        {"code": "ok", "reference": "x" * 201},
        {"code": "ok", "reference": "two\nlines"},
        {"code": "ok", "why": "x"},
        "phone-call",
    ],
)
def test_a_reason_that_cannot_be_kept_is_422(rest: Rest, reason: Any) -> None:
    consent = rest.consent()
    before = rest.written()
    found = problem(rest.decide("grant", consent, "csr", json={"reason": reason}), "invalid")
    assert "$.reason" in found["detail"]
    assert rest.written() == before


# Somebody else's


def test_somebody_elses_consent_is_as_if_it_were_not_there(rest: Rest) -> None:
    consent, stranger = rest.consent(), rest.customer()
    ok(rest.decide("grant", consent))
    before = rest.written()
    for path in (consent, f"{consent}/history", str(uuid4())):
        problem(rest.get(f"/consents/{path}", "customer", subject=stranger), "not-found")
    for action in ACTIONS:
        problem(rest.decide(action, consent, "customer", stranger), "not-found")
    assert rest.written() == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("id", [NOBODY, "1", "not-a-uuid", "%00", "c0000000-0000-4000-8000-00000000000g", "0" * 32])
def test_an_id_that_is_none_is_404(rest: Rest, role: str, id: str) -> None:
    for path in (id, f"{id}/history"):
        problem(rest.get(f"/consents/{path}", role), "not-found")
    for action in ACTIONS:
        problem(rest.decide(action, id, role), "not-found")


def test_an_id_may_be_written_in_capitals(rest: Rest) -> None:
    consent = rest.consent()
    assert ok(rest.decide("grant", consent.upper()))["consent"]["id"] == consent
    assert rest.json(f"/consents/{consent.upper()}")["id"] == consent


# Notices


def sha256(rest: Rest, purpose: str, version: int, language: str) -> str:
    notice: dict[str, str] = rest.json(f"/notices/{purpose}/{version}/{language}")
    return notice["sha256"]


def test_a_grant_binds_the_notice_in_force_in_the_language_asked_for(rest: Rest) -> None:
    purpose = rest.purpose(versions=2)
    consent = rest.consent_for(purpose)
    told = ok(rest.decide("grant", consent, json={"notice_version": 2, "language": "si"}))["consent"]
    assert told["notice"] == {
        "key": purpose, "version": 2, "language": "si", "sha256": sha256(rest, purpose, 2, "si"),
    }  # fmt: skip
    assert rest.history(consent)[0]["data"]["consent"]["notice"] == told["notice"]


def test_without_a_language_it_is_the_customers_own(rest: Rest) -> None:
    purpose = rest.purpose(languages="{en,si,ta}")
    consent = rest.consent_for(purpose)
    rest.sql("UPDATE consentfeed.customers SET language = 'ta' WHERE id = %s", rest.owner(consent))
    assert ok(rest.decide("grant", consent))["consent"]["notice"]["language"] == "ta"


@pytest.mark.parametrize("version", [1, 3])
def test_a_notice_version_that_is_not_in_force_is_409(rest: Rest, version: int) -> None:
    consent = rest.consent_for(rest.purpose(versions=2))
    before = rest.written()
    problem(rest.decide("grant", consent, json={"notice_version": version}), "notice-superseded")
    assert rest.written() == before


def test_a_version_published_meanwhile_supersedes_the_one_that_was_shown(rest: Rest) -> None:
    purpose = rest.purpose()
    consent = rest.consent_for(purpose)
    rest.publish(purpose, 2)
    problem(rest.decide("grant", consent, json={"notice_version": 1}), "notice-superseded")
    assert ok(rest.decide("grant", consent, json={"notice_version": 2}))["consent"]["notice"]["version"] == 2


def test_granting_again_under_a_newer_notice_is_a_change(rest: Rest) -> None:
    purpose = rest.purpose()
    consent = rest.consent_for(purpose)
    first = ok(rest.decide("grant", consent))
    rest.publish(purpose, 2)
    again = ok(rest.decide("grant", consent))
    assert again["event"] is not None
    assert (again["consent"]["version"], again["consent"]["notice"]["version"]) == (2, 2)
    assert again["consent"]["granted_at"] > first["consent"]["granted_at"]


def test_a_language_in_which_the_notice_is_not_published_is_422(rest: Rest) -> None:
    consent = rest.consent()
    before = rest.written()
    problem(rest.decide("grant", consent, json={"language": "fr"}), "no-such-language")
    assert rest.written() == before


def test_without_a_notice_nothing_can_be_granted_but_it_can_be_revoked(rest: Rest) -> None:
    consent = rest.consent_for(rest.purpose(versions=0))
    problem(rest.decide("grant", consent), "no-notice")
    ok(rest.decide("revoke", consent))


def test_a_revocation_does_not_mind_what_it_says_about_the_notice(rest: Rest) -> None:
    consent = rest.consent()
    ok(rest.decide("grant", consent))
    assert ok(rest.decide("revoke", consent, json={"notice_version": 9, "language": "fr"}))["event"] is not None


@pytest.mark.parametrize(
    "body",
    [{"notice_version": 0}, {"notice_version": "1"}, {"notice_version": 2**31}, {"language": "English"}, {"a": 1}],
)
def test_an_answer_that_is_none_is_422_but_for_a_revocation(rest: Rest, body: dict[str, Any]) -> None:
    consent = rest.consent()
    before = rest.written()
    problem(rest.decide("grant", consent, json=body), "invalid")
    assert rest.written() == before
    assert ok(rest.decide("revoke", consent, json=body))["ignored"] == list(body)


# Expiry


@pytest.fixture
def brief(start_node: StartNode, database: Sql, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A node that expires nothing by itself, and a consent whose grant is over at once."""
    monkeypatch.setattr(chores, "_EXPIRE_SECONDS", 3600)
    rest = Rest(start_node(), database)
    consent = rest.consent_for(rest.purpose(validity="1 millisecond"))
    told = ok(rest.decide("grant", consent))
    assert told["consent"]["expires_at"] > told["consent"]["granted_at"]
    wait_until(lambda: rest.json(f"/consents/{consent}")["status"] == "expired")
    yield rest, consent
    rest.close()


def test_a_grant_whose_time_is_up_reads_as_expired_before_any_job_has_run(brief: tuple[Rest, str]) -> None:
    rest, consent = brief
    owner = rest.owner(consent)
    assert rest.sql("SELECT status FROM consentfeed.consents WHERE id = %s", consent) == [("granted",)]
    own = rest.json("/customer/consents", "customer", subject=owner)["consents"]
    assert {one["id"]: one["status"] for one in own}[consent] == "expired"
    found = {status: rest.json("/consents", params={"status": status})["consents"] for status in ("expired", "granted")}
    assert [one["id"] for one in found["expired"]] == [consent]
    assert found["granted"] == []


def test_granting_after_expiry_is_a_change(brief: tuple[Rest, str]) -> None:
    rest, consent = brief
    assert ok(rest.decide("grant", consent))["event"] is not None


def test_expiry_becomes_an_event_by_the_system(
    start_node: StartNode, database: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "_EXPIRE_SECONDS", 0.02)
    rest = Rest(start_node(), database)
    consent = rest.consent_for(rest.purpose(validity="1 millisecond"))
    ok(rest.decide("grant", consent))
    wait_until(lambda: len(rest.history(consent)) == 2)
    expired = rest.history(consent)[-1]["data"]
    assert (expired["type"], expired["actor"]["kind"], expired["consent"]["status"]) == ("expired", "system", "expired")
    rest.close()


# Conditions


def test_the_etag_is_the_version(rest: Rest) -> None:
    consent = rest.consent()
    for version in range(3):
        for method in ("GET", "HEAD"):
            assert rest.call(method, f"/consents/{consent}", "csr").headers["etag"] == f'"{version}"'
        ok(rest.decide(("grant", "revoke")[version % 2], consent))


@pytest.mark.parametrize("tags", ['"1"', '"0", "1"', '"7" ,"1"', "*", '"other", "1"', 'W/"0","1"', '"a,b","1"'])
def test_a_grant_goes_through_while_if_match_fits(rest: Rest, tags: str) -> None:
    consent = rest.consent()
    ok(rest.decide("revoke", consent))
    assert ok(rest.decide("grant", consent, headers={"If-Match": tags}))["event"] is not None


@pytest.mark.parametrize("tags", ['"0"', '"2"', 'W/"1"', "1", '"x"', '"0", "2"', "", '"01"', '"0", *', '"1'])
def test_a_grant_is_412_where_if_match_is_stale(rest: Rest, tags: str) -> None:
    consent = rest.consent()
    ok(rest.decide("revoke", consent))
    before = rest.written()
    problem(rest.decide("grant", consent, headers={"If-Match": tags}), "stale")
    assert rest.written() == before


def test_nothing_stands_in_the_way_of_a_revocation(rest: Rest) -> None:
    consent = rest.consent()
    ok(rest.decide("grant", consent))
    assert ok(rest.decide("revoke", consent, headers={"If-Match": '"0"'}))["event"] is not None


def test_of_two_who_read_the_same_only_one_grants(rest: Rest) -> None:
    consent = rest.consent()
    answers = rest.at_once(8, lambda: rest.decide("grant", consent, "csr", json=GRANT, headers={"If-Match": '"0"'}))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
