"""Older events, in pages of the log that all who lack them share: many who come back together cost what one does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from consentfeed.events import Event, Position, Row, event_from_row
from consentfeed.feed import Feed, Forked, chained

PAGE: Final = 1000
_KEPT: Final = 8
# A page: the place before it, and its events.
Page = tuple[Position, list[Event]]


class Backlog:
    """Reads the log behind memory, a page whenever it gets one of `reads`."""

    def __init__(
        self, feed: Feed, read_after: Callable[[int, int], Awaitable[list[Row]]], reads: asyncio.Semaphore
    ) -> None:
        self._feed = feed
        self._read_after = read_after
        self._reads = reads
        self._pages: dict[tuple[int, int], asyncio.Task[Page]] = {}

    async def after(self, cursor: Position, upto: Position) -> list[Event]:
        """The next events after a place, at most a page of them, none where none is there; raises Forked."""
        number = cursor.seq // PAGE
        # A page that is not full yet would be old as soon as it is read.
        if (number + 1) * PAGE <= upto.seq and (shared := await self._shared(number, cursor)):
            return shared
        return (await self._read(cursor))[1]

    async def contains(self, place: Position) -> bool:
        """Whether the log contains a place, as far as a shared page tells: it may well where this says no. Who asks is
        about to read on from there, from the same page."""
        number = place.seq // PAGE
        return (number + 1) * PAGE <= self._feed.head.seq and bool(await self._shared(number, place))

    async def _shared(self, number: int, cursor: Position) -> list[Event]:
        """What a shared page holds after the cursor; nothing where it is not to be had from there."""
        try:
            before, events = await self._page(number)
        except Forked:  # dropped in the middle of it: from the cursor itself there may be a way
            return []
        index = cursor.seq - before.seq
        if index >= len(events):  # of a log that has become shorter
            return []
        place = events[index - 1].position if index else before
        return events[index:] if place.hash.startswith(cursor.hash) else []

    async def _page(self, number: int) -> Page:
        key = (self._feed.generation, number)
        task = self._pages.pop(key, None)
        if task is None:
            task = asyncio.create_task(self._read(Position(number * PAGE, b"")))
            task.add_done_callback(lambda done: self._forget_failed(key, done))
        self._pages[key] = task  # at the end: what was not asked for longest goes first
        while len(self._pages) > _KEPT:
            del self._pages[next(iter(self._pages))]
        # Who goes away must not take the page from the others.
        return await asyncio.shield(task)

    def _forget_failed(self, key: tuple[int, int], task: asyncio.Task[Page]) -> None:
        if task.cancelled() or task.exception():
            self._pages.pop(key, None)

    async def _read(self, cursor: Position) -> Page:
        async with self._reads:
            rows = await self._read_after(cursor.seq, PAGE)
        events = [event_from_row(row) for row in chained(cursor, rows)]
        return Position(rows[0].seq, rows[0].hash), events
