"""The feed as a stream: contract, section 4."""

import gc
import re
import socket
import time
from datetime import datetime

import pytest

from consentfeed import metrics
from consentfeed.errors import DatabaseAway
from consentfeed.feed.live import Feed
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER, OTHER, PASSWORD, STAFF
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

ID = re.compile(r"[0-9]+-[0-9a-f]{8}")
SEALED = re.compile(r"[0-9a-f]{32}")


def test_the_first_bytes_are_retry_and_an_id_only_block(node: RunningNode, database: Sql) -> None:
    tail = node.tail()
    first = tail.blocks[0]
    assert first.retry == 2000
    assert first.id == database.head_id()
    assert (first.event, first.data) == ("", None)
    assert tail.headers is not None
    assert tail.headers["content-type"].startswith("text/event-stream")


def test_an_open_stream_keeps_nothing_of_the_head_of_its_request(node: RunningNode) -> None:
    head = (
        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {bearer('csr')}"
    )

    def kept() -> list[object]:
        return [held for held in gc.get_objects() if isinstance(held, list) and (b"x-long", b"long" * 999) in held]

    with socket.create_connection(("127.0.0.1", node.port)) as client:
        client.sendall(f"{head}\r\nAccept: text/event-stream\r\nX-Long: {'long' * 999}\r\n\r\n".encode())
        received = b""
        while b"retry:" not in received:
            received += client.recv(4096)
        wait_until(lambda: not kept())


def test_an_event_has_exactly_the_documented_form(node: RunningNode, database: Sql) -> None:
    consent = database.consents()[0]
    tail = node.tail()
    with node.client("customer") as customer:
        answer = customer.post(f"/api/v1/customer/consents/{consent}/grant").json()
    event = tail.wait_event("consent-updated")
    assert event.id == answer["event"]["id"] or SEALED.fullmatch(answer["event"]["id"])
    assert [line.split(":")[0] for line in event.raw] == ["id", "event", "data"]
    data = event.data
    assert data["consent"] == answer["consent"]
    assert data["type"] == "granted"
    assert data["user"] == {"id": CUSTOMER, "email": "customer@example.com"}
    assert data["actor"] == {"kind": "customer", "id": CUSTOMER}
    assert data["reason"] is None
    assert data["timestamp"] == data["consent"]["updated_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", data["timestamp"])


def test_ids_of_staff_are_seq_and_hash_and_seq_grows_by_one(node: RunningNode, database: Sql) -> None:
    tail = node.tail()
    for status in ("granted", "revoked", "granted"):
        database.set(database.consents()[0], status)
    tail.wait(lambda t: len(t.events) == 3)
    assert tail.seqs == [1, 2, 3]
    rows = database.run("SELECT seq, left(encode(hash, 'hex'), 8) FROM consentfeed.events")
    hashes = {row[0]: row[1] for row in rows}
    assert [block.id for block in tail.events] == [f"{seq}-{hashes[seq]}" for seq in (1, 2, 3)]


def test_resuming_by_id_misses_nothing_and_repeats_nothing(node: RunningNode, database: Sql) -> None:
    consents = database.consents()
    tail = node.tail()
    database.set(consents[0], "granted")
    tail.wait(lambda t: len(t.events) == 1)
    seen = tail.last_id()
    tail.close()
    for consent in consents:
        database.set(consent, "revoked")
    again = node.tail(after=seen)
    again.wait(lambda t: len(t.events) == len(consents))
    assert again.blocks[0].id == seen
    database.set(consents[0], "granted")
    again.wait(lambda t: len(t.events) == len(consents) + 1)
    assert again.seqs == list(range(2, len(consents) + 3))


def test_the_zero_id_is_the_place_before_the_first_event(node: RunningNode, database: Sql) -> None:
    for consent in database.consents():
        database.set(consent, "granted")
    tail = node.tail(after="0-00000000")
    tail.wait(lambda t: len(t.events) == 4)
    assert tail.seqs == [1, 2, 3, 4]


def test_after_in_the_query_serves_where_no_header_does_and_the_header_wins(node: RunningNode, database: Sql) -> None:
    for consent in database.consents():
        database.set(consent, "granted")
    ids = [block.id for block in node.tail(after="0-00000000").wait(lambda t: t.events if len(t.events) == 4 else None)]
    by_query = node.tail(query=f"?after={ids[2]}")
    by_query.wait(lambda t: len(t.events) == 1)
    both = node.tail(after=ids[1], query=f"?after={ids[2]}")
    both.wait(lambda t: len(t.events) == 2)
    assert (by_query.seqs, both.seqs) == ([4], [3, 4])


