"""What comes to the feed by itself: it is not read again, and checked as ever; what is wanting is read."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from consentfeed.feed.live import Feed
from consentfeed.feed.supply import GRACE_SECONDS
from consentfeed.log.event import Row
from consentfeed.log.position import Position
from tests.feed.test_follower import EMAIL, NOTE, Log
from tests.support.seed import CUSTOMER, OTHER


class Table(Log):
    """The same, counting reads; `during` happens while one is under way, after the table was looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.during: Callable[[], None] = lambda: None

    async def after(self, seq: int, limit: int) -> list[Row]:
        """events_after()."""
        self.reads += 1
        rows = self.rows[seq : seq + 1 + limit]
        self.during()
        return rows


def running(poll_seconds: float = 60) -> Callable[[Callable[[Table, Feed], Awaitable[None]]], Callable[[], None]]:
    """The test, with a feed that runs and is vouched for."""

    def decorate(test: Callable[[Table, Feed], Awaitable[None]]) -> Callable[[], None]:
        async def main() -> None:
            log = Table()
            feed = Feed(log.after, log.head, max_events=50, max_bytes=1 << 20, poll_seconds=poll_seconds, keep_rows=9)
            await feed.load()
            task = asyncio.create_task(feed.run())
            feed.vouch(feed.head)
            log.reads = 0
            try:
                await test(log, feed)
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

        return lambda: asyncio.run(main())

    return decorate


async def at(feed: Feed, seq: int) -> None:
    """Waits until memory reaches so far."""
    async with asyncio.timeout(5):
        while feed.head.seq < seq:
            await asyncio.sleep(0)


async def read(log: Table, count: int) -> None:
    """Waits until the table has been read so often."""
    async with asyncio.timeout(5):
        while log.reads < count:
            await asyncio.sleep(0.001)


@running()
async def test_what_has_come_is_not_read(log: Table, feed: Feed) -> None:
    follower = feed.follow()
    for seq in (1, 2, 3):
        log.append()
        feed.wake(seq)
        await asyncio.sleep(0)
        feed.offer(log.rows[seq])
        await at(feed, seq)
    assert [event.position.seq for event in follower.events() or []] == [1, 2, 3]
    feed.wake(4)  # last of all, and not there: had the others been read, it would be the fourth
    await read(log, 1)
    assert log.reads == 1


@running()
async def test_what_does_not_come_in_time_is_read_together(log: Table, feed: Feed) -> None:
    for seq in (1, 2, 3):
        log.append()
        feed.wake(seq)
        await asyncio.sleep(0.001)
    assert log.reads == 0
    await at(feed, 3)
    assert log.reads == 1


@running()
async def test_where_the_source_is_gone_nobody_waits(log: Table, feed: Feed) -> None:
    feed.supply.lose()
    began = time.monotonic()
    log.append()
    feed.wake(1)
    await at(feed, 1)
    assert time.monotonic() - began < GRACE_SECONDS


@running()
async def test_a_gap_is_read(log: Table, feed: Feed) -> None:
    for _ in range(3):
        log.append()
    feed.offer(log.rows[1])
    feed.offer(log.rows[3])
    assert feed.head.seq == 1
    await at(feed, 3)
    assert log.reads == 1


@running()
async def test_what_does_not_chain_on_is_not_taken(log: Table, feed: Feed) -> None:
    log.append()
    forged = log.rows[1]._replace(body=(log.rows[1].body or "").replace("revoked", "granted"))
    feed.offer(forged)
    assert feed.head.seq == 0
    await at(feed, 1)
    assert feed.head.hash == log.rows[1].hash
    (event,) = feed.after(Position(0, log.rows[0].hash)) or []
    assert event.type == "revoked"


@running()
async def test_a_number_that_does_not_grow_is_of_another_history(log: Table, feed: Feed) -> None:
    for seq in (1, 2):
        log.append()
        feed.offer(log.rows[seq])
        feed.wake(seq)
    del log.rows[2:]  # a failover that lost the last commit, and another one in its place
    log.append(OTHER)
    generation = feed.generation
    feed.wake(2)
    async with asyncio.timeout(5):
        while feed.generation == generation:
            await asyncio.sleep(0)
    assert feed.head.hash == log.rows[2].hash


@running()
async def test_who_vouches_for_another_history_has_the_table_read(log: Table, feed: Feed) -> None:
    log.append()
    feed.offer(log.rows[1])
    feed.vouch(feed.head)
    assert log.reads == 0
    feed.vouch(Position(1, b"\0" * 32))
    await read(log, 1)
    feed.vouch(Position(7, b"\0" * 32))
    await read(log, 2)


@running(poll_seconds=0.01)
async def test_without_anything_new_the_table_is_not_read_while_it_is_vouched_for(log: Table, feed: Feed) -> None:
    for _ in range(20):
        feed.vouch(feed.head)
        await asyncio.sleep(0.01)
    assert log.reads == 0
    assert feed.age < 1
    feed.supply.is_ours = True  # the node from which the others have it reads it
    await read(log, 3)


@running()
async def test_what_comes_while_the_table_is_read_is_in_memory_once(log: Table, feed: Feed) -> None:
    for _ in range(3):
        log.append()

    def come() -> None:
        for row in log.rows[1:]:
            feed.offer(row)

    log.during = come
    await feed.refresh()
    assert [event.position.seq for event in feed.after(Position(0, log.rows[0].hash)) or []] == [1, 2, 3]


@running()
async def test_rows_are_kept_for_the_relay_without_who_was_forgotten(log: Table, feed: Feed) -> None:
    for _ in range(3):
        log.append()
        log.append(OTHER)
    feed.wake()
    await at(feed, 6)
    start = Position(2, log.rows[2].hash)
    assert feed.rows.after(start) == log.rows[3:]
    assert feed.rows.after(Position(2, b"\0" * 32)) is None, "of another history"
    feed.forget(CUSTOMER)
    rows = feed.rows.after(start) or []
    assert [(row.email, row.note) for row in rows] == [(None, None), (EMAIL, NOTE)] * 2
