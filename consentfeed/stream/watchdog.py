"""Looks after open streams: ends those whose time or session is over, and tells them when the log cannot be read."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from consentfeed.errors import Busy, DatabaseAway
from consentfeed.feed.live import Feed
from consentfeed.settings import Settings
from consentfeed.stream.open_streams import TURNS
from consentfeed.stream.stream import Stream
from consentfeed.stream.streams import Streams

_SECONDS: Final = 1.0
# So many streams are looked at each second. Where there are more, a third of them, by turns: each after three seconds,
# of the five in which one has to end whose session or token has.
_AT_ONCE: Final = 1000


class Watchdog:
    """Looks at all streams of a node each second.

    ended(sessions, accounts with the role of each): which of them may not be used any more. touch(sessions): they are
    used.
    """

    def __init__(
        self,
        streams: Streams,
        feed: Feed,
        ended: Callable[[Sequence[UUID], Sequence[tuple[UUID | str, str]]], Awaitable[set[UUID]]],
        touch: Callable[[Sequence[UUID]], Awaitable[None]],
        settings: Settings,
    ) -> None:
        self._streams = streams
        self._feed = feed
        self._ended = ended
        self._touch = touch
        self._stale_seconds = 3 * settings.poll_seconds
        self._touch_seconds = min(30.0, settings.session_idle_minutes * 3)  # a twentieth of the limit
        self._touched_at = 0.0
        self._turn = 0

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            await asyncio.sleep(_SECONDS)
            self._tell_stale()
            with suppress(Busy, DatabaseAway):
                await self._look()
                await self._touch_sessions()

    async def _look(self) -> None:
        streams = self._whose_turn_it_is()
        self._end_those_in_time(streams)
        if streams:
            await self._end_signed_out(streams)
        self._turn = (self._turn + 1) % TURNS  # not before: who could not be asked after is asked after next

    def _tell_stale(self) -> None:
        """A log that has not been read to its end for too long is not live: a heartbeat says so at once."""
        before, age = self._streams.stale, self._feed.age
        self._streams.stale = age if age > self._stale_seconds else None
        if (before is None) != (self._streams.stale is None):
            self._streams.pump.beat_soon()

    def _whose_turn_it_is(self) -> list[Stream]:
        streams = self._streams.open
        return list(streams) if len(streams) <= _AT_ONCE else streams.part(self._turn)

    def _end_those_in_time(self, streams: list[Stream]) -> None:
        now, clock = time.monotonic(), time.time()
        for stream in streams:
            if stream.expires_at <= clock:
                self._streams.end(stream, "signed-out")
            elif stream.ends_at <= now:
                self._streams.end(stream, "lifetime")

    async def _end_signed_out(self, streams: list[Stream]) -> None:
        # Ids as they are: to make UUIDs of thousands, each second, is half of all that this costs.
        accounts = {(stream.principal.id, stream.principal.role) for stream in streams}
        ended = await self._ended(_sessions(streams), list(accounts))
        for stream in streams if ended else ():
            is_ended = stream.principal.session in ended or UUID(stream.principal.id) in ended
            if is_ended and stream in self._streams.open and not stream.ending:
                self._streams.end(stream, "signed-out")

    async def _touch_sessions(self) -> None:
        """Notes, less often than streams are looked at, that a session with an open stream is used."""
        now = time.monotonic()
        if self._streams.open and now - self._touched_at >= self._touch_seconds:
            await self._touch(_sessions(self._streams.open))
            self._touched_at = now


def _sessions(streams: Iterable[Stream]) -> list[UUID]:
    return list({session for stream in streams if (session := stream.principal.session)})
