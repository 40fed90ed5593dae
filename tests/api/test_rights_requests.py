"""Rights requests over REST: written down, listed, moved through their statuses, as events, and by whom."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from dateutil.relativedelta import relativedelta

from consentfeed.api.customer_history import HistoryPage
from consentfeed.api.rights_shapes import (
    ChangedRightsRequest,
    RightsHistory,
    RightsPage,
    WholeRightsRequest,
)
from consentfeed.log.event import rfc3339
from tests.support.rest import Rest, ok, problem
from tests.support.seed import STAFF
from tests.support.tail import Tail

PATH = "/rights-requests"
REASON = {"reason": {"code": "letter", "text": "of Monday", "reference": "T-7"}}
STATUSES = (
    "received", "acknowledged", "in-progress", "waiting-for-customer", "extended", "fulfilled", "refused", "cancelled",
)  # fmt: skip
# What each action says at least.
SAID: dict[str, dict[str, Any]] = {
    "acknowledge": {}, "assign": {}, "start": {}, "ask": {"text": "Which number?"}, "resume": {"text": "077"},
    "extend": REASON, "fulfil": {}, "refuse": REASON, "cancel": {},
}  # fmt: skip
# How a new request comes to a status.
WAYS: dict[str, tuple[str, ...]] = {
    "received": (), "acknowledged": ("acknowledge",), "in-progress": ("start",), "waiting-for-customer": ("ask",),
    "extended": ("extend",), "fulfilled": ("fulfil",), "refused": ("refuse",), "cancelled": ("cancel",),
}  # fmt: skip


def asked(rest: Rest, customer: str | None = None, kind: str = "access", **body: Any) -> Any:
    """A new request of a customer's own."""
    customer = customer or rest.customer()
    answer = rest.call("POST", PATH, "customer", customer, json={"kind": kind, **body})
    assert answer.status_code == 201
    return ok(answer, ChangedRightsRequest)["request"]


def act(rest: Rest, request: str, action: str, role: str = "csr", **options: Any) -> httpx.Response:
    options.setdefault("json", SAID.get(action, {}))
    return rest.call("POST", f"{PATH}/{request}/{action}", role, **options)


def test_a_customer_asks_and_sees_the_own_requests_alone(rest: Rest) -> None:
    mine, other = rest.customer(), rest.customer()
    request, others = asked(rest, mine, text="All that you have of me"), asked(rest, other)
    assert (request["status"], request["version"], request["came_by"]) == ("received", 1, "self-service")
    one = rest.get(f"{PATH}/{request['id']}", "customer", subject=mine)
    whole = ok(one, WholeRightsRequest)
    assert one.headers["etag"] == '"1"'
    assert [(text["part"], text["by"], text["text"]) for text in whole["texts"]] == [
        ("request", "customer", "All that you have of me")
    ]
    answer = rest.get(PATH, "customer", subject=mine)
    assert [one["id"] for one in ok(answer, RightsPage)["requests"]] == [request["id"]]
    # The place moves with the own events alone, and a stream after it misses nothing.
    asked(rest, other)
    place = answer.headers["consentfeed-position"]
    assert rest.get(PATH, "customer", subject=mine).headers["consentfeed-position"] == place
    assert rest.json(f"/events?kind=all&after={place}", "customer", subject=mine)["events"] == []
    for path in (f"{PATH}/{others['id']}", f"{PATH}/{others['id']}/history"):
        problem(rest.get(path, "customer", subject=mine), "not-found")
        problem(rest.get(path, "service"), "forbidden")
    problem(act(rest, others["id"], "cancel", "customer", subject=mine), "not-found")
    problem(rest.get(f"{PATH}?customer_id={other}", "customer", subject=mine), "forbidden")
    body = {"kind": "access", "customer_id": other}
    problem(rest.call("POST", PATH, "customer", mine, json=body), "forbidden")
    for action in SAID.keys() - {"cancel"}:
        problem(act(rest, request["id"], action, "customer", subject=mine), "forbidden")
    act(rest, request["id"], "ask")
    said = {"text": "077"}
    problem(act(rest, request["id"], "answer", json=said), "forbidden")
    problem(act(rest, others["id"], "answer", "customer", subject=mine, json=said), "not-found")
    problem(act(rest, request["id"], "answer", "customer", subject=mine, json={}), "invalid")
    resumed = ok(act(rest, request["id"], "answer", "customer", subject=mine, json=said))["request"]
    assert (resumed["status"], resumed["action"], resumed["waiting_since"]) == ("in-progress", "resume", None)
    answer = ok(rest.get(f"{PATH}/{request['id']}", "customer", subject=mine))["texts"][-1]
    assert (answer["part"], answer["by"], answer["text"]) == ("answer", "customer", "077")
    assert ok(act(rest, request["id"], "cancel", "customer", subject=mine))["request"]["status"] == "cancelled"


