"""The feed as JSON pages: the same events, the same order, the same ids."""

import httpx
import pytest

from consentfeed.api.events import EventPage
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.rest import ok
from tests.support.seed import CUSTOMER, OTHER


def _fill(database: Sql, turns: int = 3) -> int:
    for turn in range(turns):
        for consent in database.consents() + database.consents(OTHER):
            database.set(consent, "granted" if turn % 2 == 0 else "revoked")
    return database.head()


@pytest.mark.parametrize(("role", "limit"), [("csr", 5), ("service", 1000), ("customer", 2)])
@pytest.mark.parametrize("memory", [1, 1000])
def test_pages_and_stream_show_the_same_events_in_the_same_order_with_the_same_ids(
    start_node: StartNode, database: Sql, role: str, limit: int, memory: int
) -> None:
    total = _fill(database)
    node = start_node(memory_events=memory)
    tail = node.tail(role, after="0-00000000")
    tail.wait(lambda t: len(t.events) == (total // 2 if role == "customer" else total))
    found, place, more = [], "0-00000000", True
    with node.client(role) as client:
        while more:
            answer = client.get("/api/v1/events", params={"after": place, "limit": limit})
            assert answer.headers["content-type"] == "application/json"
            page = answer.json()
            assert len(page["events"]) <= limit
            found += page["events"]
            place, more = page["next"], page["more"]
    assert [(e["id"], e["event"], e["data"]) for e in found] == [(b.id, b.event, b.data) for b in tail.events]
    assert place == tail.events[-1].id


def _kinds(client: httpx.Client, *kinds: str, **more: str) -> list[str]:
    parameters = {"after": "0-00000000", "kind": list(kinds), **more}
    return [event["event"] for event in ok(client.get("/api/v1/events", params=parameters), EventPage)["events"]]


def test_other_kinds_of_events_are_shown_to_who_asks_for_them(node: RunningNode, database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    database.run("UPDATE consentfeed.customers SET name = 'Other Name' WHERE id = %s", CUSTOMER)
    database.run("UPDATE consentfeed.customers SET name = 'Another' WHERE id = %s", OTHER)
    consent, customer = "consent-updated", "customer-updated"
    with node.client("csr") as client:
        assert _kinds(client) == [consent]
        assert _kinds(client, customer) == [customer, customer]
        assert _kinds(client, consent, customer) == _kinds(client, "all") == [consent, customer, customer]
        assert _kinds(client, "all", customer=CUSTOMER) == [consent, customer]
        for name, value in (("purpose", "marketing"), ("channel", "sms"), ("type", "granted")):
            assert set(_kinds(client, "all", **{name: value})) <= {consent}
        answer = client.get("/api/v1/events", params={"kind": "nothing"})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    with node.client("customer") as client:
        assert _kinds(client) == [consent]
        assert _kinds(client, "all") == [consent, customer]


@pytest.mark.parametrize("role", ["csr", "customer"])
def test_a_stream_of_all_kinds_and_one_of_consents_agree_with_the_pages(
    node: RunningNode, database: Sql, role: str
) -> None:
    tails = {query: node.tail(role, after="0-00000000", query=query) for query in ("", "?kind=all")}
    for number in range(3):
        database.set(database.consents()[0], "granted" if number % 2 == 0 else "revoked")
        database.run("UPDATE consentfeed.customers SET name = %s WHERE id = %s", f"Name {number}", CUSTOMER)
    tails["?kind=all"].wait(lambda t: len(t.events) == 6)
    tails[""].wait(lambda t: len(t.events) == 3)
    with node.client(role) as client:
        for query, tail in tails.items():
            page = client.get(f"/api/v1/events{query}", headers={"Last-Event-ID": "0-00000000"}).json()
            assert [(e["id"], e["event"], e["data"]) for e in page["events"]] == [
                (block.id, block.event, block.data) for block in tail.events
            ]


def test_a_page_without_a_place_is_now(node: RunningNode, database: Sql) -> None:
    _fill(database)
    with node.client("csr") as client:
        assert client.get("/api/v1/events").json() == {"events": [], "next": database.head_id(), "more": False}


def test_a_page_shows_what_was_written_before_it_was_asked_for(node: RunningNode, database: Sql) -> None:
    consents = database.consents()
    with node.client("csr") as reader, node.client("service") as writer:
        place = "0-00000000"
        for turn in range(10):
            action = "grant" if turn % 2 == 0 else "revoke"
            written = writer.post(f"/api/v1/customer/consents/{consents[0]}/{action}").json()["event"]["id"]
            page = reader.get("/api/v1/events", params={"after": place}).json()
            assert [event["id"] for event in page["events"]] == [written]
            place = page["next"]
            assert place == written


def test_a_filtered_page_moves_on_past_what_is_not_for_it(node: RunningNode, database: Sql) -> None:
    _fill(database, 1)
    with node.client("csr") as client:
        page = client.get(f"/api/v1/events?after=0-00000000&customer={OTHER}&type=revoked").json()
        assert page == {"events": [], "next": database.head_id(), "more": False}
        some = client.get(f"/api/v1/events?after=0-00000000&customer={OTHER}&limit=3").json()
        assert some["more"] is True
        assert some["next"] == some["events"][-1]["id"]
        rest = client.get(f"/api/v1/events?after={some['next']}&customer={OTHER}").json()
        assert (len(rest["events"]), rest["more"]) == (1, False)


def test_a_customers_place_moves_with_own_events_alone(node: RunningNode, database: Sql) -> None:
    with node.client("customer") as client:
        before = client.get("/api/v1/events").json()["next"]
        listed = client.get("/api/v1/customer/consents").headers["consentfeed-position"]
        for consent in database.consents(OTHER):
            database.set(consent, "granted")
        assert client.get("/api/v1/events").json()["next"] == before == listed
        assert client.get("/api/v1/events", params={"after": before}).json() == {
            "events": [],
            "next": before,
            "more": False,
        }
        database.set(database.consents()[0], "granted")
        after = client.get("/api/v1/events", params={"after": before}).json()
        assert len(after["events"]) == 1
        assert after["next"] == after["events"][0]["id"] != before


@pytest.mark.parametrize(
    ("asked", "reason"), [("nonsense", "unknown"), ("77-00000000", "unknown"), ("1-00000000", "forked")]
)
def test_a_lost_place_is_410_with_its_reason(node: RunningNode, database: Sql, asked: str, reason: str) -> None:
    _fill(database, 1)
    with node.client("csr") as client:
        answer = client.get("/api/v1/events", headers={"Last-Event-ID": asked})
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == reason


def test_the_position_of_a_list_and_the_events_after_it_are_all_there_is(node: RunningNode, database: Sql) -> None:
    _fill(database, 1)
    with node.client("csr") as client:
        listed = client.get("/api/v1/consents", params={"customer": CUSTOMER})
        held = {consent["id"]: consent for consent in listed.json()["consents"]}
        for consent in list(held)[:2]:
            database.set(consent, "revoked")
        place = listed.headers["consentfeed-position"]
        for event in client.get("/api/v1/events", params={"after": place}).json()["events"]:
            consent = event["data"]["consent"]
            if consent["version"] > held[consent["id"]]["version"]:
                held[consent["id"]] |= consent
        now = client.get("/api/v1/consents", params={"customer": CUSTOMER}).json()["consents"]
    assert held == {consent["id"]: consent for consent in now}


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        (["text/event-stream"], True),
        (["TEXT/EVENT-STREAM"], True),
        (["text/event-stream;q=0"], False),
        (["text/event-stream;q=0.4, application/json;q=0.5"], False),
        (["application/json;q=0.4, text/event-stream;q=0.5"], True),
        (["application/json", "text/event-stream"], True),
        (["*/*"], False),
        (["application/xml"], False),
        ([], False),
    ],
)
def test_it_is_a_stream_for_who_names_it_and_likes_it_no_less(
    node: RunningNode, accept: list[str], streams: bool
) -> None:
    with node.client("csr") as client:
        del client.headers["accept"]  # httpx sends one of its own
        head = client.head("/api/v1/events", headers=[("Accept", value) for value in accept])
    assert head.headers["content-type"].startswith("text/event-stream") == streams
    assert head.status_code == 200
