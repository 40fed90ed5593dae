"""The newest events in memory, read from the log in order; whoever lacks older ones reads the table."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError, DatabaseAway
from consentfeed.feed.follower import Follower
from consentfeed.log.chain import Forked, chained
from consentfeed.log.event import Event, Row, event_from_row
from consentfeed.log.kinds import CUSTOMER_ERASED
from consentfeed.log.position import Position

logger = structlog.get_logger()
_PAGE = 1000
_WARM_UP = 5000


class Feed:
    """Memory of the newest events. wake() says "look"; what happened is always read from the log."""

    def __init__(
        self,
        read_after: Callable[[int, int], Awaitable[list[Row]]],
        read_head: Callable[[], Awaitable[Position]],
        *,
        max_events: int,
        max_bytes: int,
        poll_seconds: float,
    ) -> None:
        self._read_after = read_after
        self._read_head = read_head
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._poll_seconds = poll_seconds
        self._events: list[Event] = []
        self._bytes = 0
        self._before = Position(0, b"")  # the position before the first event in memory
        self.head = Position(0, b"")
        self.generation = 0  # grows when history changed under us
        self._woken = asyncio.Event()
        self._fresh = asyncio.Condition()
        self._rounds = 0
        self._failures = 0
        self._complete_at = 0.0
        self._followers: set[Follower] = set()

    @property
    def age(self) -> float:
        """Seconds since memory was last known to be complete."""
        return time.monotonic() - self._complete_at

    @property
    def lag(self) -> float:
        """The same, 0 between two reads in time."""
        return self.age if self.age > 1.5 * self._poll_seconds else 0.0

    def follow(self, forget: Callable[[str], None] = lambda _customer: None) -> Follower:
        """A new follower, at the newest event."""
        follower = Follower(self, forget)
        self._followers.add(follower)
        return follower

    def unfollow(self, follower: Follower) -> None:
        """It is woken no more."""
        self._followers.discard(follower)

    def _wake_followers(self) -> None:
        for follower in self._followers:
            follower.wake()

    def forget(self, customer: str) -> None:
        """Takes what identifies a customer out of the events in memory, here and with every follower."""
        for index, event in enumerate(self._events):
            if event.customer_id == customer:
                self._events[index] = event.without_personal_data()
                self._bytes += len(self._events[index].frame) - len(event.frame)
        metrics.feed_memory_bytes.set(self._bytes)
        for follower in self._followers:
            follower.forget(customer)

    def wake(self) -> None:
        """There may be new events."""
        self._woken.set()

    def after(self, position: Position) -> list[Event] | None:
        """All events after a position, or None where memory does not contain it."""
        index = position.seq - self._before.seq
        if not 0 <= index <= len(self._events):
            return None
        here = self._events[index - 1].position if index else self._before
        return self._events[index:] if here.hash.startswith(position.hash) else None

    async def load(self, warm_up: int = _WARM_UP) -> None:
        """Begins at the head of the log, with some events before it; raises DatabaseAway."""
        head = await self._read_head()
        first = max(head.seq - min(warm_up, self._max_events), 0)
        rows = await self._read_after(first, 1)
        # Where the start of the log was dropped, that position is gone; begin at the head itself.
        kept = bool(rows) and rows[0].seq == first
        self._events.clear()
        self._bytes = 0
        self._before = self.head = Position(rows[0].seq, rows[0].hash) if kept else head
        self.generation += 1
        self._wake_followers()
        await self.refresh()

    async def run(self) -> None:
        """Reads whenever woken, and every few seconds whatever was heard; until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._poll_seconds * random.uniform(0.8, 1.2)):
                    await self._woken.wait()
            except TimeoutError:
                pass
            try:
                await self._refresh_or_restart()
            except ConsentfeedError as error:
                logger.warning("feed cannot read", error=type(error).__name__, reason=str(error))
                metrics.feed_failures.inc()
                async with self._fresh:
                    self._failures += 1
                    self._fresh.notify_all()
                await asyncio.sleep(random.uniform(0.1, 0.5))
                self._woken.set()

    async def _refresh_or_restart(self) -> None:
        try:
            await self.refresh()
        except Forked:
            metrics.history_lost.inc()
            logger.error("history changed under us; memory is emptied and all streams are reset", head=self.head.seq)
            # Nothing before the new head: a reset reader begins there.
            await self.load(warm_up=0)

    async def refresh(self) -> None:
        """Reads until memory is complete."""
        # Before the read: what commits during it rings again.
        self._woken.clear()
        more = True
        while more:
            rows = chained(self.head, await self._read_after(self.head.seq, _PAGE))
            more = len(rows) == _PAGE
            if rows:
                self._append([event_from_row(row) for row in rows])
            metrics.feed_lag_events.set((await self._read_head()).seq - self.head.seq if more else 0)
        self._complete_at = time.monotonic()
        async with self._fresh:
            self._rounds += 1
            self._fresh.notify_all()

    async def freshen(self, seconds: float = 5.0) -> None:
        """Returns when memory holds all that was committed before this call; raises DatabaseAway."""
        # The round under way may have read before the commit; the one after it has not.
        wanted, failures = self._rounds + 2, self._failures
        try:
            async with asyncio.timeout(seconds), self._fresh:
                while self._rounds < wanted:
                    if self._failures > failures:
                        raise DatabaseAway("the log cannot be read")
                    self._woken.set()
                    await self._fresh.wait()
        except TimeoutError:
            raise DatabaseAway("the log is not read in time") from None

    def _append(self, events: list[Event]) -> None:
        self._events += events
        self._bytes += sum(len(event.frame) for event in events)
        self.head = events[-1].position
        for event in events:
            if event.name == CUSTOMER_ERASED.name:
                self.forget(event.customer_id)
        metrics.events_read.inc(len(events))
        metrics.feed_head.set(self.head.seq)
        self._trim()
        self._wake_followers()

    def _trim(self) -> None:
        # A quarter at a time, so that the list is not moved for every event.
        if len(self._events) > self._max_events or self._bytes > self._max_bytes:
            drop = max(len(self._events) // 4, 1)
            while len(self._events) - drop > self._max_events:
                drop += 1
            self._bytes -= sum(len(event.frame) for event in self._events[:drop])
            self._before = self._events[drop - 1].position
            del self._events[:drop]
        metrics.feed_memory_bytes.set(self._bytes)
