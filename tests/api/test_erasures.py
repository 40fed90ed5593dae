"""Erasing over REST: nobody gets to see the person any more, on any way, and no memory of a node holds the person."""

import asyncio
import gc
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import astuple

from consentfeed.api.customers import KnownCustomer
from consentfeed.api.erasures import Erased
from consentfeed.api.events import EventPage
from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER, PASSWORD, STAFF
from tests.support.waiting import wait_until

REASON = {"reason": {"code": "customer-asked", "reference": "T-1"}}
CONTAINERS = (dict, list, tuple, set, frozenset, deque)
PLANTED = ("nimal", "customer@example.com", "94771234567", "what was said")


def erase(rest: Rest, customer: str, role: str = "admin", **options: Any) -> Any:
    return rest.call("POST", f"/customers/{customer}/erase", role, **{"json": REASON, **options})


def reachable(root: object) -> Iterator[str]:
    """All text that our own objects hold, by way of each other and of containers, in small letters."""
    seen: set[int] = set()
    queue = [root]
    while queue:
        thing = queue.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, str | bytes | bytearray):
            yield (thing if isinstance(thing, str) else bytes(thing).decode(errors="replace")).lower()
        elif isinstance(thing, asyncio.Task):
            queue += [thing.result()] if thing.done() and not thing.cancelled() and not thing.exception() else []
        elif isinstance(thing, CONTAINERS) or type(thing).__module__.startswith("consentfeed"):
            # The collector does not see into structs that it need not look at, as events are.
            queue += astuple(thing) if isinstance(thing, Struct) else gc.get_referents(thing)


def held(node: RunningNode) -> set[str]:
    """Which of the planted words the node's memory holds."""
    parts = (node.node.feed, node.node.replay, node.node.streams, node.node.sessions, node.node.writer, node.node.trail)
    texts = [text for part in parts for text in reachable(part)]
    return {planted for planted in PLANTED if any(planted in text for text in texts)}


def holds_nothing(node: RunningNode) -> bool:
    return not held(node)


def test_an_erased_customer_is_null_everywhere(rest: Rest) -> None:
    consent = rest.consent()
    customer = rest.owner(consent)
    ok(rest.decide("grant", consent))
    answer = ok(erase(rest, customer), Erased)
    assert answer["customer"]["id"] == customer
    known = ok(rest.get(f"/customers/{customer}"), KnownCustomer)
    assert [known[name] for name in ("name", "email", "msisdn")] == [None, None, None]
    assert known["erased_at"] == answer["customer"]["erased_at"]
    events = rest.json(f"/customers/{customer}/history")["events"]
    assert [event["event"] for event in events] == ["customer-erased", "consent-updated", "consent-updated"]
    assert events[0]["id"] == answer["event"]["id"]
    assert {event["data"]["user"]["email"] for event in events} == {None}
    data = events[0]["data"]
    assert (data["actor"], data["method"]) == ({"kind": "admin", "id": STAFF["admin"]}, "rest")
    assert data["reason"] == {"code": "customer-asked", "text": None, "reference": "T-1"}
    assert rest.history(consent)[-1]["data"]["reason"]["code"] == "erasure"
    page = ok(rest.get(f"/events?kind=customer-erased&customer={customer}&after=0-00000000"), EventPage)
    assert [event["id"] for event in page["events"]] == [answer["event"]["id"]]
    assert customer not in {one["id"] for one in rest.json("/customers?limit=1000")["customers"]}


def test_erasing_again_answers_the_same_without_an_event(rest: Rest) -> None:
    customer = rest.customer()
    first = ok(erase(rest, customer))
    before = rest.written()
    assert ok(erase(rest, customer), Erased) == {"customer": first["customer"], "event": None}
    assert rest.written() == before


def test_who_was_erased_grants_nothing_revokes_and_is_not_registered_again(rest: Rest) -> None:
    consent = rest.consent()
    customer = rest.owner(consent)
    ok(erase(rest, customer))
    for role in ("service", "csr", "admin"):
        problem(rest.decide("grant", consent, role), "erased")
        assert ok(rest.decide("revoke", consent, role))["consent"]["status"] == "revoked"
    problem(rest.call("PUT", f"/customers/{customer}", "service", json={"name": "Back Again"}), "erased")
    decision = {"action": "grant", "consent_id": consent}
    outcome = ok(rest.call("POST", "/decisions", "service", json={"decisions": [decision]}))["outcomes"][0]
    assert outcome["problem"]["type"] == "/problems/erased"


@pytest.mark.parametrize("body", [{}, {"reason": None}, {"reason": {}}, {"reason": {"code": ""}}, {"why": "x"}])
def test_without_a_reasons_code_nobody_is_erased(rest: Rest, body: dict[str, Any]) -> None:
    customer, before = rest.customer(), None
    before = rest.written()
    assert erase(rest, customer, json=body).status_code == 422
    assert rest.written() == before


def test_admins_alone_erase(rest: Rest) -> None:
    customer = rest.customer()
    for role in ("csr", "service", "customer"):
        problem(erase(rest, customer, role), "forbidden")
    problem(erase(rest, "a0000000-0000-4000-8000-00000000dead"), "not-found")
    problem(erase(rest, "nobody"), "not-found")


def test_all_nodes_forget_and_the_customers_own_streams_end(start_node: Any, database: Sql) -> None:
    nodes = [start_node(), start_node()]
    staff = [node.tail("csr", after="0-00000000", query="?kind=all") for node in nodes]
    own = [node.tail("customer", subject=CUSTOMER) for node in nodes]
    consent = database.consents()[0]
    with nodes[0].client("csr") as csr, nodes[0].client("admin") as admin, nodes[1].client() as person:
        signed_in = person.post("/api/v1/auth/login", json={"email": "customer@example.com", "password": PASSWORD})
        assert signed_in.status_code == 200
        note = {"reason": {"code": "phone-call", "text": "what was said"}, "notice_version": 1}
        assert csr.post(f"/api/v1/consents/{consent}/grant", json=note).status_code == 200
        assert csr.get("/api/v1/consents", params={"q": "nimal"}).json()["consents"]
        for tail in staff:
            tail.wait(lambda t: len(t.events) == 1)
            assert tail.events[0].data["user"]["email"] == "customer@example.com"
        for node in nodes:
            assert held(node) >= {"customer@example.com", "what was said"}
        answer = admin.post(f"/api/v1/customers/{CUSTOMER}/erase", json=REASON)
        assert answer.status_code == 200, answer.text
        for tail in staff:
            tail.wait(lambda t: [event.event for event in t.events][1:] == ["consent-updated", "customer-erased"])
        for tail in own:
            assert tail.wait_event("goodbye").data == {"reason": "signed-out"}
        for node in nodes:
            wait_until(partial(holds_nothing, node), 5, what="the node has forgotten")
        assert person.get("/api/v1/auth/me").status_code == 401
        own_token = nodes[1].client("customer", CUSTOMER)
        assert own_token.get("/api/v1/customer/consents").status_code == 401
    replayed = nodes[1].tail("csr", after="0-00000000", query="?kind=all")
    replayed.wait(lambda t: len(t.events) == 3)
    assert {event.data["user"]["email"] for event in replayed.events} == {None}
    assert replayed.events[0].data["reason"]["text"] is None
    assert database.verify() == []
