"""Followers of the feed: each at its own position and pace; what is to be forgotten is forgotten by all."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from consentfeed.feed.follower import Follower
from consentfeed.feed.history import PAGE, History
from consentfeed.feed.live import Feed
from consentfeed.log.event import Row
from consentfeed.log.position import Position
from tests.support.seed import CUSTOMER, OTHER

EMAIL, NOTE = "somebody@example.com", "said on the telephone"


class Log:
    """A log in memory, as events_after() and log_head() read it."""

    def __init__(self) -> None:
        self.rows = [Row(0, hashlib.sha256(b"origin").digest(), None, None, None, None)]

    def append(self, customer: str = CUSTOMER) -> None:
        """One more event of a customer."""
        event = {
            "type": "revoked",
            "consent": {"purpose": "marketing", "channel": "sms"},
            "timestamp": "2026-11-22T10:15:30.123456Z",
            "user": {"id": customer},
            "actor": {"kind": "csr", "id": "x"},
            "method": "rest",
            "reason": {"code": "phone-call", "text": None, "reference": None},
        }
        body = msgspec.json.encode(event).decode()
        chained = hashlib.sha256(self.rows[-1].hash + body.encode()).digest()
        self.rows.append(Row(len(self.rows), chained, UUID(customer), body, EMAIL, NOTE))

    async def after(self, seq: int, limit: int) -> list[Row]:
        """events_after()."""
        return self.rows[seq : seq + 1 + limit]

    async def head(self) -> Position:
        """log_head()."""
        return Position(self.rows[-1].seq, self.rows[-1].hash)


def with_feed(test: Callable[[Log, Feed], Awaitable[None]]) -> Callable[[], None]:
    """The test, run with a feed of an empty log."""

    async def main() -> None:
        log = Log()
        feed = Feed(log.after, log.head, max_events=50, max_bytes=1 << 20, poll_seconds=60)
        await feed.load()
        await test(log, feed)

    return lambda: asyncio.run(main())


def seqs(follower: Follower) -> list[int] | None:
    """What a follower lacks."""
    events = follower.events()
    return None if events is None else [event.position.seq for event in events]


@with_feed
async def test_one_that_never_looks_holds_up_nobody(log: Log, feed: Feed) -> None:
    slow, quick = feed.follow(), feed.follow()
    for _ in range(3):
        log.append()
        await feed.refresh()
        await quick.wait(5)
        assert len(seqs(quick) or []) == 1
        quick.position = feed.head
    assert seqs(slow) == [1, 2, 3]
    assert seqs(quick) == []
    for _ in range(60):
        log.append()
    await feed.refresh()
    assert seqs(slow) is None, "what memory no longer holds is read from the table"


@with_feed
async def test_one_that_follows_no_more_is_not_woken(log: Log, feed: Feed) -> None:
    gone, stays = feed.follow(), feed.follow()
    woken: list[Follower] = []
    feed.unfollow(gone)
    log.append()
    await feed.refresh()
    for follower in (gone, stays):
        try:
            async with asyncio.timeout(0.05):
                await follower.wait(60)
                woken.append(follower)
        except TimeoutError:
            pass
    assert woken == [stays]


@with_feed
async def test_another_history_is_seen_by_each_when_it_looks(log: Log, feed: Feed) -> None:
    one, other = feed.follow(), feed.follow()
    await feed.load()
    assert one.history_changed
    assert other.history_changed
    one.restart()
    assert not one.history_changed
    assert other.history_changed
    assert one.position == feed.head


@with_feed
async def test_a_customer_is_forgotten_in_memory_and_by_every_follower(log: Log, feed: Feed) -> None:
    forgotten: list[str] = []
    follower, other = feed.follow(forgotten.append), feed.follow(forgotten.append)
    for customer in (CUSTOMER, OTHER, CUSTOMER):
        log.append(customer)
    await feed.refresh()
    before = [event.data for event in follower.events() or []]
    feed.forget(CUSTOMER)
    assert forgotten == [CUSTOMER, CUSTOMER]
    after = [event.data for event in other.events() or []]
    assert after[1] == before[1], "the other customer's event is as it was"
    for was, now in ((before[0], after[0]), (before[2], after[2])):
        assert EMAIL.encode() in was
        assert NOTE.encode() in was
        event = msgspec.json.decode(was)
        event["user"]["email"] = event["reason"]["text"] = None
        assert msgspec.json.decode(now) == event, "nothing but the person is gone"


@with_feed
async def test_pages_that_show_a_forgotten_customer_are_read_anew(log: Log, feed: Feed) -> None:
    reads: list[int] = []

    async def read(seq: int, limit: int) -> list[Row]:
        reads.append(seq)
        return await log.after(seq, limit)

    for number in range(2 * PAGE):
        log.append(OTHER if number < PAGE else CUSTOMER)
    await feed.refresh()
    history = History(feed, read, read, asyncio.Semaphore(1))
    starts = [Position(0, b""), Position(PAGE, b"")]
    for start in starts:
        await history.after(start, feed.head)
    assert sorted(reads) == [0, PAGE]
    history.forget(CUSTOMER)
    for start in starts:
        await history.after(start, feed.head)
    assert sorted(reads) == [0, PAGE, PAGE], "the page of the others is kept"
