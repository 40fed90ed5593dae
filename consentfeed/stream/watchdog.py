"""Looks after open streams: ends those whose time or session is over, and tells them when the log cannot be read."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from consentfeed.errors import Busy, DatabaseAway
from consentfeed.feed.live import Feed
from consentfeed.settings import Settings
from consentfeed.stream.stream import Stream
from consentfeed.stream.streams import Streams

_SECONDS: Final = 1.0
# Whether accounts and sessions may still be used is asked of so many streams at each look, or of a third of them, by
# turns: three seconds at most, of the five in which a stream has to end.
_AT_ONCE: Final = 1000
_TURNS: Final = 3


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
            now, clock = time.monotonic(), time.time()
            for stream in list(self._streams.open):
                if stream.expires_at <= clock:
                    self._streams.end(stream, "signed-out")
                elif stream.ends_at <= now:
                    self._streams.end(stream, "lifetime")
            if self._streams.open:
                with suppress(Busy, DatabaseAway):
                    await self._end_signed_out()
                    await self._touch_sessions()

    def _tell_stale(self) -> None:
        """A log that has not been read to its end for too long is not live: a heartbeat says so at once."""
        before, age = self._streams.stale, self._feed.age
        self._streams.stale = age if age > self._stale_seconds else None
        if (before is None) != (self._streams.stale is None):
            self._streams.pump.beat_soon()

    async def _end_signed_out(self) -> None:
        streams = self._whose_turn_it_is()
        # Ids as they are: to make UUIDs of thousands, each second, is half of all that this costs.
        accounts = {(stream.principal.id, stream.principal.role) for stream in streams}
        ended = await self._ended(_sessions(streams), list(accounts))
        self._turn = (self._turn + 1) % _TURNS  # now: who could not be asked after is asked after next
        for stream in streams if ended else ():
            is_ended = stream.principal.session in ended or UUID(stream.principal.id) in ended
            if is_ended and stream in self._streams.open and not stream.ending:
                self._streams.end(stream, "signed-out")

    def _whose_turn_it_is(self) -> list[Stream]:
        """All, where they are few; else a third, those of an account together: it is asked after once."""
        streams = list(self._streams.open)
        if len(streams) <= _AT_ONCE:
            return streams
        return [stream for stream in streams if hash(stream.principal.id) % _TURNS == self._turn]

    async def _touch_sessions(self) -> None:
        """Notes, less often than streams are looked at, that a session with an open stream is used."""
        now = time.monotonic()
        if now - self._touched_at >= self._touch_seconds:
            await self._touch(_sessions(self._streams.open))
            self._touched_at = now


def _sessions(streams: Collection[Stream]) -> list[UUID]:
    return list({stream.principal.session for stream in streams if stream.principal.session})
