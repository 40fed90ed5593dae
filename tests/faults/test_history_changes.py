"""The database is restored from an older state, under a live node and behind its back: reset, never silence."""

import asyncio
from collections.abc import Callable

import pytest

from consentfeed import metrics
from consentfeed.errors import DatabaseAway
from consentfeed.feed.filter import Filter
from consentfeed.feed.replay import Replay
from consentfeed.log.ids import Ids
from consentfeed.log.position import Position
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.seed import CUSTOMER
from tests.support.tail import Block, Tail
from tests.support.waiting import wait_until


@pytest.mark.parametrize("written_after", [0, 1, 6])
def test_a_restore_under_a_live_node_resets_its_streams(
    start_node: StartNode, database: Sql, restore: Callable[[], Callable[[], None]], written_after: int
) -> None:
    consents = database.consents()
    database.set(consents[0], "granted")
    put_back = restore()
    node = start_node()
    tails = [node.tail(), node.tail("customer"), node.tail(query=f"?customer={CUSTOMER}")]
    for consent in consents[1:]:
        database.set(consent, "granted")
    for tail in tails:
        tail.wait(lambda t: len(t.events) == 3)
    losses = metrics.total(metrics.history_lost)
    put_back()
    for turn in range(written_after):
        database.set(consents[1], "granted" if turn % 2 == 0 else "revoked")
    for tail in tails:
        reset = tail.wait_event("reset", seconds=30)
        assert reset.data["reason"] in ("forked", "unknown")
    assert metrics.total(metrics.history_lost) > losses
    # After the reset the stream goes on in the new history, from the reset's id.
    database.set(consents[2], "revoked")
    for tail in tails:
        tail.wait(
            lambda t: t.events[-1].data["consent"]["id"] == consents[2] and t.events[-1].data["type"] == "revoked"
        )
    seq_of_reset = next(int((b.id or "").split("-")[0]) for b in tails[0].blocks if b.event == "reset")
    after = [seq for block, seq in zip(tails[0].events, tails[0].seqs, strict=True) if block in _after_reset(tails[0])]
    assert after == list(range(seq_of_reset + 1, database.head() + 1))


def test_a_reset_that_cannot_be_told_at_first_is_told_later(
    start_node: StartNode,
    database: Sql,
    restore: Callable[[], Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    consents = database.consents()
    database.set(consents[0], "granted")
    put_back = restore()
    node = start_node()
    tail = node.tail("customer")
    for consent in consents[1:]:
        database.set(consent, "granted")
    tail.wait(lambda t: len(t.events) == 3)
    newest = Replay.newest
    failures: list[Filter] = []

    async def away_at_first(replay: Replay, filter: Filter, head: Position) -> Position:
        if not failures:
            failures.append(filter)
            raise DatabaseAway
        return await newest(replay, filter, head)

    monkeypatch.setattr(Replay, "newest", away_at_first)
    put_back()
    assert tail.wait_event("reset", seconds=30).data["reason"] == "forked"
    assert failures


@pytest.mark.parametrize("role", ["csr", "customer"])
@pytest.mark.parametrize("noticed", [False, True])
@pytest.mark.parametrize("streams", [False, True])
def test_a_restore_between_judging_a_place_and_reading_on_is_noticed(
    start_node: StartNode,
    database: Sql,
    restore: Callable[[], Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
    role: str,
    noticed: bool,
    streams: bool,
) -> None:
    consents = database.consents()
    database.set(consents[0], "granted")
    put_back = restore()
    for consent in consents[1:]:
        database.set(consent, "granted")
    node = start_node(memory_events=1)
    with node.client(role) as client:
        origin = {"Last-Event-ID": "0-00000000"}
        position = client.get("/api/v1/events?limit=3", headers=origin).json()["next"]
    database.set(consents[0], "revoked")
    # Else the position is still in memory, and the old history's next event may come before the reset.
    wait_until(lambda: node.node.feed.head.seq == 5)
    find, pump = Replay.find, node.node.streams.pump

    def put_back_and_go_on() -> None:
        generation = pump.follower.generation
        put_back()
        wait_until(lambda: not noticed or pump.follower.generation > generation)
        for consent in consents[1:]:
            database.set(consent, "revoked")

    async def find_in_the_old(replay: Replay, id: str, filter: Filter, ids: Ids) -> Position:
        position = await find(replay, id, filter, ids)
        await asyncio.to_thread(put_back_and_go_on)
        return position

    monkeypatch.setattr(Replay, "find", find_in_the_old)
    if streams:
        tail = node.tail(role, after=position)
        database.set(consents[1], "granted")
        blocks = tail.wait(lambda t: [block for block in t.blocks if block.event in ("reset", "consent-updated")])
        assert blocks[0].event == "reset"
    else:
        with node.client(role) as client:
            answer = client.get("/api/v1/events", headers={"Last-Event-ID": position})
        # Or nothing yet, where the new history is shorter: then it is told when it is asked again.
        assert answer.status_code == 410 or answer.json() == {"events": [], "next": position, "more": False}


def _after_reset(tail: Tail) -> list[Block]:
    index = next(index for index, block in enumerate(tail.blocks) if block.event == "reset")
    return tail.blocks[index:]


def test_ids_from_after_the_dump_are_reset_by_the_restored_deployment(
    start_node: StartNode, database: Sql, restore: Callable[[], Callable[[], None]]
) -> None:
    consents = database.consents()
    database.set(consents[0], "granted")
    put_back = restore()
    node = start_node()
    staff, customer = node.tail(), node.tail("customer")
    for consent in consents[1:]:
        database.set(consent, "granted")
    for tail in (staff, customer):
        tail.wait(lambda t: len(t.events) == 3)
    node.stop()
    put_back()
    for consent in (consents[3], consents[2]):
        database.set(consent, "revoked")
    restored = start_node()
    for role, tail in (("csr", staff), ("customer", customer)):
        for position in [block.id for block in tail.events]:
            reset = restored.tail(role, after=position).wait_event("reset")
            assert reset.data["reason"] in ("forked", "unknown")
            with restored.client(role) as client:
                page = client.get("/api/v1/events", headers={"Last-Event-ID": position or ""})
                assert page.status_code == 410
                assert page.json()["reason"] == reset.data["reason"]
    # What was before the dump is still a place of this log.
    stream = restored.tail(after=staff.blocks[0].id)
    stream.wait(lambda t: len(t.events) == 2)
    assert not [b for b in stream.blocks if b.event == "reset"]