def test_a_stream_tells_its_heartbeat_and_staff_how_far_behind_it_begins(node: RunningNode, database: Sql) -> None:
    first = node.tail()
    for consent in database.consents():
        database.set(consent, "granted")
    first.wait(lambda t: len(t.events) == 4)

    def told(role: str, after: str | None) -> tuple[str, str | None]:
        tail = node.tail(role, after=after)
        tail.wait(lambda t: t.blocks)
        assert tail.headers is not None
        return tail.headers["consentfeed-heartbeat"], tail.headers.get("consentfeed-behind")

    beat = f"{node.node.settings.heartbeat_seconds:g}"
    assert told("csr", "0-00000000") == (beat, "4")
    assert told("csr", first.events[2].id) == (beat, "1")
    assert told("service", None) == (beat, "0")
    assert told("admin", "nonsense") == (beat, "0")  # after a reset it stands at the newest


def test_a_customer_is_not_told_how_much_happens_to_others(node: RunningNode, database: Sql) -> None:
    for consent in database.consents(OTHER):
        database.set(consent, "granted")
    tail = node.tail("customer", after="0-00000000")
    tail.wait(lambda t: t.blocks)
    assert tail.headers is not None
    assert "consentfeed-heartbeat" in tail.headers
    assert "consentfeed-behind" not in tail.headers


def test_older_events_than_memory_holds_are_read_from_the_table(start_node: StartNode, database: Sql) -> None:
    consents = database.consents() + database.consents(OTHER)
    for turn in range(40):
        for consent in consents:
            database.set(consent, "granted" if turn % 2 == 0 else "revoked")
    node = start_node(memory_events=20)
    tail = node.tail(after="0-00000000")
    tail.wait(lambda t: len(t.events) == 320)
    assert tail.seqs == list(range(1, 321))
    one = node.tail(after="0-00000000", query=f"?customer={OTHER}&type=revoked")
    one.wait(lambda t: len(t.events) == 80)
    customer = node.tail("customer", after="0-00000000")
    customer.wait(lambda t: len(t.events) == 160)
    assert {block.data["consent"]["customer_id"] for block in customer.events} == {CUSTOMER}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"?customer={CUSTOMER}", 4),
        (f"?customer={CUSTOMER}&customer={OTHER}", 8),
        ("?purpose=marketing", 4),
        ("?purpose=marketing&purpose=surveys", 6),
        ("?channel=push", 2),
        ("?type=granted", 8),
        ("?type=revoked", 0),
        (f"?purpose=marketing&channel=sms&customer={OTHER}", 1),
    ],
)
def test_filters_choose_events_live_and_in_replay(node: RunningNode, database: Sql, query: str, expected: int) -> None:
    live = node.tail(query=query)
    everything = node.tail()
    for consent in database.consents() + database.consents(OTHER):
        database.set(consent, "granted")
    everything.wait(lambda t: len(t.events) == 8)
    # A filtered stream's own position moves on as events pass that are not for it.
    live.wait(lambda t: t.last_id() == everything.last_id())
    assert len(live.events) == expected
    replay = node.tail(after="0-00000000", query=query)
    replay.wait(lambda t: t.last_id() == everything.last_id())
    assert [b.id for b in replay.events] == [b.id for b in live.events]


@pytest.mark.parametrize(
    "query",
    [
        "?customer=nobody",
        "?purpose=unheard-of",
        "?channel=pigeon",
        "?type=maybe",
        "?colour=red",
        "?colour=",
        "?type=",
        "?customer=",
        "?purpose=",
        "?channel=",
        "?limit=0",
    ],
)
def test_an_unknown_filter_name_or_value_is_422(node: RunningNode, query: str) -> None:
    tail = node.tail(query=query)
    assert tail.status == 422
    assert tail.headers is not None
    assert tail.headers["content-type"] == "application/problem+json"


