"""The newest events in memory, in the order of the log; whoever lacks older ones reads the table.

They are read from the table. Where a relay brings them first (relay/), each is checked against the chain as ever, and
the table is read where something is missing, does not fit, or has not come in time.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError, DatabaseAway
from consentfeed.feed.follower import Follower
from consentfeed.feed.rows import RecentRows
from consentfeed.feed.supply import GRACE_SECONDS, READ_SECONDS, Supply
from consentfeed.log.chain import Forked, chained, chains
from consentfeed.log.event import Event, Row, event_from_row
from consentfeed.log.kinds import CUSTOMER_ERASED
from consentfeed.log.position import Position
from consentfeed.tracing import switch

logger = structlog.get_logger()
_PAGE = 1000
_WARM_UP = 5000


class Feed:
    """Memory of the newest events. wake() says "look"; what happened is read from the log, or came by itself.

    keep_rows: how many of the newest rows are kept as they were read, for a relay.
    """

    def __init__(
        self,
        read_after: Callable[[int, int], Awaitable[list[Row]]],
        read_head: Callable[[], Awaitable[Position]],
        *,
        max_events: int,
        max_bytes: int,
        poll_seconds: float,
        keep_rows: int = 0,
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
        self.supply = Supply()
        self.rows = RecentRows(keep_rows)
        self._woken = asyncio.Event()
        self._arrived = asyncio.Event()
        self._rung = 0  # the newest event that somebody has rung for
        self._must_read = True
        self._read_at = 0.0
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
        self.rows.forget(customer)
        for follower in self._followers:
            follower.forget(customer)

    def wake(self, seq: int | None = None, *, own: bool = False) -> None:
        """There may be new events, up to seq where it is known: a hint, whether they have come by themselves.

        A number that does not grow is of another history, or nobody's: the log is read. own: of a commit of this node
        that is under way; offer_own() comes next, whatever becomes of it.
        """
        if own and seq is not None and seq > self._rung:
            self._rung = seq
            return
        self._must_read = self._must_read or seq is None or seq <= self._rung
        self._rung = seq or 0
        self._woken.set()
        if self._must_read:
            self._arrived.set()

    def offer(self, row: Row) -> None:
        """The next row, which has come by itself. Where it does not follow on what is in memory, the log is read."""
        if row.seq <= self.head.seq:
            return
        if row.seq != self.head.seq + 1 or not chains(self.head.hash, row):
            metrics.nats_refused.labels("gap").inc()
            self.wake()
            return
        metrics.nats_events.inc()
        self._append([row], switch.now())

    def offer_own(self, rows: Sequence[Row]) -> None:
        """Rows that this node has committed. Where they do not follow on, the log is read as soon as it is rung for."""
        head = Row(*self.head, None, None, None, None)
        with suppress(Forked):
            self._append(chained(self.head, [head, *rows]), switch.now())
        if self._rung > self.head.seq:
            self._woken.set()

    def vouch(self, position: Position) -> None:
        """Who brings rows has brought all up to a position, and that is all there is."""
        self.supply.hear()
        if position == self.head:
            self._complete_at = time.monotonic()
        # Behind us it may be, for who reads the table is faster at times; but in the same history.
        elif position.seq >= self.head.seq or (position.seq >= self._before.seq and self.after(position) is None):
            self.wake()

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
        self.rows.clear()
        self._bytes = 0
        self._before = self.head = Position(rows[0].seq, rows[0].hash) if kept else head
        self.generation += 1
        self._wake_followers()
        await self.refresh()

    async def run(self) -> None:
        """Reads whenever woken, and every few seconds whatever was heard; until cancelled. What comes by itself is not
        read, and the log seldom."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds * random.uniform(0.8, 1.2)):
                    await self._woken.wait()
            if self._has_all() or await self._is_supplied():
                continue
            try:
                await self._refresh_or_restart()
            except ConsentfeedError as error:
                logger.warning("feed cannot read", error=type(error).__name__, reason=str(error))
                metrics.feed_failures.inc()
                async with self._fresh:
                    self._failures += 1
                    self._fresh.notify_all()
                await asyncio.sleep(random.uniform(0.1, 0.5))
                self.wake()

    def _has_all(self) -> bool:
        """Whether all that was rung for is here already: this node wrote it. Every few seconds the log is read."""
        now = time.monotonic()
        if self._must_read or not self._woken.is_set() or self._rung > self.head.seq:
            return False
        if now - self._read_at > self._poll_seconds:
            return False
        self._woken.clear()
        self._complete_at = now
        return True

    async def _is_supplied(self) -> bool:
        """Whether all that was rung for has come by itself, or does so within a moment."""
        if not self.supply.is_prompt or time.monotonic() - self._read_at > READ_SECONDS * random.uniform(0.8, 1.2):
            return False
        is_woken, seq = self._woken.is_set(), self._rung
        self._woken.clear()
        if is_woken and not await self._arrives(seq):
            metrics.nats_missed.inc(not self._must_read)
            return False
        if is_woken:
            self._complete_at = time.monotonic()
        return not self._must_read

    async def _arrives(self, seq: int) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while self.head.seq < seq and not self._must_read:
                    self._arrived.clear()
                    await self._arrived.wait()
        return self.head.seq >= seq and not self._must_read

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
        self._must_read = False
        self._read_at = time.monotonic()
        more = True
        while more:
            head, began = self.head, switch.now()
            metrics.feed_reads.inc()
            rows = chained(head, await self._read_after(head.seq, _PAGE))
            more = len(rows) == _PAGE
            self._append(self._not_yet_here(rows), began)
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
                    self.wake()
                    await self._fresh.wait()
        except TimeoutError:
            raise DatabaseAway("the log is not read in time") from None

    def _not_yet_here(self, rows: list[Row]) -> list[Row]:
        """Of rows that were read, those which have not come by themselves meanwhile; raises Forked."""
        if any(row.seq == self.head.seq and row.hash != self.head.hash for row in rows):
            raise Forked
        return [row for row in rows if row.seq > self.head.seq]

    def _append(self, rows: Sequence[Row], began: int) -> None:
        """Rows that follow on what is in memory; began: when it was asked for them, as of switch.now()."""
        if not rows:
            return
        events = [event_from_row(row) for row in rows]
        self._events += events
        self.rows.add(rows)
        self._bytes += sum(len(event.frame) for event in events)
        self.head = events[-1].position
        for event in events:
            if event.name == CUSTOMER_ERASED.name:
                self.forget(event.customer_id)
        if switch.tracer is not None:
            switch.tracer.read(rows[0].seq, rows[-1].seq, began)
        metrics.events_read.inc(len(events))
        metrics.feed_head.set(self.head.seq)
        self._trim()
        self._arrived.set()
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
