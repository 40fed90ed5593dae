"""Revoking by number or address: for all who have it, and the same answer where nobody has."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed.api.revocations import Revoked
from consentfeed.errors import Busy, Problem
from tests.support.rest import Rest, ok, problem
from tests.support.seed import STAFF


def revoke(rest: Rest, role: str | None = "service", **body: Any) -> httpx.Response:
    return rest.call("POST", "/revocations", role, json=body)


def new_number() -> str:
    return f"+9477{uuid4().int % 10**7:07}"


def granted(rest: Rest, **contact: Any) -> str:
    """A customer with this contact, all of whose consents are granted."""
    customer = rest.customer("Somebody New", **contact)
    rest.sql("UPDATE consentfeed.consents SET status = 'granted' WHERE customer_id = %s", customer)
    return customer


def statuses(rest: Rest, customer: str) -> dict[tuple[str, str], str]:
    consents = rest.json(f"/consents?customer={customer}")["consents"]
    return {(one["purpose"], one["channel"]): one["status"] for one in consents}


def test_all_who_have_the_number_have_no_consent_on_the_channel_any_more(rest: Rest) -> None:
    number = new_number()
    holders, other = [granted(rest, msisdn=number) for _ in range(2)], granted(rest, msisdn=new_number())
    answer = ok(revoke(rest, msisdn=number.replace("+94", "0"), channel="sms"), Revoked)
    assert answer == {"msisdn": number, "email": None, "channel": "sms", "purpose": None}
    for holder in holders:
        by_channel = statuses(rest, holder)
        assert {key for key, status in by_channel.items() if status == "revoked"} == {("marketing", "sms")}
    assert set(statuses(rest, other).values()) == {"granted"}


@pytest.mark.parametrize("written", ["{}", "<{}>", "mailto:{}", " {}\u200b"])
def test_an_address_is_found_in_any_case_and_however_it_was_pasted(rest: Rest, written: str) -> None:
    address = f"Zoë-{uuid4().hex}@Example.com"
    customer = granted(rest, email=address)
    ok(revoke(rest, email=written.format(address.upper().replace("Ë", "E\u0308")), channel="email"), Revoked)
    assert statuses(rest, customer)["marketing", "email"] == "revoked"


def test_with_a_purpose_it_is_that_one_alone(rest: Rest) -> None:
    purpose, number = rest.purpose(), new_number()
    customer = granted(rest, msisdn=number)
    ok(revoke(rest, msisdn=number, channel="sms", purpose=purpose))
    assert (statuses(rest, customer)[purpose, "sms"], statuses(rest, customer)["marketing", "sms"]) == (
        "revoked", "granted",
    )  # fmt: skip


def test_who_has_not_answered_yet_has_said_no(rest: Rest) -> None:
    number = new_number()
    customer = rest.customer(msisdn=number)
    ok(revoke(rest, msisdn=number, channel="sms"))
    assert statuses(rest, customer)["marketing", "sms"] == "revoked"


@pytest.mark.parametrize("known", [True, False])
def test_an_unknown_number_is_answered_as_a_known_one(rest: Rest, known: bool) -> None:
    number = new_number()
    if known:
        granted(rest, msisdn=number)
    answer = revoke(rest, msisdn=number, channel="sms")
    assert answer.status_code == 200
    assert answer.json() == {"msisdn": number, "email": None, "channel": "sms", "purpose": None}
    assert set(answer.headers) == set(revoke(rest, msisdn=new_number(), channel="sms").headers)


def test_repeating_it_changes_nothing(rest: Rest) -> None:
    number = new_number()
    granted(rest, msisdn=number)
    first = ok(revoke(rest, msisdn=number, channel="sms"))
    before = rest.written()
    assert ok(revoke(rest, msisdn=number, channel="sms")) == first
    assert rest.written() == before


def test_each_leaves_an_event_by_the_service_with_the_reason(rest: Rest) -> None:
    number, reason = new_number(), {"code": "sms-stop", "reference": "MO-1", "text": "STOP"}
    customer = granted(rest, msisdn=number)
    ok(revoke(rest, msisdn=number, channel="sms", reason=reason))
    (consent,) = rest.json(f"/consents?customer={customer}&purpose=marketing&channel=sms")["consents"]
    event = rest.history(consent["id"])[-1]["data"]
    assert (event["type"], event["reason"]) == ("revoked", reason)
    assert event["actor"] == {"kind": "service", "id": STAFF["service"]}
    assert number not in str(rest.sql("SELECT body FROM consentfeed.events ORDER BY seq DESC LIMIT 1"))


@pytest.mark.parametrize("known", [True, False])
def test_it_leaves_a_line_in_the_trail_with_those_who_were_found_but_not_the_number(rest: Rest, known: bool) -> None:
    number, purpose = new_number(), rest.purpose()
    customers = [granted(rest, msisdn=number) for _ in range(2)] if known else []
    ok(revoke(rest, msisdn=number, channel="sms", purpose=purpose))
    line = rest.json("/accesses?action=revoke-by-contact&limit=1", "admin")["accesses"][0]
    assert set(line["customers"]) == set(customers)
    assert line["filters"] == {"channel": "sms", "purpose": purpose}
    assert number not in str(line)


@pytest.mark.parametrize(
    "more",
    [
        {"msisdn": None},
        {"email": "a@example.com"},
        {"msisdn": "077ABC4567"},
        {"msisdn": "0771234567 / 0712345678"},
        {"msisdn": "12345"},
        {"msisdn": 771234567},
        {"msisdn": None, "email": "nobody"},
        {"channel": ...},
        {"channel": ""},
        {"channel": "fax"},
        {"channel": 7},
        {"purpose": "nothing"},
        {"purpose": 7},
        {"purpose": "a\x00b"},
    ],
)
def test_what_does_not_say_whose_and_which_is_422_and_nothing_is_revoked(rest: Rest, more: dict[str, Any]) -> None:
    number = new_number()
    granted(rest, msisdn=number)
    before = rest.written()
    body = {"msisdn": number, "channel": "sms"} | more
    problem(revoke(rest, **{name: value for name, value in body.items() if value is not ...}), "invalid")
    assert rest.written() == before


def test_what_it_does_not_need_is_left_out_and_the_answer_says_so(rest: Rest) -> None:
    number = new_number()
    customer = granted(rest, msisdn=number)
    body = {"msisdn": number, "channel": "sms", "surprise": 1, "reason": {"code": "a b", "text": "STOP"}}
    headers = {"If-Match": '"1"', "Content-Encoding": "gzip"}
    answer = rest.call("POST", "/revocations?x=1", "service", json=body, headers=headers)
    assert set(ok(answer, Revoked)["ignored"]) == {"x", "If-Match", "Content-Encoding", "surprise", "reason.code"}
    assert statuses(rest, customer)["marketing", "sms"] == "revoked"


def test_more_than_a_batch_has_the_number(rest: Rest) -> None:
    number = new_number()
    rest.sql(
        "SELECT consentfeed.register_customer(gen_random_uuid(), 'Many', NULL, %s, NULL) FROM generate_series(1, 600)",
        number,
    )
    ok(revoke(rest, msisdn=number, channel="sms", purpose="marketing"))
    left = rest.sql(
        "SELECT count(*) FROM consentfeed.consents JOIN consentfeed.customers AS who ON who.id = customer_id"
        " WHERE msisdn = %s AND purpose = 'marketing' AND channel = 'sms' AND status <> 'revoked'",
        number,
    )
    assert left == [(0,)]
    assert rest.database.verify() == []


def test_one_that_could_not_be_revoked_fails_the_request(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    number = new_number()
    granted(rest, msisdn=number)

    async def busy(_decisions: str) -> Any:
        raise Busy

    monkeypatch.setattr(rest.node.node.writer, "_record", busy)
    monkeypatch.setattr(rest.node.node.writer, "_busy_seconds", 0.0)
    problem(revoke(rest, msisdn=number, channel="sms"), "busy")


def test_where_the_line_cannot_be_written_it_is_said_to_be_repeated(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_lines: str) -> None:
        raise Problem("database-away")

    monkeypatch.setattr(rest.node.node.trail, "_record", fail)
    # Of a purpose of its own: a line that says the same as one of the last minute is not written again.
    problem(revoke(rest, msisdn=new_number(), channel="sms", purpose=rest.purpose()), "outcome-unknown")


def test_it_is_for_services_alone_and_counted_as_a_revocation(rest: Rest) -> None:
    for role in ("customer", "csr", "admin"):
        problem(revoke(rest, role, msisdn=new_number(), channel="sms"), "forbidden")
    limits = rest.get("/openapi.json", None).json()["paths"]["/api/v1/revocations"]["post"]
    assert re.search("service", limits["description"])
