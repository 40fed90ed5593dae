"""One task that hands every live reader the events it lacks.

A reader is live while it stands at the pump's place. It leaves when it takes no more or older events are asked for, is
served by a task of its own then, and joins again when it has caught up: each of them has a place, none has a queue.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError
from consentfeed.feed.filter import Filter
from consentfeed.feed.live import Feed, Forked
from consentfeed.log.event import Event, Position
from consentfeed.stream.readers import Groups, Reader, Write, chunks, framed

log = structlog.get_logger()
_SLICE_SECONDS = 0.001  # uvloop accepts one connection per turn, so a burst must not keep the loop for long


class Pump:
    """Fan-out. `read_older(filter, cursor, upto)` reads a page from the table: (events, place it reaches).

    `reset(reader, reason)` gives the block that tells a reader that its place is lost, and the place to go on from;
    reason None: to be found out.
    """

    def __init__(
        self,
        feed: Feed,
        read_older: Callable[[Filter, Position, Position], Coroutine[Any, Any, tuple[list[Event], Position]]],
        reset: Callable[[Reader, str | None], Coroutine[Any, Any, tuple[bytes, Position]]],
        heartbeat: Callable[[str], bytes],
        *,
        heartbeat_seconds: float,
        stall_seconds: float,
    ) -> None:
        self._feed = feed
        self._read_older = read_older
        self._reset = reset
        self._heartbeat = heartbeat
        self._heartbeat_seconds = heartbeat_seconds
        self._stall_seconds = stall_seconds
        self._groups = Groups()
        self._woken = asyncio.Event()
        self._beat_now = False
        self._reached = asyncio.Condition()
        self.place = feed.head
        self.generation = feed.generation
        feed.on_change = self._woken.set

    def open(self, reader: Reader) -> None:
        """Begins to serve a reader from its cursor on, which was found to be a place of the reader's generation."""
        self._catch_up(reader)

    def close(self, reader: Reader) -> None:
        """Stops serving a reader; a write under way is abandoned."""
        reader.gone = True
        self._leave(reader)
        if reader.task is not None:
            reader.task.cancel()

    def take_over(self, reader: Reader, last_words: Write) -> None:
        """Ends a reader with a last write, after the one under way."""
        reader.gone = True
        self._leave(reader)
        before = reader.task
        if before is not None:
            before.cancel()
        reader.task = asyncio.create_task(self._say(reader, before, last_words))

    def beat_soon(self) -> None:
        """Heartbeats before their time."""
        self._beat_now = True
        self._woken.set()

    async def reached(self, seq: int, seconds: float = 5.0) -> None:
        """Returns when the pump has sent everything up to seq, or history changed; raises TimeoutError."""
        generation = self.generation
        async with asyncio.timeout(seconds), self._reached:
            await self._reached.wait_for(lambda: self.place.seq >= seq or self.generation != generation)

    async def run(self) -> None:
        """Pumps until cancelled."""
        beat_at = time.monotonic() + self._heartbeat_seconds
        while True:
            try:
                async with asyncio.timeout(max(beat_at - time.monotonic(), 0)):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            if self.generation != self._feed.generation:
                await self._restart()
            await self._round()
            if self._beat_now or time.monotonic() >= beat_at:
                self._beat_now = False
                beat_at = time.monotonic() + self._heartbeat_seconds
                await self._beat()

    async def _restart(self) -> None:
        """History changed: every reader is told by a task of its own, and goes on from the new head."""
        self.generation = self._feed.generation
        self.place = self._feed.head
        for group in self._groups:
            for reader in list(group.live):
                self._catch_up(reader)
        async with self._reached:
            self._reached.notify_all()

    async def _round(self) -> None:
        events = self._feed.after(self.place)
        if events is None:
            # Memory has moved past us while the loop was busy: all readers read the rest from the table.
            events = []
            for group in self._groups:
                for reader in list(group.live):
                    self._catch_up(reader)
        elif not events:
            return
        work = [(group, found, list(group.live)) for group, found in self._groups.matching(events)]
        before = self.place
        # From here on joiners stand behind these events, so that nobody gets them twice.
        self.place = self._feed.head
        for group, found, readers in work:
            await self._send(readers, list(chunks(found, group.ids)), before)
        async with self._reached:
            self._reached.notify_all()

    async def _send(self, readers: list[Reader], parts: list[tuple[bytes, int, Position]], before: Position) -> None:
        slice_ends = time.monotonic() + _SLICE_SECONDS
        delivered = 0
        offers = [(framed(chunk), chunk, count, end) for chunk, count, end in parts]
        for reader in readers:
            cursor = before
            for piece, chunk, count, end in offers:
                if not reader.live or not self._offer(reader, piece, chunk, cursor, end, count):
                    break
                delivered += count
                cursor = end
            if time.monotonic() > slice_ends:
                await asyncio.sleep(0)
                slice_ends = time.monotonic() + _SLICE_SECONDS
        metrics.deliveries.inc(delivered)

    def _offer(self, reader: Reader, piece: bytes, chunk: bytes, cursor: Position, end: Position, count: int) -> bool:
        """One write; True where there was room for it. Else the reader is slow, and gets a task."""
        try:
            if reader.connection.offer(piece):
                return True
        except Exception as error:  # the connection has just been lost
            log.debug("write failed", error=type(error).__name__)
            self.close(reader)
            return False
        metrics.slow_writes.inc()
        reader.cursor = cursor
        self._leave(reader)
        reader.task = asyncio.create_task(self._finish(reader, chunk, end, count))
        return False

    async def _finish(self, reader: Reader, chunk: bytes, end: Position, count: int) -> None:
        if await self._within_deadline(reader, reader.connection.write(chunk)):
            self._sent(reader, end, count)
            await self._serve(reader)

    async def _within_deadline(self, reader: Reader, writing: Write) -> bool:
        """Waits for a write as long as the client takes bytes; False where it took none and was cut off."""
        task = asyncio.ensure_future(writing)
        try:
            while not (await asyncio.wait({task}, timeout=self._stall_seconds))[0]:
                if reader.connection.stalled():
                    reader.gone = True
                    metrics.streams_closed.labels("stalled").inc()
                    return False
            task.result()
            return True
        finally:
            task.cancel()

    def _catch_up(self, reader: Reader) -> None:
        if reader.live:
            reader.cursor = self.place if reader.generation == self.generation else reader.cursor
            self._leave(reader)
        reader.task = asyncio.create_task(self._serve(reader))

    async def _serve(self, reader: Reader) -> None:
        """Sends older events until the reader stands where the pump does."""
        metrics.streams_behind.inc()
        try:
            while not reader.gone and not self._join(reader):
                await self._serve_page(reader)
        except ConsentfeedError as error:
            # The table cannot be read now: the stream stays open and tries again.
            log.warning("stream waits for the table", error=type(error).__name__)
            await asyncio.sleep(1)
            reader.task = asyncio.create_task(self._serve(reader))
        except Exception:
            # Silent for good it would be taken for a quiet one; cut off, the client resumes.
            log.exception("stream failed")
            reader.connection.abort()
        finally:
            metrics.streams_behind.dec()

    async def _serve_page(self, reader: Reader) -> None:
        if reader.generation != self.generation:
            await self._tell_lost(reader, "forked")
            return
        if reader.cursor.seq > self.place.seq:
            await self.reached(reader.cursor.seq, seconds=3600)
            return
        upto = self.place
        # A customer's from the own index alone: walking past others' events would take time by their number.
        events = None if reader.filter.owner else self._feed.after(reader.cursor)
        if events is None:
            metrics.table_reads.inc()
            try:
                events, upto = await self._read_older(reader.filter, reader.cursor, upto)
            except Forked:
                await self._tell_lost(reader, None)
                return
        for chunk, count, end in chunks(
            (e for e in events if e.position.seq <= upto.seq and reader.filter.matches(e)), reader.ids
        ):
            if reader.generation != self.generation or not await self._within_deadline(
                reader, reader.connection.write(chunk)
            ):
                return
            metrics.deliveries.inc(count)
            self._sent(reader, end, count)
        self._sent(reader, upto, 0)
        if own := reader.filter.owner and reader.filter.place_in(events, upto.seq):
            reader.place = own

    async def _tell_lost(self, reader: Reader, reason: str | None) -> None:
        generation = self.generation
        block, place = await self._reset(reader, reason)
        if await self._within_deadline(reader, reader.connection.write(block)):
            # Only now: where the place could not be read, or the block not be sent, it has to be told again.
            reader.generation = generation
            reader.cursor = reader.place = place

    def _sent(self, reader: Reader, end: Position, count: int) -> None:
        reader.cursor = end
        # A customer's place moves with own events alone.
        if count or reader.filter.owner is None:
            reader.place = end

    def _join(self, reader: Reader) -> bool:
        if reader.generation != self.generation or reader.cursor.seq != self.place.seq:
            return False
        if not self.place.hash.startswith(reader.cursor.hash):
            return False  # of another history: the table will tell
        self._groups.add(reader)
        reader.task = None
        return True

    def _leave(self, reader: Reader) -> None:
        if reader.live:
            self._groups.remove(reader)

    async def _beat(self) -> None:
        for group in self._groups:
            place = group.place if group.filter.owner and group.place else self.place
            chunk = self._heartbeat(group.ids.of(place))
            await self._send(list(group.live), [(chunk, 0, self.place)], self.place)

    async def _say(self, reader: Reader, before: asyncio.Task[None] | None, last_words: Write) -> None:
        try:
            if before is not None:
                await asyncio.wait({before})
        except asyncio.CancelledError:
            last_words.close()  # not begun
            raise
        await self._within_deadline(reader, last_words)
