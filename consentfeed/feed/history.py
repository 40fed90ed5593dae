"""Older events, in pages of the log that all who lack them share: many who come back together cost what one does."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from consentfeed.feed.live import Feed
from consentfeed.log.chain import Forked, chained
from consentfeed.log.event import Event, Row, event_from_row
from consentfeed.log.position import Position

PAGE: Final = 1000
# So far PostgreSQL reads ahead of who reads one page after the other: one comes while the one before is made events of.
_AHEAD: Final = 2
_KEPT: Final = 16
# So many events are made at a time, in less than a millisecond; then others have their turn.
_PART: Final = 200
_FRESH_SECONDS: Final = 2.0
# A page: the position before it, and its events.
Page = tuple[Position, list[Event]]
# As LogQueries.events_after().
Read = Callable[[int, int], Awaitable[list[Row]]]


class History:
    """Reads the log behind memory, a page whenever it gets one of `reads`; read_page reads those to share."""

    def __init__(self, feed: Feed, read_after: Read, read_page: Read, reads: asyncio.Semaphore) -> None:
        self._feed = feed
        self._read_after = read_after
        self._read_page = read_page
        self._reads = reads
        self._pages: dict[tuple[int, int], tuple[float, asyncio.Task[Page]]] = {}  # and when each was asked for

    async def after(self, position: Position, upto: Position) -> list[Event]:
        """The next events after a position, at most a page of them, none where none is there; raises Forked."""
        number = position.seq // PAGE
        # A page that is not full yet would be old as soon as it is read.
        if (number + 1) * PAGE <= upto.seq and (shared := await self._shared(number, position)):
            if position.seq % PAGE == 0:
                self._read_ahead(number, upto)
            return shared
        return (await self._read(position, self._read_after))[1]

    async def contains(self, position: Position) -> bool:
        """Whether the log contains a position, as far as a shared page tells: it may well where this says no.

        Who asks is about to read on from there, from the same page.
        """
        number = position.seq // PAGE
        if (number + 1) * PAGE > self._feed.head.seq:
            return False
        # What was read long ago may have been dropped since, of which its readers are to be told.
        return bool(await self._shared(number, position, _FRESH_SECONDS))

    def forget(self, customer: str) -> None:
        """Lets go of the pages that show a customer; who reads them already has them, and others read them anew."""
        for key, (_, task) in list(self._pages.items()):
            # A page that is being read may have been read before the customer was emptied.
            if not task.done() or task.cancelled() or task.exception() or _shows(task.result(), customer):
                del self._pages[key]

    async def _shared(self, number: int, position: Position, age: float = float("inf")) -> list[Event]:
        """What a shared page, of at most that age, holds after the position; nothing where it is not there."""
        try:
            # Who goes away must not take the page from the others.
            before, events = await asyncio.shield(self._page(number, age))
        except Forked:  # dropped in the middle of it: from the position itself there may be a way
            return []
        index = position.seq - before.seq
        if index >= len(events):  # of a log that has become shorter
            return []
        here = events[index - 1].position if index else before
        return events[index:] if here.hash.startswith(position.hash) else []

    def _read_ahead(self, number: int, upto: Position) -> None:
        for ahead in range(number + 1, min(number + 1 + _AHEAD, upto.seq // PAGE)):
            self._page(ahead)

    def _page(self, number: int, age: float = float("inf")) -> asyncio.Task[Page]:
        """The page, or who is reading it."""
        key, now = (self._feed.generation, number), time.monotonic()
        began, task = self._pages.pop(key, (0.0, None))
        if task is None or now - began > age:
            began, task = now, asyncio.create_task(self._read(Position(number * PAGE, b""), self._read_page))
            task.add_done_callback(lambda done: self._forget_failed(key, done))
        self._pages[key] = began, task  # at the end: what was not asked for longest goes first
        while len(self._pages) > _KEPT:
            del self._pages[next(iter(self._pages))]
        return task

    def _forget_failed(self, key: tuple[int, int], task: asyncio.Task[Page]) -> None:
        if (task.cancelled() or task.exception()) and self._pages.get(key, (0.0, None))[1] is task:
            del self._pages[key]

    async def _read(self, position: Position, read: Read) -> Page:
        async with self._reads:
            rows = await read(position.seq, PAGE)
        events = await _events(position, rows)
        return Position(rows[0].seq, rows[0].hash), events


async def _events(position: Position, rows: list[Row]) -> list[Event]:
    """The events of rows of which the first is the position; raises Forked."""
    events: list[Event] = []
    for begin in range(0, max(len(rows) - 1, 1), _PART):
        part = rows[begin : begin + _PART + 1]
        events += map(event_from_row, chained(position, part))
        position = Position(part[-1].seq, part[-1].hash)
        await asyncio.sleep(0)
    return events


def _shows(page: Page, customer: str) -> bool:
    return any(event.customer_id == customer for event in page[1])