def test_a_customer_sees_own_events_alone_under_sealed_ids(node: RunningNode, database: Sql) -> None:
    tail = node.tail("customer")
    before = tail.blocks[0].id
    staff = node.tail()
    for consent in database.consents(OTHER):
        database.set(consent, "granted")
    staff.wait(lambda t: len(t.events) == 4)
    # The place moves with own events alone: two heartbeats later it is what it was.
    tail.wait(lambda t: len([b for b in t.blocks if b.event == "heartbeat"]) >= 2)
    assert {block.id for block in tail.blocks} == {before}
    database.set(database.consents()[0], "granted")
    event = tail.wait_event("consent-updated")
    assert SEALED.fullmatch(event.id or "")
    assert event.id != before
    tail.wait(lambda t: t.blocks[-1].event == "heartbeat" and t.blocks[-1].id == event.id)
    assert len(tail.events) == 1


def test_a_customers_place_moves_past_own_events_that_the_filter_leaves_out(node: RunningNode, database: Sql) -> None:
    everything, filtered = node.tail("customer"), node.tail("customer", query="?purpose=surveys")
    for consent in database.consents():
        database.set(consent, "granted")
    everything.wait(lambda t: len(t.events) == 4)
    filtered.wait(lambda t: t.last_id() == everything.last_id())
    assert len(filtered.events) == 1
    replay = node.tail("customer", after="0-00000000", query="?purpose=surveys")
    replay.wait(lambda t: t.last_id() == everything.last_id())
    with node.client("customer") as client:
        page = client.get("/api/v1/events?purpose=surveys&after=0-00000000").json()
    assert (len(page["events"]), page["next"]) == (1, everything.last_id())


def test_a_customer_resumes_by_sealed_id(node: RunningNode, database: Sql) -> None:
    own, others = database.consents(), database.consents(OTHER)
    tail = node.tail("customer")
    start = tail.last_id()
    for consent in (own[0], others[0], own[1], others[1], own[2]):
        database.set(consent, "granted")
    tail.wait(lambda t: len(t.events) == 3)
    first = tail.events[0].id
    again = node.tail("customer", after=first)
    again.wait(lambda t: len(t.events) == 2)
    assert [b.id for b in again.events] == [b.id for b in tail.events[1:]]
    assert again.blocks[0].id == first
    from_start = node.tail("customer", after=start)
    from_start.wait(lambda t: len(t.events) == 3)


def test_a_sealed_id_in_other_hands_opens_nothing(node: RunningNode, database: Sql) -> None:
    database.set(database.consents(OTHER)[0], "granted")
    with node.client("customer", OTHER) as other:
        foreign = other.get("/api/v1/events?after=0-00000000").json()["events"][0]["id"]
    for asked in (foreign, "1-00000000", database.head_id(), "f" * 32, "nonsense"):
        reset = node.tail("customer", after=asked).wait_event("reset")
        assert reset.data["reason"] in ("unknown", "forked")
        assert SEALED.fullmatch(reset.id or "")


def test_heartbeats_carry_the_position_and_the_time(node: RunningNode, database: Sql) -> None:
    tail = node.tail()
    database.set(database.consents()[0], "granted")
    tail.wait(lambda t: t.events and t.blocks[-1].event == "heartbeat")
    beat = tail.blocks[-1]
    assert beat.id == tail.events[-1].id
    assert datetime.fromisoformat(beat.data["time"]).utcoffset() is not None


@pytest.mark.parametrize("asked", ["nonsense", "99-00000000", "-1-00000000", "01-00000000", "1-ZZZZZZZZ", "9" * 40])
def test_a_place_that_is_malformed_or_ahead_is_reset_unknown(node: RunningNode, database: Sql, asked: str) -> None:
    knowing = node.tail(after="0-00000000")
    database.set(database.consents()[0], "granted")
    knowing.wait(lambda t: t.seqs == [1])  # by now the node knows where the log ends
    tail = node.tail(after=asked)
    reset = tail.wait_event("reset")
    assert reset.data == {"reason": "unknown", "snapshot": "/api/v1/consents"}
    assert reset.id == database.head_id()
    # Cut off before the reset, a client must not have been given a place to go on from.
    assert all(block.id is None for block in tail.blocks[: tail.blocks.index(reset)])
    database.set(database.consents()[0], "revoked")
    tail.wait(lambda t: t.seqs == [2])


