"""Places in the log: whether one is still there, and what comes after it."""

import asyncio

from consentfeed.errors import ConsentfeedError
from consentfeed.feed.filter import Filter, Ids
from consentfeed.feed.history import PAGE, Backlog
from consentfeed.feed.live import Feed, Forked
from consentfeed.log.event import Event, Position, Row, event_from_row, parse_id
from consentfeed.postgres.consents import Database


class PlaceLost(ConsentfeedError):
    """The place asked for is not in this log; reason as in a reset."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Places:
    """Judges places and reads on from them: from memory, or from the table where memory does not reach.

    reads: how many pages may be read from the table at once, so that others get their turn.
    """

    def __init__(self, database: Database, feed: Feed, reads: int) -> None:
        self._database = database
        self._feed = feed
        self._reads = asyncio.Semaphore(reads)
        self._backlog = Backlog(feed, database.backlog_after, self._reads)

    async def find(self, asked: str, wanted: Filter, ids: Ids) -> Position:
        """The place of an id; raises PlaceLost."""
        place = ids.seal.open(asked) if ids.seal else parse_id(asked)
        if place is None:
            raise PlaceLost("unknown")
        if wanted.owner is None and self._feed.after(place) is not None:
            return place
        # One customer's events are read by the customer's own index, not from these pages.
        if wanted.only_customer is None and await self._backlog.contains(place):
            return place
        verdict = await self._database.judge_place(place, wanted.owner)
        if verdict.verdict != "ok":
            raise PlaceLost(verdict.verdict)
        if verdict.place.seq > self._feed.head.seq:
            self._feed.wake()  # another node was faster
        return verdict.place

    async def why_lost(self, place: Position, wanted: Filter) -> str:
        """The reason for a reset at a place that could not be read on from."""
        verdict = (await self._database.judge_place(place, wanted.owner)).verdict
        return "unknown" if verdict == "ok" else verdict

    async def newest(self, wanted: Filter, head: Position) -> Position:
        """The newest place: for a customer the newest own event, else the head."""
        return await self._database.customer_place(wanted.owner) if wanted.owner else head

    async def read_older(self, wanted: Filter, cursor: Position, upto: Position) -> tuple[list[Event], Position]:
        """A page from the table, and the place it reaches; by the customer's own index where it is one customer's."""
        if wanted.only_customer is None:
            events = await self._backlog.after(cursor, upto)
            return events, min(events[-1].position if events else upto, upto)
        rows = await self._customers(wanted, cursor)
        events = [event_from_row(row) for row in rows]
        return events, min(events[-1].position, upto) if len(events) == PAGE else upto

    async def _customers(self, wanted: Filter, cursor: Position) -> list[Row]:
        """One customer's rows after a place; raises Forked: since the place was judged the log may be another."""
        async with self._reads:
            place, *rows = await self._database.customer_events_after(wanted.only_customer or "", cursor.seq, PAGE)
        if (place.hash or b"").startswith(cursor.hash):
            return rows
        # A customer's place is good although the event there is no longer kept.
        if (await self._database.judge_place(cursor, wanted.owner)).verdict == "ok":
            return rows
        raise Forked

    async def page(self, wanted: Filter, place: Position, limit: int) -> tuple[list[Event], Position, bool]:
        """At most limit events after a place, the place reached, and whether there are more; raises PlaceLost."""
        upto, cursor = self._feed.head, place
        events: list[Event] = []
        while cursor.seq < upto.seq and len(events) <= limit:
            # A customer's from the own index alone: walking past others' events would take time by their number.
            known = None if wanted.owner else self._feed.after(cursor)
            try:
                found, cursor = (known, upto) if known is not None else await self.read_older(wanted, cursor, upto)
            except Forked:
                raise PlaceLost(await self.why_lost(cursor, wanted)) from None
            if wanted.owner:
                place = wanted.place_in(found, upto.seq) or place
            events += [event for event in found if event.position.seq <= upto.seq and wanted.matches(event)]
        more = len(events) > limit
        events = events[:limit]
        if more:
            return events, events[-1].position, more
        return events, place if wanted.owner else max(cursor, place), more
