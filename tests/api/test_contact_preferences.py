"""Contact preferences over REST, as an event, and as what a check says of contact."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consentfeed.api.checks import CheckAnswers
from consentfeed.api.contact_preferences import ContactPreferences
from consentfeed.api.customer_history import HistoryPage
from tests.support.rest import Rest, ok, problem
from tests.support.tail import Tail

OWN = "/customer/contact-preferences"
ALWAYS = {"from": "00:00", "to": "23:59", "zone": "Asia/Colombo"}
REASON = {"reason": {"code": "phone-call", "text": "rang", "reference": "T-7"}}


def path(customer: str) -> str:
    return f"/customers/{customer}/contact-preferences"


def check(rest: Rest, customer: str, **options: Any) -> Any:
    body = {"checks": [{"customer_id": customer, "purpose": "marketing", "channel": "sms"}], **options}
    return ok(rest.call("POST", "/checks", "service", json=body), CheckAnswers)["answers"][0]["contact"]


def later(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


def test_a_customer_reads_and_saves_the_own_ones(rest: Rest) -> None:
    customer = rest.customer()
    first = ok(rest.get(OWN, "customer", subject=customer), ContactPreferences)
    assert first == {"language": "en", "quiet_hours": None, "paused_until": None, "version": 0}
    wanted = {"quiet_hours": {"from": "21:00", "to": "08:00", "zone": "Asia/Colombo"}, "language": "si_LK"}
    answer = rest.call("PUT", OWN, "customer", customer, json=wanted)
    assert ok(answer, ContactPreferences) == {**first, **wanted, "language": "si-LK", "version": 1}
    assert answer.headers["etag"] == '"1"'
    # What is left out stays, null takes away, and what was read may be sent back.
    saved = ok(rest.call("PUT", OWN, "customer", customer, json={"paused_until": "2033-01-01T00:00:00Z"}))
    assert saved["quiet_hours"] == wanted["quiet_hours"]
    assert saved["paused_until"] == "2033-01-01T00:00:00.000000Z"
    saved["quiet_hours"] = None
    assert ok(rest.call("PUT", OWN, "customer", customer, json=saved))["quiet_hours"] is None
    assert rest.json(f"/customers/{customer}")["language"] == "si-LK"


def test_a_change_is_an_event_that_names_what_changed(rest: Rest) -> None:
    customer = rest.customer()
    ok(rest.call("PUT", path(customer), "csr", json={"quiet_hours": ALWAYS, **REASON}))
    ok(rest.call("PUT", path(customer), "csr", json={"quiet_hours": ALWAYS, **REASON}))
    history = ok(rest.get(f"/customers/{customer}/history"), HistoryPage)["events"]
    (event,) = [one for one in history if one["event"] == "preferences-updated"]
    data = event["data"]
    assert data["preferences"] == {"customer_id": customer, "version": 1, "changed": ["quiet_hours"]}
    assert data["actor"]["kind"] == "csr"
    assert data["reason"] == {"code": "phone-call", "text": "rang", "reference": "T-7"}
    assert data["method"] == "rest"
    page = rest.json(f"/events?kind=preferences-updated&customer={customer}&after=0-00000000")["events"]
    assert [one["id"] for one in page] == [event["id"]]
    assert rest.json(f"/events?customer={customer}&after=0-00000000")["events"] == []
    assert rest.sql("SELECT * FROM consentfeed.verify_log()") == []


def test_it_is_on_a_customers_own_stream_at_once(rest: Rest) -> None:
    customer = rest.customer()
    tail: Tail = rest.node.tail("customer", subject=customer, query="?kind=preferences-updated")
    ok(rest.call("PUT", OWN, "customer", customer, json={"quiet_hours": ALWAYS}))
    tail.wait(lambda t: [event.event for event in t.events] == ["preferences-updated"])
    assert tail.events[0].data["actor"]["kind"] == "customer"


def test_nobody_is_contacted_in_quiet_hours_or_a_pause_whatever_was_granted(rest: Rest) -> None:
    customer = rest.customer()
    assert check(rest, customer) == {"now": True, "until": None}
    ok(rest.call("PUT", OWN, "customer", customer, json={"paused_until": later(hours=2)}))
    paused = check(rest, customer)
    assert paused["now"] is False
    assert timedelta(hours=1) < datetime.fromisoformat(paused["until"]) - datetime.now(UTC) <= timedelta(hours=2)
    ok(rest.call("PUT", OWN, "customer", customer, json={"paused_until": None, "quiet_hours": ALWAYS}))
    assert check(rest, customer, at=datetime.now(UTC).isoformat())["now"] is False


def test_of_two_who_share_a_number_the_one_who_is_paused_counts(rest: Rest) -> None:
    number = "+94770004711"
    customers = [rest.customer(), rest.customer()]
    for customer in customers:
        ok(rest.call("PUT", f"/customers/{customer}", "service", json={"name": "One of Two", "msisdn": number}))
    ok(rest.call("PUT", OWN, "customer", customers[0], json={"paused_until": later(hours=2)}))
    body = {"checks": [{"msisdn": number, "purpose": "marketing", "channel": "sms"}]}
    answer = rest.call("POST", "/checks", "service", json=body).json()["answers"][0]
    assert (answer["customers"], answer["contact"]["now"]) == (2, False)


def test_two_who_change_them_at_once_do_not_overwrite_each_other(rest: Rest) -> None:
    customer = rest.customer()
    ok(rest.call("PUT", OWN, "customer", customer, json={"paused_until": later(days=1)}))
    stale = {"quiet_hours": ALWAYS, "version": 0}
    problem(rest.call("PUT", OWN, "customer", customer, json=stale), "stale")
    tag = {"If-Match": '"0"'}
    problem(rest.call("PUT", OWN, "customer", customer, json={"quiet_hours": ALWAYS}, headers=tag), "stale")
    tag = {"If-Match": '"1"'}
    ok(rest.call("PUT", OWN, "customer", customer, json={"quiet_hours": ALWAYS}, headers=tag))
    # Each changes another member of the same, without a condition: both are there.
    answers = rest.at_once(8, lambda: rest.call("PUT", path(customer), "service", json={"paused_until": later(days=2)}))
    assert {answer.status_code for answer in answers} == {200}
    assert rest.json(path(customer))["quiet_hours"] == ALWAYS


@pytest.mark.parametrize(
    "body",
    [
        {"quiet_hours": {"from": "24:00", "to": "08:00", "zone": "Asia/Colombo"}},
        {"quiet_hours": {"from": "21:00", "to": "8:00", "zone": "Asia/Colombo"}},
        {"quiet_hours": {"from": "21:00", "to": "21:00", "zone": "Asia/Colombo"}},
        {"quiet_hours": {"from": "21:00", "to": "08:00", "zone": "Mars/Olympus"}},
        {"quiet_hours": {"from": "21:00", "to": "08:00", "zone": "../../etc/passwd"}},
        {"quiet_hours": {"from": "21:00", "to": "08:00", "zone": ""}},
        {"quiet_hours": {"from": "21:00", "to": "08:00"}},
        {"quiet_hours": []},
        {"paused_until": "2033-01-01T00:00:00"},
        {"paused_until": "tomorrow"},
        {"language": "e"},
        {"language": None},
        {"version": -1},
        {"version": True},
        {"pause": 1},
    ],
)
def test_what_cannot_be_understood_is_refused_and_nothing_written(rest: Rest, body: dict[str, Any]) -> None:
    customer = rest.customer()
    before = rest.written()
    problem(rest.call("PUT", OWN, "customer", customer, json=body), "invalid")
    assert rest.written() == before


def test_staff_say_why_and_services_need_not(rest: Rest) -> None:
    customer = rest.customer()
    for role in ("csr", "admin"):
        problem(rest.call("PUT", path(customer), role, json={"quiet_hours": ALWAYS}), "invalid")
        ok(rest.call("PUT", path(customer), role, json={"quiet_hours": ALWAYS, **REASON}))
    ok(rest.call("PUT", path(customer), "service", json={"quiet_hours": None}))
    problem(rest.call("PUT", OWN, "csr", json={}), "forbidden")
    problem(rest.call("PUT", path(customer), "customer", customer, json={}), "forbidden")
    nobody = "a0000000-0000-4000-8000-00000000dead"
    for role in ("csr", "admin", "service"):
        problem(rest.get(path(nobody), role), "not-found")
        problem(rest.call("PUT", path(nobody), role, json={"quiet_hours": None, **REASON}), "not-found")


def test_an_erasure_empties_them(rest: Rest) -> None:
    customer = rest.customer()
    ok(rest.call("PUT", OWN, "customer", customer, json={"quiet_hours": ALWAYS, "paused_until": later(days=9)}))
    ok(rest.call("POST", f"/customers/{customer}/erase", "admin", json={"reason": {"code": "customer-asked"}}))
    kept = rest.json(path(customer))
    assert (kept["quiet_hours"], kept["paused_until"]) == (None, None)
    problem(rest.call("PUT", path(customer), "service", json={"quiet_hours": ALWAYS}), "erased")
