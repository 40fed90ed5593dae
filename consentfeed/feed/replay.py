"""From any position of the log on: whether it is still there, and what comes after it."""

import asyncio

from consentfeed.errors import ConsentfeedError
from consentfeed.feed.filter import Filter
from consentfeed.feed.history import PAGE, History
from consentfeed.feed.live import Feed
from consentfeed.log.chain import Forked
from consentfeed.log.event import Event, Row, event_from_row
from consentfeed.log.ids import Ids
from consentfeed.log.position import Position
from consentfeed.postgres.batched import Batched
from consentfeed.postgres.log import LogQueries


class PositionLost(ConsentfeedError):
    """The position asked for is not in this log; reason as in a reset: unknown, forked or pruned."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Replay:
    """Judges positions and reads on from them: from memory, or from the table where memory does not reach.

    reads: how many pages may be read from the table at once, so that others get their turn.
    """

    def __init__(self, log: LogQueries, feed: Feed, reads: int) -> None:
        self._log = log
        self._feed = feed
        self._reads = asyncio.Semaphore(reads)
        self._history = History(feed, log.history_after, log.page_after, self._reads)
        # After a restart or a failover all customers' streams ask at once.
        self._own = Batched(log.customer_positions)

    def forget(self, customer: str) -> None:
        """Lets go of what identifies a customer."""
        self._history.forget(customer)

    async def find(self, id: str, filter: Filter, ids: Ids) -> Position:
        """The position of an id; raises PositionLost."""
        position = ids.read(id)
        if position is None:
            raise PositionLost("unknown")
        if filter.owner is None and self._feed.after(position) is not None:
            return position
        # One customer's events are read by the customer's own index, not from these pages.
        if filter.only_customer is None and await self._history.contains(position):
            return position
        judged = await self._log.judge_position(position, filter.owner)
        if judged.verdict != "ok":
            raise PositionLost(judged.verdict)
        if judged.position.seq > self._feed.head.seq:
            self._feed.wake()  # another node was faster
        # With the whole hash, where the id has a part of it: a fork between now and the next read is noticed.
        return judged.position

    async def why_lost(self, position: Position, filter: Filter) -> str:
        """The reason for a reset at a position that could not be read on from."""
        verdict = (await self._log.judge_position(position, filter.owner)).verdict
        return "unknown" if verdict == "ok" else verdict

    async def newest(self, filter: Filter, head: Position) -> Position:
        """The newest position: for a customer that of the newest own event, else the head."""
        return await self._own.get(filter.owner) if filter.owner else head

    async def read_older(self, filter: Filter, position: Position, upto: Position) -> tuple[list[Event], Position]:
        """A page from the table, and the position it reaches; by a customer's own index where the filter is for one
        customer. Raises Forked."""
        if filter.only_customer is None:
            events = await self._history.after(position, upto)
            return events, min(events[-1].position if events else upto, upto)
        rows = await self._customer_rows(filter, position)
        events = [event_from_row(row) for row in rows]
        # A page that is not full holds all there is: the reader has passed others' events too, up to where it looked.
        return events, min(events[-1].position, upto) if len(events) == PAGE else upto

    async def _customer_rows(self, filter: Filter, position: Position) -> list[Row]:
        """One customer's rows after a position; raises Forked: since it was judged the log may be another."""
        async with self._reads:
            first, *rows = await self._log.customer_events_after(filter.only_customer or "", position.seq, PAGE)
        if (first.hash or b"").startswith(position.hash):
            return rows
        # A customer's position is good although the event there is no longer kept.
        if (await self._log.judge_position(position, filter.owner)).verdict == "ok":
            return rows
        raise Forked

    async def page(self, filter: Filter, after: Position, limit: int) -> tuple[list[Event], Position, bool]:
        """At most limit events after a position, the position reached, and whether there are more; raises
        PositionLost."""
        upto, position, own = self._feed.head, after, after
        page: list[Event] = []
        while position.seq < upto.seq and len(page) <= limit:
            # A customer's from the own index alone: walking past others' events would take time by their number.
            memory = None if filter.owner else self._feed.after(position)
            try:
                events, position = (
                    (memory, upto) if memory is not None else await self.read_older(filter, position, upto)
                )
            except Forked:
                raise PositionLost(await self.why_lost(position, filter)) from None
            if filter.owner:
                own = filter.newest_own(events, upto.seq) or own
            page += [event for event in events if event.seq <= upto.seq and filter.matches(event)]
        if len(page) > limit:
            page = page[:limit]
            return page, page[-1].position, True
        return page, own if filter.owner else max(position, after), False
