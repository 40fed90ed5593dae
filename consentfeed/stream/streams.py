"""GET /api/v1/events: the feed as a stream and as pages, from the same places with the same ids."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
import structlog
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from consentfeed import metrics
from consentfeed.api.shapes import EventPage
from consentfeed.errors import Busy, DatabaseAway, Problem
from consentfeed.feed.filter import Filter, Ids
from consentfeed.feed.live import Feed
from consentfeed.feed.replay import PlaceLost, Places
from consentfeed.http.endpoint import Endpoint, json_answer
from consentfeed.http.input import Limit, Text, read_query
from consentfeed.identity.sessions import Principal
from consentfeed.log.event import Position, Seal
from consentfeed.postgres.consents import Database
from consentfeed.settings import Settings
from consentfeed.stream import frames
from consentfeed.stream.pump import Pump
from consentfeed.stream.readers import Reader
from consentfeed.writes.trail import Trail

log = structlog.get_logger()
_WATCH_SECONDS: Final = 1.0
_GOODBYE_SECONDS: Final = 0.002  # between two goodbyes of a shutdown, or less where time is short
_PLACE: Final = {"Last-Event-ID": Annotated[str, Meta(description="Event id to go on from")]}
_HEAD: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # tells nginx not to hold the stream back
    (b"connection", b"close"),
]


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """Which events; each filter may be repeated, and takes any of its values."""

    customer: Annotated[list[UUID], Meta(description="Customers' ids")] = []
    purpose: Annotated[list[Text], Meta(description="Keys of purposes")] = []
    channel: list[Text] = []
    type: list[Literal["granted", "revoked", "expired"]] = []
    after: Annotated[str, Meta(description="Event id to go on from, where Last-Event-ID is not sent")] = ""
    limit: Limit = 1000

    def filters(self) -> dict[str, object]:
        """The filters by name."""
        return {"customer": self.customer, "purpose": self.purpose, "channel": self.channel, "type": self.type}


class Open:
    """An open stream: who reads it and until when."""

    __slots__ = ("ends_at", "expires_at", "principal", "reader")

    def __init__(self, principal: Principal, lifetime: float, reader: Reader) -> None:
        self.principal = principal
        self.ends_at = time.monotonic() + lifetime
        self.expires_at = principal.expires_at.timestamp()
        self.reader = reader


class Connection:
    """A stream's way to its client: ASGI's send; and below it the transport, which is faster, and can cut off."""

    __slots__ = ("_flow", "_left", "_send", "_transport")

    def __init__(self, send: Send, transport: Any, flow: Any) -> None:
        self._send = send
        self._transport = transport
        self._flow = flow  # uvicorn's
        self._left = 0  # what lay in front of the client when it was asked last

    def offer(self, piece: bytes) -> bool:
        """Sends what is framed if there is room for it; whether there was. May raise where the client has gone."""
        if self._flow.write_paused:
            return False
        self._transport.write(piece)
        return True

    async def write(self, chunk: bytes) -> None:
        """Sends it when there is room."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self, last: bytes) -> None:
        """Sends it, and ends the answer."""
        await self.write(last)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def stalled(self) -> bool:
        """Whether the client took no byte since the last call; then the connection is cut."""
        before, self._left = self._left, self._transport.get_write_buffer_size()
        if self._left and self._left == before:
            self.abort()
            return True
        return False

    def abort(self) -> None:
        """Cuts the connection."""
        self._transport.abort()


