"""The open streams of this node: where each begins, its life, and its end."""

import asyncio
import random
import time
from contextlib import suppress
from typing import Final

from starlette.types import Receive, Scope, Send

from consentfeed import metrics
from consentfeed.feed.filter import Filter
from consentfeed.feed.live import Feed
from consentfeed.feed.replay import PositionLost, Replay
from consentfeed.log.ids import Ids
from consentfeed.log.position import Position
from consentfeed.settings import Settings
from consentfeed.stream import frames
from consentfeed.stream.admission import Admission, Counts
from consentfeed.stream.connection import Connection
from consentfeed.stream.open_streams import OpenStreams
from consentfeed.stream.pump import Pump
from consentfeed.stream.readers import Reader
from consentfeed.stream.stream import Start, Stream

_GOODBYE_SECONDS: Final = 0.002  # between two goodbyes of a shutdown, or less where time is short
_HEAD: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),  # a proxy that packs the stream would hold it back
    (b"x-accel-buffering", b"no"),  # tells nginx not to hold the stream back
    (b"connection", b"close"),
]


class Streams:
    """All open streams. The pump sends what they lack; here they begin and end."""

    def __init__(self, feed: Feed, replay: Replay, settings: Settings, counts: Counts) -> None:
        self._replay = replay
        self._settings = settings
        self.admission = Admission(settings, counts)
        self.open = OpenStreams()
        self.stale: float | None = None  # for how many seconds the log could not be read, where that is long
        self.pump = Pump(
            feed,
            replay.read_older,
            self._reset,
            lambda: frames.heartbeat(self.stale),
            self._forget,
            heartbeat_seconds=settings.heartbeat_seconds,
            stall_seconds=settings.stall_seconds,
        )

    async def start(self, filter: Filter, ids: Ids, id: str | None) -> Start:
        """Where a stream that asks for the position of an id, or for now, begins; raises ConsentfeedError."""
        # Before the position is judged: what changes after that is noticed.
        lost, generation, head = "", self.pump.follower.generation, self.pump.position
        try:
            resume = await (self._replay.find(id, filter, ids) if id else self._replay.newest(filter, head))
        except PositionLost as error:
            lost, head = error.reason, self.pump.position
            resume = await self._replay.newest(filter, head)
        # Nothing is to be sent between the newest position and where the pump stood, however far back a customer's is.
        position = max(resume, head) if lost or not id else resume
        return Start(position, resume, generation, lost)

    async def serve(self, stream: Stream, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a stream until either side ends it."""
        await send({"type": "http.response.start", "status": 200, "headers": self._head(stream)})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        connection = Connection(send, scope["consentfeed.transport"], scope["consentfeed.flow"])
        await connection.write(self._first_bytes(stream))
        scope["headers"].clear()  # a browser's are some KB, and would be kept as long as the stream
        position, resume, generation, _ = stream.start
        stream.reader = Reader(stream.filter, stream.ids, position, generation, connection, resume_position=resume)
        stream.live_for(self._settings.lifetime_seconds * random.uniform(0.9, 1.1))
        self.open.add(stream)
        self.admission.enter(stream.principal)
        self.pump.open(stream.reader)
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.open.discard(stream)
            self.admission.leave(stream.principal)
            if not stream.reader.gone:  # ended by the client, not by us
                metrics.streams_closed.labels("client").inc()
            self.pump.close(stream.reader)

    def _head(self, stream: Stream) -> list[tuple[bytes, bytes]]:
        head = [*_HEAD, (b"consentfeed-heartbeat", b"%g" % self._settings.heartbeat_seconds)]
        # To a customer it would tell how much happens to others.
        if stream.principal.role != "customer":
            behind = max(self.pump.position.seq - stream.start.resume_position.seq, 0)
            head.append((b"consentfeed-behind", b"%d" % behind))
        return head

    def _first_bytes(self, stream: Stream) -> bytes:
        event_id, retry = stream.ids.write(stream.start.resume_position), self._settings.retry_ms
        lost = stream.start.lost
        return frames.lost_position(event_id, lost, retry) if lost else frames.first_bytes(event_id, retry)

    def _forget(self, customer: str) -> None:
        """Lets go of what identifies a customer, and of the customer's own streams: nobody may read them any more."""
        self._replay.forget(customer)
        for stream in list(self.open):
            if stream.principal.only_customer == customer and not stream.ending:
                self.end(stream, "signed-out")

    async def _reset(self, reader: Reader, reason: str | None) -> tuple[bytes, Position]:
        """What tells a reader in mid-stream that its position is lost, and where it goes on."""
        reason = reason or await self._replay.why_lost(reader.position, reader.filter)
        position = await self._replay.newest(reader.filter, self.pump.position)
        return frames.reset(reader.ids.write(position), reason), position

    def end(self, stream: Stream, reason: str) -> None:
        """Says goodbye and closes; the reason is one of the contract's."""
        stream.end()
        metrics.streams_closed.labels(reason).inc()
        self.pump.take_over(stream.reader, stream.reader.connection.end(frames.goodbye(reason)))

    async def drain(self, seconds: float) -> None:
        """Refuses new streams, ends the open ones, and returns when all have ended, or the time is up."""
        self.admission.draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._say_goodbye(seconds * 2 / 3)
                while self.open:
                    await asyncio.sleep(0.02)
        for stream in list(self.open):
            stream.reader.connection.abort()

    async def _say_goodbye(self, seconds: float) -> None:
        """One after another, so that clients do not all come back at once."""
        began, pause = time.monotonic(), min(seconds / max(len(self.open), 1), _GOODBYE_SECONDS)
        for number, stream in enumerate(list(self.open)):
            await asyncio.sleep(max(began + number * pause - time.monotonic(), 0))
            if stream in self.open and not stream.ending:
                self.end(stream, "shutdown")
