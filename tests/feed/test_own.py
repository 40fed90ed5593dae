"""What this node has committed itself: it is in memory at once, checked as ever, and not read again."""

import asyncio

from consentfeed import metrics
from consentfeed.feed.live import Feed
from tests.feed.test_supply import Table, at, read, running
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.rest import GRANT


async def turns(count: int = 20) -> None:
    """Lets the feed do what it is about to do."""
    for _ in range(count):
        await asyncio.sleep(0)


@running()
async def test_own_rows_are_there_at_once_and_their_doorbell_reads_nothing(log: Table, feed: Feed) -> None:
    feed.supply.is_ours = True  # nobody brings anything: as on a node without NATS
    follower = feed.follow()
    log.append()
    log.append()
    feed.offer_own(log.rows[1:])
    assert [event.position.seq for event in follower.events() or []] == [1, 2]
    feed.wake(2)
    await turns()
    assert log.reads == 0
    log.append()  # of somebody else
    feed.wake(3)
    await at(feed, 3)
    assert log.reads == 1


@running()
async def test_rows_after_those_of_another_node_wait_for_the_doorbell(log: Table, feed: Feed) -> None:
    feed.supply.is_ours = True
    for _ in range(3):
        log.append()
    feed.offer_own(log.rows[2:])
    assert feed.head.seq == 0
    feed.wake(3)
    await at(feed, 3)
    feed.offer_own(log.rows[2:])  # they were faster than the answer of the commit
    assert feed.head.seq == 3
    assert log.reads == 1


@running()
async def test_rows_that_do_not_chain_on_are_not_taken(log: Table, feed: Feed) -> None:
    log.append()
    log.append()
    feed.offer_own([log.rows[1]._replace(body=f"{log.rows[1].body} "), log.rows[2]])
    assert feed.head.seq == 0


@running()
async def test_a_doorbell_of_a_commit_under_way_waits_for_its_answer(log: Table, feed: Feed) -> None:
    feed.supply.is_ours = True
    log.append()
    feed.wake(1, own=True)
    await turns()
    assert (log.reads, feed.head.seq) == (0, 0)
    feed.offer_own(log.rows[1:])
    await turns()
    assert (log.reads, feed.head.seq) == (0, 1)


@running()
async def test_what_was_committed_and_never_answered_is_read(log: Table, feed: Feed) -> None:
    feed.supply.is_ours = True
    log.append()
    feed.wake(1, own=True)
    feed.offer_own([])
    await at(feed, 1)
    assert log.reads == 1


@running(poll_seconds=0.05)
async def test_the_log_is_looked_at_every_few_seconds_though_all_is_our_own(log: Table, feed: Feed) -> None:
    feed.supply.is_ours = True

    async def write_on() -> None:
        while True:
            log.append()
            feed.offer_own(log.rows[-1:])
            feed.wake(log.rows[-1].seq)
            await asyncio.sleep(0.001)

    writing = asyncio.create_task(write_on())
    await read(log, 3)
    writing.cancel()
    assert feed.head.seq > 10


def test_a_node_reads_nothing_of_what_it_decides_however_early_its_doorbell_rings(
    start_node: StartNode, database: Sql
) -> None:
    node = start_node(poll_seconds=60)
    tail, csr = node.tail("csr"), node.client("csr")
    reads, consents = metrics.feed_reads._value.get(), database.consents()
    for turn in range(30):
        action = ("grant", "revoke")[turn // len(consents) % 2]
        path = f"/api/v1/consents/{consents[turn % len(consents)]}/{action}"
        said = {"reason": {"code": "phone-call"}}
        assert csr.post(path, json={**GRANT, **said} if action == "grant" else said).json()["event"]
    tail.wait(lambda t: len(t.events) == 30)
    assert metrics.feed_reads._value.get() == reads


def test_a_frame_of_an_own_decision_is_the_one_that_another_node_reads_from_the_table(
    start_node: StartNode, database: Sql
) -> None:
    one, other = start_node(poll_seconds=60), start_node(poll_seconds=60)
    tails = [node.tail("csr") for node in (one, other)]
    one.node.listener._wake = lambda _seq, _process: None  # it hears of nothing: it has what it wrote, no more
    csr = one.client("csr")
    reason = {"code": "phone-call", "text": "said so: “yes” \\ \n twice", "reference": "T-1"}
    for consent in database.consents()[:2]:
        path = f"/api/v1/consents/{consent}"
        assert csr.post(f"{path}/grant", json={**GRANT, "reason": reason}).status_code == 200
        assert csr.post(f"{path}/revoke", json={"reason": {"code": "phone-call"}}).status_code == 200
    for tail in tails:
        tail.wait(lambda t: len(t.events) == 4)
    assert [block.raw for block in tails[0].events] == [block.raw for block in tails[1].events]
    assert "twice" in str(tails[0].events[0].raw)