class Streams:
    """All streams of this node, and the same feed in pages."""

    def __init__(self, database: Database, feed: Feed, seal: Seal, settings: Settings, trail: Trail) -> None:
        self._database = database
        self._trail = trail
        self._feed = feed
        self._places = Places(database, feed, max(settings.pool_size // 2, 1))
        self._seal = seal
        self._settings = settings
        self._open: set[Open] = set()
        self._held: Counter[str] = Counter()
        self._draining = False
        self._stale: float | None = None
        self._touch_seconds = min(30.0, settings.session_idle_minutes * 3)  # a twentieth of the limit
        self._touched = 0.0
        self.pump = Pump(
            feed,
            self._places.read_older,
            self._reset,
            lambda place: frames.heartbeat(place, self._stale),
            heartbeat_seconds=settings.heartbeat_seconds,
            stall_seconds=settings.stall_seconds,
        )

    def endpoints(self) -> list[Endpoint]:
        """The one route of this file."""
        answers = {200: "Events as a page, or as a stream with Accept: text/event-stream"}
        return [
            Endpoint(
                "GET", "/api/v1/events", self.events, "The feed", answers=answers,
                query=Wanted, gives=EventPage, headers=_PLACE,
                media=("application/json", "text/event-stream"),
                problems=("place-lost", "overloaded", "draining", "too-many-streams"),
            )
        ]  # fmt: skip

    async def events(self, request: Request, principal: Principal) -> Response:
        """One page, or a stream."""
        asked = read_query(request, Wanted, empty=False)
        wanted = await self._filter(asked, principal)
        ids = Ids(self._seal if principal.role == "customer" else None)
        after = request.headers.get("last-event-id") or asked.after or None
        if "text/event-stream" not in request.headers.get("accept", ""):
            return await self._page(principal, asked, wanted, ids, after)
        self._admit(principal)
        # Before the place is judged: what changes after that is noticed.
        lost, generation, head = "", self.pump.generation, self.pump.place
        try:
            place = await self._place(wanted, ids, after, head)
        except PlaceLost as error:
            lost, head = error.reason, self.pump.place
            place = await self._places.newest(wanted, head)
        # Nothing is to be sent between the newest place and where the pump stood, however far back a customer's may be.
        cursor = max(place, head) if lost or after is None else place
        filters = asked.filters() | {"after": after and ids.of(place)}
        await self._trail.note(principal, "open-stream", asked.customer, filters, rows=0)
        self._admit(principal)  # again, after all waiting
        return Stream(self, principal, wanted, ids, place, cursor, generation, lost)

    def _admit(self, principal: Principal) -> None:
        """Raises Problem where this node opens no more streams, or none for somebody who holds as many as one may."""
        if self._draining:
            metrics.refused.labels("draining").inc()
            raise Problem("draining", "Connect again: another node, or this one after its restart, goes on.")
        if len(self._open) >= self._settings.streams:
            metrics.refused.labels("streams-of-node").inc()
            raise Problem("overloaded", "This node holds as many streams as it may. Try again shortly.")
        customer = principal.role == "customer"
        most = self._settings.streams_per_customer if customer else self._settings.streams_per_user
        if self._held[principal.name] >= most:
            metrics.refused.labels("streams").inc()
            raise Problem("too-many-streams", f"Close one of the {most} that are open, or share one.")

    async def _filter(self, asked: Wanted, principal: Principal) -> Filter:
        """The filter asked for; raises Problem for a purpose or channel that there is not."""
        if asked.purpose or asked.channel:
            purposes = await self._database.purposes()
            _known("purpose", asked.purpose, {row["key"] for row in purposes})
            _known("channel", asked.channel, {channel for row in purposes for channel in row["channels"]})
        return Filter(
            owner=principal.only_customer,
            customers=_set(str(customer) for customer in asked.customer),
            purposes=_set(asked.purpose),
            channels=_set(asked.channel),
            types=_set(asked.type),
        )

    async def _page(self, principal: Principal, asked: Wanted, wanted: Filter, ids: Ids, after: str | None) -> Response:
        # A client that has written by any node can read it here.
        await self._feed.freshen()
        try:
            place = await self._place(wanted, ids, after, self._feed.head)
            events, reached, more = await self._places.page(wanted, place, asked.limit)
        except PlaceLost as error:
            detail = "Read the list again, and go on from its position."
            raise Problem("place-lost", detail, reason=error.reason) from None
        customers = [event.customer_id for event in events]
        await self._trail.note(principal, "read-events", customers, asked.filters() | {"after": ids.of(place)})
        shown = [{"id": ids.of(e.position), "event": e.name, "data": msgspec.Raw(e.data)} for e in events]
        return json_answer({"events": shown, "next": ids.of(reached), "more": more})

    async def _place(self, wanted: Filter, ids: Ids, asked: str | None, head: Position) -> Position:
        """The place asked for, or now; raises PlaceLost."""
        if asked is None:
            return await self._places.newest(wanted, head)
        return await self._places.find(asked, wanted, ids)

    # The life of a stream

    async def serve(self, stream: "Stream", scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a stream until either side ends it."""
        await send({"type": "http.response.start", "status": 200, "headers": self._head(stream)})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        connection = Connection(send, scope["consentfeed.transport"], scope["consentfeed.flow"])
        await connection.write(self._first_bytes(stream))
        scope["headers"].clear()  # a browser's are some KB, and would be kept as long as the stream
        lifetime = self._settings.lifetime_seconds * random.uniform(0.9, 1.1)
        reader = Reader(stream.filter, stream.ids, stream.cursor, stream.generation, connection, place=stream.place)
        opened = Open(stream.principal, lifetime, reader)
        self._open.add(opened)
        self._held[opened.principal.name] += 1
        metrics.streams_opened.inc()
        metrics.streams_open.set(len(self._open))
        self.pump.open(opened.reader)
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._open.discard(opened)
            self._let_go(opened.principal)
            if not opened.reader.gone:  # ended by the client, not by us
                metrics.streams_closed.labels("client").inc()
            metrics.streams_open.set(len(self._open))
            self.pump.close(opened.reader)

    def _let_go(self, principal: Principal) -> None:
        self._held[principal.name] -= 1
        if not self._held[principal.name]:
            del self._held[principal.name]

    def _head(self, stream: "Stream") -> list[tuple[bytes, bytes]]:
        head = [*_HEAD, (b"consentfeed-heartbeat", b"%g" % self._settings.heartbeat_seconds)]
        # To a customer it would tell how much happens to others.
        if stream.principal.role != "customer":
            behind = max(self.pump.place.seq - stream.place.seq, 0)
            head.append((b"consentfeed-behind", b"%d" % behind))
        return head

    def _first_bytes(self, stream: "Stream") -> bytes:
        place, retry = stream.ids.of(stream.place), self._settings.retry_ms
        return frames.lost_place(place, stream.lost, retry) if stream.lost else frames.first_bytes(place, retry)

    async def _reset(self, reader: Reader, reason: str | None) -> tuple[bytes, Position]:
        """What tells a reader in mid-stream that its place is lost, and where it goes on."""
        reason = reason or await self._places.why_lost(reader.cursor, reader.filter)
        place = await self._places.newest(reader.filter, self.pump.place)
        return frames.reset(reader.ids.of(place), reason), place

    async def watch(self) -> None:
        """Closes streams whose time is up, or whose session has ended on whatever node; until cancelled."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            before, self._stale = self._stale, self._unread()
            if (before is None) != (self._stale is None):
                self.pump.beat_soon()
            now, clock = time.monotonic(), time.time()
            for opened in [opened for opened in self._open if opened.expires_at <= clock]:
                self._end(opened, "signed-out")
            for opened in [opened for opened in self._open if opened.ends_at <= now]:
                self._end(opened, "lifetime")
            if self._open:
                with suppress(Busy, DatabaseAway):
                    await self._end_signed_out()
                    await self._touch()

    def _unread(self) -> float | None:
        """Seconds since the log was last read to its end, where that is too long ago to be called live."""
        return self._feed.age if self._feed.age > 3 * self._settings.poll_seconds else None

    async def _end_signed_out(self) -> None:
        sessions = {opened.principal.session for opened in self._open if opened.principal.session}
        # Ids as they are: to make UUIDs of ten thousand, each second, is the half of all that this costs.
        accounts = {(opened.principal.id, opened.principal.role) for opened in self._open}
        ended = await self._database.ended(list(sessions), list(accounts))
        for opened in list(self._open) if ended else ():
            if opened.principal.session in ended or UUID(opened.principal.id) in ended:
                self._end(opened, "signed-out")

    async def _touch(self) -> None:
        """Notes, less often than streams are looked at, that a session with an open stream is used."""
        now = time.monotonic()
        if now - self._touched >= self._touch_seconds:
            sessions = {opened.principal.session for opened in self._open if opened.principal.session}
            await self._database.touch_sessions(list(sessions))
            self._touched = now

    async def drain(self, seconds: float) -> None:
        """Refuses new streams, says goodbye to the open ones, one after another so that they do not all come back at
        once, and returns when they have ended, or the time is up."""
        self._draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._say_goodbye(seconds * 2 / 3)
                while self._open:
                    await asyncio.sleep(0.02)
        for opened in list(self._open):
            opened.reader.connection.abort()

    async def _say_goodbye(self, seconds: float) -> None:
        began, pause = time.monotonic(), min(seconds / max(len(self._open), 1), _GOODBYE_SECONDS)
        for number, opened in enumerate(list(self._open)):
            await asyncio.sleep(max(began + number * pause - time.monotonic(), 0))
            if opened in self._open and opened.ends_at < float("inf"):  # else it has been told another reason
                self._end(opened, "shutdown")

    def _end(self, opened: Open, reason: str) -> None:
        opened.ends_at = opened.expires_at = float("inf")
        metrics.streams_closed.labels(reason).inc()
        self.pump.take_over(opened.reader, opened.reader.connection.end(frames.goodbye(reason)))

    @property
    def draining(self) -> bool:
        """Whether this node takes no more streams."""
        return self._draining


class Stream(Response):
    """The answer that is a stream."""

    def __init__(
        self,
        streams: Streams,
        principal: Principal,
        filter: Filter,
        ids: Ids,
        place: Position,
        cursor: Position,
        generation: int,
        lost: str,
    ) -> None:
        self.status_code = 200
        self.background = None
        self._streams = streams
        self.principal = principal
        self.filter = filter
        self.ids = ids
        self.place = place
        self.cursor = cursor
        self.generation = generation
        self.lost = lost

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        """Serves it."""
        return self._streams.serve(self, scope, receive, send)


def _known(name: str, asked: Iterable[str], known: set[str]) -> None:
    if not set(asked) <= known:
        raise Problem("invalid", f"{name} is one of {', '.join(sorted(known))}.")


def _set(values: Iterable[str]) -> frozenset[str] | None:
    return frozenset(values) or None