def test_staff_ask_on_a_customers_behalf_and_say_why_and_since_when(rest: Rest) -> None:
    customer = rest.customer()
    body: dict[str, Any] = {"kind": "rectification", "customer_id": customer, "text": "my name is written wrongly"}
    problem(rest.call("POST", PATH, "csr", json=body), "reason-required")
    problem(rest.call("POST", PATH, "csr", json={"kind": "access", **REASON}), "invalid")
    for at in (datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(days=400)):
        problem(rest.call("POST", PATH, "csr", json={**body, **REASON, "received_at": at.isoformat()}), "invalid")
    evening = (datetime.now(UTC) - timedelta(days=20)).replace(hour=20, minute=0, second=0, microsecond=0)
    body |= {**REASON, "received_at": evening.isoformat()}  # the next day already, in Colombo
    day = evening.date() + timedelta(days=1)
    answer = ok(rest.call("POST", PATH, "csr", json=body), ChangedRightsRequest)
    request = answer["request"]
    assert (request["came_by"], request["received_at"]) == ("letter", rfc3339(evening))
    counted = request["due_because"]["steps"][0]
    assert (counted["step"], counted["amount"], counted["unit"]) == ("counted", 1, "months")
    assert (counted["from"], counted["to"]) == (str(day), str(day + relativedelta(months=1)))
    midnight = datetime.fromisoformat(request["due_at"]).astimezone(ZoneInfo("Asia/Colombo"))
    assert midnight.time() == time(0)
    assert str(midnight.date() - timedelta(days=1)) == request["due_because"]["last_day"]
    (event,) = ok(rest.get(f"{PATH}/{request['id']}/history"), RightsHistory)["events"]
    assert event["id"] == answer["event"]["id"]
    assert event["data"]["reason"] == {"code": "letter", "text": "of Monday", "reference": "T-7"}
    problem(rest.call("POST", PATH, "csr", json={**body, "customer_id": STAFF["csr"]}), "not-found")


def test_what_is_done_shows_in_streams_histories_and_the_log_without_any_text(rest: Rest) -> None:
    customer = rest.customer()
    tail: Tail = rest.node.tail("csr", query=f"?kind=rights-request-updated&customer={customer}")
    own: Tail = rest.node.tail("customer", subject=customer, query="?kind=all")
    request = asked(rest, customer, text="a secret wish")
    ok(act(rest, request["id"], "assign"), ChangedRightsRequest)
    ok(act(rest, request["id"], "ask"), ChangedRightsRequest)
    ok(act(rest, request["id"], "refuse"), ChangedRightsRequest)
    for stream in (tail, own):
        stream.wait(lambda t: len(t.events) == 4)
        assert [one.data["request"]["action"] for one in stream.events] == ["receive", "assign", "ask", "refuse"]
        assert [one.data["request"]["version"] for one in stream.events] == [1, 2, 3, 4]
    assert tail.events[1].data["request"]["assigned_to"] == STAFF["csr"]
    history = ok(rest.get(f"/customers/{customer}/history"), HistoryPage)["events"]
    assert [one["id"] for one in reversed(history)] == [event.id for event in tail.events]
    texts = ok(rest.get(f"{PATH}/{request['id']}"), WholeRightsRequest)["texts"]
    assert [(one["version"], one["part"]) for one in texts] == [(1, "request"), (3, "question"), (4, "reason")]
    bodies = rest.sql("SELECT string_agg(body, '') FROM consentfeed.events WHERE customer_id = %s", customer)[0][0]
    assert not [text for text in ("a secret wish", "Which number?", "of Monday") if text in bodies]
    assert rest.sql("SELECT * FROM consentfeed.verify_log()") == []


@pytest.mark.parametrize("status", STATUSES)
def test_what_may_be_done_in_a_status_is_what_the_table_says(rest: Rest, status: str) -> None:
    rows = rest.sql("SELECT action, to_status FROM consentfeed.rights_transitions WHERE from_status = %s", status)
    allowed = dict(rows)
    for action, said in SAID.items():
        request = asked(rest)["id"]
        for step in WAYS[status]:
            ok(act(rest, request, step))
        answer = act(rest, request, action, json=said)
        if action == "extend" and status == "extended":
            problem(answer, "wrong-status")
        elif action in allowed:
            assert ok(answer, ChangedRightsRequest)["request"]["status"] == allowed[action]
        else:
            before = rest.written()
            problem(act(rest, request, action, json=said), "wrong-status")
            assert rest.written() == before
    # Nor by hand: to whatever status no action leads.
    request = asked(rest)["id"]
    for step in WAYS[status]:
        ok(act(rest, request, step))
    for to in STATUSES:
        if to != status and to not in allowed.values():
            with pytest.raises(Exception, match="request R-"):
                rest.sql("UPDATE consentfeed.rights_requests SET status = %s WHERE id = %s", to, request)


def test_of_two_at_one_request_the_second_is_told(rest: Rest) -> None:
    request = asked(rest)["id"]
    headers = {"If-Match": '"1"'}
    answers = rest.at_once(6, lambda: act(rest, request, "assign", json={}, headers=headers))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    problem(act(rest, request, "start", headers={"If-Match": '"1"'}), "stale")
    ok(act(rest, request, "start", headers={"If-Match": '"2"'}))
    # Again the same: nothing happens, and no event is made.
    assert ok(act(rest, request, "assign"), ChangedRightsRequest)["event"] is None
    for nobody in (rest.customer(), STAFF["service"]):
        problem(act(rest, request, "assign", json={"assigned_to": nobody}), "no-such-assignee")
    assigned = ok(act(rest, request, "assign", "admin", json={"assigned_to": None}))["request"]
    assert assigned["assigned_to"] is None


def test_the_same_key_gets_the_same_answer(rest: Rest) -> None:
    customer, key = rest.customer(), {"Idempotency-Key": "k-1"}
    body = {"kind": "objection", "text": "no"}
    answers = rest.at_once(5, lambda: rest.call("POST", PATH, "customer", customer, json=body, headers=key))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    other = {"kind": "access", "text": "no"}
    problem(rest.call("POST", PATH, "customer", customer, json=other, headers=key), "key-reused")
    request = answers[0].json()["request"]["id"]
    texts = {act(rest, request, "acknowledge", headers={"Idempotency-Key": "k-2"}).text for _ in range(2)}
    assert len(texts) == 1
    problem(act(rest, request, "acknowledge", headers={"Idempotency-Key": "k-3"}), "wrong-status")
    problem(act(rest, request, "acknowledge", headers={"Idempotency-Key": "k-3"}), "wrong-status")
