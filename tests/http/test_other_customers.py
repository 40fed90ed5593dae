"""A customer learns nothing of another's: not what, not whether, not how much, not when."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed.feed.filter import Filter
from consentfeed.log.ids import SealedIds
from consentfeed.log.position import Position
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER, OTHER
from tests.support.tokens import SECRET, bearer

OWN, ALL, EVENTS = "/api/v1/customer/consents", "/api/v1/consents", "/api/v1/events"
MISSING = str(uuid4())
# Every route that names a consent and is open to customers.
OF_A_CONSENT = [
    ("GET", ALL + "/{}"),
    ("HEAD", ALL + "/{}"),
    ("GET", ALL + "/{}/history"),
    ("POST", OWN + "/{}/grant"),
    ("POST", OWN + "/{}/revoke"),
]
BEGINNING = "0-00000000"


def busy(database: Sql, turns: int = 3) -> None:
    """Much happens to another customer."""
    for turn in range(turns):
        for consent in database.consents(OTHER):
            database.set(consent, "revoked" if turn % 2 else "granted")


def told(answer: httpx.Response) -> tuple[Any, ...]:
    """All that an answer says, but the time of day."""
    return (
        answer.status_code,
        answer.content,
        sorted(item for item in answer.headers.multi_items() if item[0] != "date"),
    )


@pytest.mark.parametrize(("method", "path"), OF_A_CONSENT)
@pytest.mark.parametrize(
    "headers",
    [{}, {"If-Match": '"999"'}, {"If-None-Match": '"0"'}, {"Idempotency-Key": "key"}],
    ids=lambda h: "".join(h),
)
@pytest.mark.parametrize("body", ["{}", '{"notice_version":99}', '{"language":"xx"}'])
def test_anothers_consent_is_as_one_that_there_is_not(
    rest: Rest, method: str, path: str, headers: dict[str, str], body: str
) -> None:
    with rest.node.client("customer") as client:
        content = body if method == "POST" else None
        foreign, missing = (
            client.request(method, path.format(consent), headers=headers, content=content)
            for consent in (rest.database.consents(OTHER)[0], MISSING)
        )
    # A condition that a grant does not look at is refused before anything is looked for.
    unheard = "If-None-Match" in headers and path.endswith("/grant")
    assert foreign.status_code == (422 if unheard else 404)
    assert told(foreign) == told(missing)


def test_anothers_consent_that_is_held_or_changed_is_still_as_none(rest: Rest) -> None:
    consent = rest.database.consents(OTHER)[0]
    with rest.database.connect() as holder, rest.node.client("customer") as client:
        missing = told(client.post(f"{OWN}/{MISSING}/grant"))
        holder.execute("UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", (consent,))
        assert told(client.post(f"{OWN}/{consent}/grant")) == missing  # not: busy
        holder.commit()
        assert told(client.post(f"{OWN}/{consent}/grant")) == missing


def test_an_idempotency_key_of_another_is_not_known(rest: Rest) -> None:
    mine, theirs = rest.database.consents(CUSTOMER)[0], rest.database.consents(OTHER)[0]
    key = {"Idempotency-Key": "the-same"}
    with rest.node.client("customer") as me, rest.node.client("customer", OTHER) as other:
        ok(other.post(f"{OWN}/{theirs}/grant", headers=key))
        answer = ok(me.post(f"{OWN}/{mine}/grant", headers=key))
        assert answer["consent"]["id"] == mine
        problem(me.post(f"{OWN}/{theirs}/grant", headers={"Idempotency-Key": "another"}), "not-found")


def test_what_is_for_staff_is_refused_alike_for_whatever_id(rest: Rest) -> None:
    with rest.node.client("customer") as client:
        for path in ("/api/v1/customers/{}", "/api/v1/customers?q={}", "/api/v1/consents?customer={}"):
            foreign, missing = (client.get(path.format(one)) for one in (OTHER, MISSING))
            problem(foreign, "forbidden")
            assert told(foreign) == told(missing)


def test_no_filter_shows_anothers_events(node: RunningNode, database: Sql) -> None:
    busy(database)
    database.set(database.consents()[0], "granted")
    with node.client("customer") as client:
        for query in (f"customer={OTHER}", f"customer={OTHER}&customer={MISSING}"):
            page = ok(client.get(f"{EVENTS}?after={BEGINNING}&{query}"))
            assert page["events"] == []
            assert page == ok(client.get(f"{EVENTS}?after={BEGINNING}&customer={MISSING}"))
        both = ok(client.get(f"{EVENTS}?after={BEGINNING}&customer={OTHER}&customer={CUSTOMER}"))
        assert [event["data"]["user"]["id"] for event in both["events"]] == [CUSTOMER]
        errors = [
            client.get(f"{EVENTS}?{query}") for query in ("purpose=x", "channel=x", "type=x", "customer=x", "x=1")
        ]
        for answer in errors:
            problem(answer, "invalid")
            assert OTHER not in answer.text


def everything(node: RunningNode) -> dict[str, Any]:
    """All that the routes of a customer tell without being given a place, and with the first."""
    with node.client("customer") as client:
        found = {
            path: told(client.get(path))
            for path in (
                OWN, EVENTS, f"{EVENTS}?after={BEGINNING}", f"{EVENTS}?limit=1", "/api/v1/purposes", "/api/v1/auth/me",
                "/readyz", "/healthz", "/openapi.json", f"{EVENTS}?after=7-00000000", f"{EVENTS}?after={'0' * 32}",
            )
        }  # fmt: skip
    for after in (None, BEGINNING, "7-00000000", "f" * 32):
        tail = node.tail("customer", after)
        assert tail.headers is not None
        headers = sorted(item for item in tail.headers.multi_items() if item[0] != "date")
        found[f"stream {after}"] = (headers, tail.blocks[0].raw)
        tail.close()
    return found


def test_nothing_a_customer_is_told_changes_by_what_happens_to_others(node: RunningNode, database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    node.tail(after=BEGINNING).wait(lambda t: t.events)
    before = everything(node)
    busy(database)
    node.tail(after=BEGINNING).wait(lambda t: len(t.events) == database.head())
    assert everything(node) == before


def test_an_open_stream_tells_nothing_of_others_events_and_its_place_stands_still(
    node: RunningNode, database: Sql
) -> None:
    database.set(database.consents()[0], "granted")
    tail = node.tail("customer")
    beat = tail.wait_event("heartbeat")
    busy(database, turns=6)
    count = len(tail.blocks)
    tail.wait(lambda t: len(t.blocks) >= count + 2)
    assert {block.event for block in tail.blocks[1:]} == {"heartbeat"}
    assert {block.id for block in tail.blocks} == {beat.id}


def test_a_place_of_anothers_is_as_one_that_there_is_not(start_node: StartNode, database: Sql) -> None:
    busy(database)
    sealed = SealedIds(SECRET)
    theirs = database.run("SELECT seq, hash FROM consentfeed.events WHERE customer_id = %s ORDER BY seq", OTHER)
    places = [*theirs[:2], theirs[-1]]
    node = start_node()
    ids = [sealed.write(Position(seq, bytes(hash_))) for seq, hash_ in places]
    nowhere = sealed.write(Position(theirs[-1][0] + 1000, bytes(8)))
    with node.client("customer") as client:
        answers = {told(client.get(EVENTS, headers={"Last-Event-ID": one}))[1] for one in (*ids, nowhere, "nonsense")}
        problem(client.get(EVENTS, headers={"Last-Event-ID": ids[0]}), "place-lost", reason="unknown")
    assert len(answers) == 1
    resets = [node.tail("customer", one).wait_event("reset") for one in (*ids, nowhere)]
    assert {(reset.id, reset.data["reason"]) for reset in resets} == {(resets[0].id, "unknown")}


def test_a_place_of_staff_is_none_for_a_customer(node: RunningNode, database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    with node.client("customer") as client:
        problem(client.get(EVENTS, params={"after": database.head_id()}), "place-lost", reason="unknown")


@pytest.mark.parametrize("memory", [1, 50_000])
def test_the_work_for_a_customer_does_not_grow_with_what_happens_to_others(
    start_node: StartNode, database: Sql, monkeypatch: pytest.MonkeyPatch, memory: int
) -> None:
    """Else the time that an answer takes would tell how much that is."""
    database.set(database.consents()[0], "granted")
    node = start_node(memory_events=memory)
    with node.client("customer") as client:
        place = ok(client.get(EVENTS))["next"]
        busy(database, turns=10)
        node.tail(after=BEGINNING).wait(lambda t: len(t.events) == database.head())
        looked_at: list[str] = []
        matches = Filter.matches

        def counted(self: Filter, event: Any) -> bool:
            if self.owner:
                looked_at.append(event.customer_id)
            return matches(self, event)

        monkeypatch.setattr(Filter, "matches", counted)
        for after in (place, BEGINNING):
            ok(client.get(EVENTS, params={"after": after}))
            node.tail("customer", after).wait_event("heartbeat")
        assert set(looked_at) <= {CUSTOMER}


def test_metrics_tell_strangers_nothing(start_node: StartNode) -> None:
    """They count everybody's events, so they answer this machine, or who has the token."""
    local = start_node()
    with local.client() as client:
        assert client.get("/metrics").status_code == 200
        for elsewhere in (
            {"X-Forwarded-For": "192.0.2.7"},
            # A proxy on this machine that does not name its clients, but itself, or who they think that we are.
            {"X-Forwarded-For": "127.0.0.1"},
            {"X-Forwarded-Proto": "https"},
            {"X-Forwarded-Host": "localhost"},
            {"X-Real-IP": "127.0.0.1"},
            {"Forwarded": "for=127.0.0.1"},
            {"Via": "1.1 proxy"},
            {"Host": "consents.example.com"},
        ):
            problem(client.get("/metrics", headers=elsewhere), "signed-out")
        assert client.get("/metrics", headers={"Host": "localhost:3001"}).status_code == 200
        for role in ("customer", "csr"):
            headers = {"X-Forwarded-For": "192.0.2.7", "Authorization": f"Bearer {bearer(role)}"}
            problem(client.get("/metrics", headers=headers), "signed-out")
    guarded = start_node(metrics_token="of the monitoring")
    with guarded.client() as client:
        problem(client.get("/metrics"), "signed-out")
        problem(client.get("/metrics", headers={"Authorization": "Bearer of the monitorinh"}), "signed-out")
        headers = {"X-Forwarded-For": "192.0.2.7", "Authorization": "Bearer of the monitoring"}
        assert b"consentfeed_feed_head" in client.get("/metrics", headers=headers).content


def test_no_answer_says_how_much_of_a_limit_is_left(node: RunningNode) -> None:
    with node.client("customer") as client:
        names = set(client.get(OWN).headers) | set(client.get(ALL + "/" + MISSING).headers)
    assert not [name for name in names if "limit" in name or "remaining" in name or "request-id" in name]
