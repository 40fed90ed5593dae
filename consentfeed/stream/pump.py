"""One task that hands every live reader the events it lacks.

A reader is live while it stands at the pump's position. It leaves when it takes no more or older events are asked for,
is served by a task of its own then, and joins again when it has caught up: each of them has a position, none has a
queue.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError
from consentfeed.feed.filter import Filter
from consentfeed.feed.live import Feed
from consentfeed.log.chain import Forked
from consentfeed.log.event import Event
from consentfeed.log.position import Position
from consentfeed.stream.frames import chunks, framed
from consentfeed.stream.readers import Groups, Reader, Write
from consentfeed.stream.slices import Slices
from consentfeed.tracing import switch

logger = structlog.get_logger()


class Pump:
    """Fan-out. `read_older(filter, position, upto)` reads a page from the table: (events, the position it reaches).

    `reset(reader, reason)` gives the block that tells a reader that its position is lost, and the position to go on
    from; reason None: to be found out. `heartbeat()` gives the block of a beat for each id.
    """

    def __init__(
        self,
        feed: Feed,
        read_older: Callable[[Filter, Position, Position], Coroutine[Any, Any, tuple[list[Event], Position]]],
        reset: Callable[[Reader, str | None], Coroutine[Any, Any, tuple[bytes, Position]]],
        heartbeat: Callable[[], Callable[[str], bytes]],
        forget: Callable[[str], None],
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
        self._beat_now = False
        self._reached = asyncio.Condition()
        self.follower = feed.follow(forget)

    @property
    def position(self) -> Position:
        """Everything up to here has been handed to all live readers."""
        return self.follower.position

    def open(self, reader: Reader) -> None:
        """Begins to serve a reader from its position on, which was in the log of the reader's generation."""
        self._catch_up(reader)

    def close(self, reader: Reader) -> None:
        """Stops serving a reader; a write under way is abandoned."""
        reader.gone = True
        self._leave(reader)
        if reader.task is not None:
            reader.task.cancel()

    def take_over(self, reader: Reader, last_words: Write) -> None:
        """Ends a reader with a last write, after the one under way."""
        # Before anything is awaited: nothing of the log may follow the last words.
        reader.gone = True
        self._leave(reader)
        before = reader.task
        if before is not None:
            before.cancel()
        reader.task = asyncio.create_task(self._say(reader, before, last_words))

    def beat_soon(self) -> None:
        """Heartbeats before their time."""
        self._beat_now = True
        self.follower.wake()

    async def reached(self, seq: int, seconds: float = 5.0) -> None:
        """Returns when the pump has sent everything up to seq, or history changed; raises TimeoutError."""
        generation = self.follower.generation
        async with asyncio.timeout(seconds), self._reached:
            await self._reached.wait_for(lambda: self.position.seq >= seq or self.follower.generation != generation)

    async def run(self) -> None:
        """Pumps until cancelled."""
        beat_at = time.monotonic() + self._heartbeat_seconds
        while True:
            await self.follower.wait(beat_at - time.monotonic())
            if self.follower.history_changed:
                await self._restart()
            await self._round()
            if self._beat_now or time.monotonic() >= beat_at:
                self._beat_now = False
                beat_at = time.monotonic() + self._heartbeat_seconds
                await self._beat()

    async def _restart(self) -> None:
        """History changed: every reader is told by a task of its own, and goes on from the new head."""
        self.follower.restart()
        for group in self._groups:
            for reader in list(group.live):
                self._catch_up(reader)
        async with self._reached:
            self._reached.notify_all()

    async def _round(self) -> None:
        events = self.follower.events()
        if events is None:
            # Memory has moved past us while the loop was busy: all readers read the rest from the table.
            events = []
            for group in self._groups:
                for reader in list(group.live):
                    self._catch_up(reader)
        elif not events:
            return
        work = [(group, matches, list(group.live)) for group, matches in self._groups.matching(events)]
        before, began, slices = self.position, switch.now(), Slices()
        # From here on joiners stand behind these events, so that nobody gets them twice.
        self.follower.position = self._feed.head
        for group, matches, readers in work:
            # The readers as they stood before: who joined since lacks nothing of this batch.
            await self._send(readers, list(chunks(matches, group.ids)), before, slices)
        if switch.tracer is not None and work:
            streams = sum(len(readers) for *_, readers in work)
            switch.tracer.handed_over(before.seq + 1, self.position.seq, streams, began)
        async with self._reached:
            self._reached.notify_all()

    async def _send(
        self, readers: list[Reader], parts: list[tuple[bytes, int, Position]], before: Position, slices: Slices
    ) -> None:
        delivered = 0
        offers = [(framed(chunk), chunk, count, end) for chunk, count, end in parts]
        for reader in readers:
            position = before
            for piece, chunk, count, end in offers:
                # A pause below may have ended it, or made it slow: then a task of its own goes on from its position.
                if not reader.live or not self._offer(reader, piece, chunk, position, end, count):
                    break
                delivered += count
                position = end
            if slices.is_over:
                await slices.rest()
        metrics.deliveries.inc(delivered)

    def _offer(self, reader: Reader, piece: bytes, chunk: bytes, position: Position, end: Position, count: int) -> bool:
        """One write; True where there was room for it. Else the reader is slow, and gets a task."""
        try:
            if reader.connection.offer(piece):
                return True
        except Exception as error:  # the connection has just been lost
            logger.debug("write failed", error=type(error).__name__)
            self.close(reader)
            return False
        metrics.slow_writes.inc()
        # While it was live its position was the pump's; from here on it is its own, and stands before this chunk.
        reader.position = position
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
            reader.position = self.position if reader.generation == self.follower.generation else reader.position
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
            logger.warning("stream waits for the table", error=type(error).__name__)
            await asyncio.sleep(1)
            reader.task = asyncio.create_task(self._serve(reader))
        except Exception:
            # Silent for good it would be taken for a quiet one; cut off, the client resumes.
            logger.exception("stream failed")
            reader.connection.abort()
        finally:
            metrics.streams_behind.dec()

    async def _serve_page(self, reader: Reader) -> None:
        if reader.generation != self.follower.generation:
            await self._tell_lost(reader, "forked")
            return
        if reader.position.seq > self.position.seq:
            # The client has been served by a node that was faster: wait, rather than send what it has.
            await self.reached(reader.position.seq, seconds=3600)
            return
        await asyncio.sleep(0)  # all others have their turn, however much this client takes without waiting
        # Taken before the page is read: what is appended meanwhile belongs to the next page.
        upto = self.position
        # A customer's from the own index alone: walking past others' events would take time by their number.
        events = None if reader.filter.owner else self._feed.after(reader.position)
        if events is None:
            metrics.table_reads.inc()
            try:
                events, upto = await self._read_older(reader.filter, reader.position, upto)
            except Forked:
                await self._tell_lost(reader, None)
                return
        if not await self._send_page(reader, events, upto):
            return
        self._sent(reader, upto, 0)
        if own := reader.filter.owner and reader.filter.newest_own(events, upto.seq):
            reader.resume_position = own

    async def _send_page(self, reader: Reader, events: list[Event], upto: Position) -> bool:
        """Whether all of it went to the client, in slices between which others have their turn."""
        slices = Slices()
        for chunk, count, end in chunks(
            (e for e in events if e.seq <= upto.seq and reader.filter.matches(e)), reader.ids
        ):
            # Frames of a history that is no more must not follow the reset that tells so.
            if reader.generation != self.follower.generation or not await self._write(reader, chunk):
                return False
            metrics.deliveries.inc(count)
            self._sent(reader, end, count)
            if slices.is_over:
                await slices.rest()
        return True

    async def _write(self, reader: Reader, chunk: bytes) -> bool:
        """Sends a chunk, at once where there is room; False where the client took no byte in time and was cut off."""
        try:
            # Most often there is room; a task and a deadline for each chunk would cost more than the chunk.
            if reader.connection.offer(framed(chunk)):
                return True
        except Exception as error:  # the connection has just been lost, of which the stream is told next
            logger.debug("write failed", error=type(error).__name__)
        return await self._within_deadline(reader, reader.connection.write(chunk))

    async def _tell_lost(self, reader: Reader, reason: str | None) -> None:
        generation = self.follower.generation
        block, position = await self._reset(reader, reason)
        if await self._within_deadline(reader, reader.connection.write(block)):
            # Only now: where the position could not be read, or the block not be sent, it has to be told again.
            reader.generation = generation
            reader.position = reader.resume_position = position

    def _sent(self, reader: Reader, end: Position, count: int) -> None:
        reader.position = end
        # A customer's position moves with own events alone.
        if count or reader.filter.owner is None:
            reader.resume_position = end

    def _join(self, reader: Reader) -> bool:
        # Nothing is awaited between this look and the joining, so that the pump cannot move on in between.
        if reader.generation != self.follower.generation or reader.position.seq != self.position.seq:
            return False
        if not self.position.hash.startswith(reader.position.hash):
            return False  # of another history: the table will tell
        self._groups.add(reader)
        reader.task = None
        return True

    def _leave(self, reader: Reader) -> None:
        if reader.live:
            self._groups.remove(reader)

    async def _beat(self) -> None:
        block, slices = self._heartbeat(), Slices()
        for group in self._groups:
            position = group.resume_position if group.filter.owner and group.resume_position else self.position
            chunk = block(group.ids.write(position))
            await self._send(list(group.live), [(chunk, 0, self.position)], self.position, slices)
            if self.follower.is_woken:  # what is new does not wait until ten thousand have had their beat
                if self.follower.history_changed:
                    return
                await self._round()

    async def _say(self, reader: Reader, before: asyncio.Task[None] | None, last_words: Write) -> None:
        try:
            if before is not None:
                await asyncio.wait({before})
        except asyncio.CancelledError:
            last_words.close()  # not begun
            raise
        await self._within_deadline(reader, last_words)