def test_a_place_of_another_history_is_reset_forked(node: RunningNode, database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    reset = node.tail(after="1-deadbeef").wait_event("reset")
    assert reset.data["reason"] == "forked"


def test_signing_out_says_goodbye_and_closes_the_streams_on_every_node(start_node: StartNode) -> None:
    one, two = start_node(), start_node()
    with one.client() as browser:
        browser.post("/api/v1/auth/login", json={"email": "csr@example.com", "password": PASSWORD})
        cookie = browser.cookies["consentfeed_session"]
        tails = [one.tail(cookie=cookie), two.tail(cookie=cookie)]
        stays = two.tail()
        browser.post("/api/v1/auth/logout")
    began = time.monotonic()
    for tail in tails:
        assert tail.wait_event("goodbye").data == {"reason": "signed-out"}
        assert tail.ended.wait(5)
    assert time.monotonic() - began < 5, "the contract says within 5 s"
    assert not stays.ended.is_set()


def test_a_disabled_account_and_an_expired_token_end_their_streams(node: RunningNode, database: Sql) -> None:
    expiring = node.tail(token=bearer("csr", lifetime=2))
    disabled = node.tail("admin")
    database.run("SELECT consentfeed.disable_user('admin@example.com')")
    for tail in (expiring, disabled):
        assert tail.wait_event("goodbye").data == {"reason": "signed-out"}
        assert tail.ended.wait(5)


def test_a_stream_ends_after_its_lifetime_and_goes_on_by_id(start_node: StartNode, database: Sql) -> None:
    node = start_node(lifetime_seconds=1.0)
    tail = node.tail()
    assert tail.wait_event("goodbye").data == {"reason": "lifetime"}
    assert tail.ended.wait(5)
    database.set(database.consents()[0], "granted")
    node.tail(after=tail.last_id()).wait(lambda t: t.seqs == [1])


def test_a_shutdown_says_goodbye_and_ends_the_streams(start_node: StartNode) -> None:
    node = start_node()
    tail = node.tail()
    node.stop()
    assert tail.wait_event("goodbye").data == {"reason": "shutdown"}
    assert tail.ended.is_set()


def test_streams_beyond_the_limit_are_refused_and_harm_no_other(start_node: StartNode, database: Sql) -> None:
    node = start_node(streams=2)
    tails = [node.tail(), node.tail()]
    refused = node.tail()
    assert refused.status == 503
    assert refused.headers is not None
    assert int(refused.headers["retry-after"]) > 0
    database.set(database.consents()[0], "granted")
    for tail in tails:
        tail.wait(lambda t: t.seqs == [1])


def test_a_client_that_has_seen_a_faster_node_is_not_told_reset(start_node: StartNode, database: Sql) -> None:
    slow = start_node(poll_seconds=60.0)
    wait_until(lambda: slow.node.listener.hears)
    place = database.head_id()
    with database.connect() as connection:
        connection.execute("UPDATE consentfeed.consents SET status = 'granted'")
    newest = database.head_id()
    tail = slow.tail(after=newest)
    database.set(database.consents()[0], "revoked")
    tail.wait(lambda t: len(t.events) == 1)
    assert not [b for b in tail.blocks if b.event == "reset"]
    assert place != newest


def test_anonymous_requests_get_no_stream(node: RunningNode) -> None:
    assert node.tail(token="nonsense").status == 401
    assert node.tail(token=bearer("csr", STAFF["csr"], lifetime=-1)).status == 401
    assert node.tail(token=bearer("csr", secret="another secret of another deployment")).status == 401


def test_a_node_that_cannot_read_the_log_says_so_in_its_heartbeats(
    start_node: StartNode, database: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = start_node(heartbeat_seconds=60.0, poll_seconds=0.2)
    tail = node.tail()
    with monkeypatch.context() as away:

        async def cannot(_feed: Feed) -> None:
            raise DatabaseAway

        away.setattr(Feed, "refresh", cannot)
        assert tail.wait_event("heartbeat").data["stale"] > 0.5
    tail.wait(lambda t: [b for b in t.blocks if b.event == "heartbeat" and "stale" not in b.data])


def test_a_customers_new_stream_is_live_without_reading_the_log(node: RunningNode, database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    for status in ("granted", "revoked", "granted"):
        database.set(database.consents(OTHER)[0], status)
    wait_until(lambda: node.node.streams.pump.position.seq == 4)
    before = metrics.total(metrics.table_reads)
    tail = node.tail("customer")
    wait_until(lambda: any(group.live for group in node.node.streams.pump._groups))
    assert metrics.total(metrics.table_reads) == before
    database.set(database.consents(OTHER)[0], "revoked")
    database.set(database.consents()[0], "revoked")
    event = tail.wait_event("consent-updated")
    assert (event.data["type"], len(tail.events)) == ("revoked", 1)
