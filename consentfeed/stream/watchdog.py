"""Looks after open streams: ends those whose time or session is over, and tells them when the log cannot be read."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from consentfeed.errors import Busy, DatabaseAway
from consentfeed.feed.live import Feed
from consentfeed.settings import Settings
from consentfeed.stream.streams import Streams

_SECONDS: Final = 1.0


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

    def _sessions(self) -> list[UUID]:
        principals = (stream.principal for stream in self._streams.open)
        return list({principal.session for principal in principals if principal.session})

    async def _end_signed_out(self) -> None:
        # Ids as they are: to make UUIDs of ten thousand, each second, is half of all that this costs.
        accounts = {(stream.principal.id, stream.principal.role) for stream in self._streams.open}
        ended = await self._ended(self._sessions(), list(accounts))
        for stream in list(self._streams.open) if ended else ():
            if stream.principal.session in ended or UUID(stream.principal.id) in ended:
                self._streams.end(stream, "signed-out")

    async def _touch_sessions(self) -> None:
        """Notes, less often than streams are looked at, that a session with an open stream is used."""
        now = time.monotonic()
        if now - self._touched_at >= self._touch_seconds:
            await self._touch(self._sessions())
            self._touched_at = now
