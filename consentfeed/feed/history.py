"""Older events, in pages of the log that all who lack them share: many who come back together cost what one does."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from consentfeed.feed.live import Feed, Forked, chained
from consentfeed.log.event import Event, Position, Row, event_from_row

PAGE: Final = 1000
_KEPT: Final = 8
_FRESH_SECONDS: Final = 2.0
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
        self._pages: dict[tuple[int, int], tuple[float, asyncio.Task[Page]]] = {}  # and when each was asked for

    async def after(self, cursor: Position, upto: Position) -> list[Event]:
        """The next events after a place, at most a page of them, none where none is there; raises Forked."""
        number = cursor.seq // PAGE
        # A page that is not full yet would be old as soon as it is read.
        if (number + 1) * PAGE <= upto.seq and (shared := await self._shared(number, cursor)):
            # PostgreSQL reads the next page while this one is sent, for who reads one after the other.
            if cursor.seq % PAGE == 0 and (number + 2) * PAGE <= upto.seq:
                self._asked(number + 1)
            return shared
        return (await self._read(cursor))[1]

    async def contains(self, place: Position) -> bool:
        """Whether the log contains a place, as far as a shared page tells: it may well where this says no. Who asks is
        about to read on from there, from the same page."""
        number = place.seq // PAGE
        if (number + 1) * PAGE > self._feed.head.seq:
            return False
        # What was read long ago may have been dropped since, of which its readers are to be told.
        return bool(await self._shared(number, place, _FRESH_SECONDS))

    async def _shared(self, number: int, cursor: Position, age: float = float("inf")) -> list[Event]:
        """What a shared page, of at most that age, holds after the cursor; nothing where it is not there."""
        try:
            # Who goes away must not take the page from the others.
            before, events = await asyncio.shield(self._asked(number, age))
        except Forked:  # dropped in the middle of it: from the cursor itself there may be a way
            return []
        index = cursor.seq - before.seq
        if index >= len(events):  # of a log that has become shorter
            return []
        place = events[index - 1].position if index else before
        return events[index:] if place.hash.startswith(cursor.hash) else []

    def _asked(self, number: int, age: float = float("inf")) -> asyncio.Task[Page]:
        """The page, or who is reading it."""
        key, now = (self._feed.generation, number), time.monotonic()
        began, task = self._pages.pop(key, (0.0, None))
        if task is None or now - began > age:
            began, task = now, asyncio.create_task(self._read(Position(number * PAGE, b"")))
            task.add_done_callback(lambda done: self._forget_failed(key, done))
        self._pages[key] = began, task  # at the end: what was not asked for longest goes first
        while len(self._pages) > _KEPT:
            del self._pages[next(iter(self._pages))]
        return task

    def _forget_failed(self, key: tuple[int, int], task: asyncio.Task[Page]) -> None:
        if (task.cancelled() or task.exception()) and self._pages.get(key, (0.0, None))[1] is task:
            del self._pages[key]

    async def _read(self, cursor: Position) -> Page:
        async with self._reads:
            rows = await self._read_after(cursor.seq, PAGE)
        events = [event_from_row(row) for row in chained(cursor, rows)]
        return Position(rows[0].seq, rows[0].hash), events
