"""Hears the doorbell: LISTEN consentfeed, for ever, on a connection of its own that proves that it hears."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from consentfeed import database_url, metrics
from consentfeed.errors import DatabaseAway
from consentfeed.postgres.connection import LOST, connect, words

logger = structlog.get_logger()


class Listener:
    """Calls wake() for each NOTIFY, with the position that it names and the process of PostgreSQL that sent it, and
    after each (re)connect with None and 0, because notifications may have been missed."""

    def __init__(self, url: str, wake: Callable[[int | None, int], None], probe_seconds: float) -> None:
        self._url = database_url.read(url)
        self._wake = wake
        self._probe_seconds = probe_seconds
        self._channel = f"consentfeed_probe_{random.getrandbits(64):016x}"
        self._echo = asyncio.Event()
        self._heard_at = 0.0

    @property
    def age(self) -> float:
        """Seconds since the listener last proved that it hears."""
        return time.monotonic() - self._heard_at

    @property
    def hears(self) -> bool:
        """Whether the last proof is younger than two probes and their deadline."""
        return self.age < 3 * self._probe_seconds

    async def run(self) -> None:
        """Listens until cancelled; reconnects with back-off."""
        failures = 0
        while True:
            try:
                await self._listen()
            except (*LOST, asyncpg.PostgresError, DatabaseAway) as error:
                # A connection that worked for a while starts the back-off anew.
                failures = 1 if self.hears else failures + 1
                logger.warning("listener lost", error=type(error).__name__, reason=words(error), failures=failures)
            metrics.listener_reconnects.inc()
            await asyncio.sleep(random.uniform(0.05, 0.15) * 2 ** min(failures, 5))

    async def _listen(self) -> None:
        connection = await connect(self._url, "consentfeed listener")
        try:
            await connection.add_listener("consentfeed", self._hear)
            await connection.add_listener(self._channel, lambda *_: self._echo.set())
            # LISTEN first, then read: what was committed in between is found by one or the other.
            self._wake(None, 0)
            logger.info("listener connected")
            while True:
                await self._probe(connection)
                await asyncio.sleep(self._probe_seconds)
        finally:
            # Not close(): on a half-open connection it would wait for an answer that never comes.
            connection.terminate()

    def _hear(self, _connection: object, process: int, _channel: str, payload: object) -> None:
        self._wake(_seq(payload), process)

    async def _probe(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """A NOTIFY to oneself with a deadline: the only thing that tells a half-open connection from a quiet one."""
        self._echo.clear()
        async with asyncio.timeout(self._probe_seconds):
            await connection.execute("SELECT pg_notify($1, '')", self._channel)
            await self._echo.wait()
        self._heard_at = time.monotonic()


def _seq(payload: object) -> int | None:
    """The position that a notification names; None where it names none, as one that somebody else sends."""
    text = str(payload)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


async def hears(url: str, ring: Callable[[str], Awaitable[None]], seconds: float) -> float | None:
    """Listens as the service does, has somebody ring, and returns how long it took, None where nothing was heard.

    Who rings uses another connection: behind a pooler a NOTIFY to oneself may come back by chance. Raises DatabaseAway.
    """
    channel, heard = f"consentfeed_probe_{random.getrandbits(64):016x}", asyncio.Event()
    try:
        connection = await connect(database_url.read(url), "consentfeed doctor")
        try:
            await connection.add_listener(channel, lambda *_: heard.set())
            began = time.monotonic()
            await ring(channel)
            async with asyncio.timeout(seconds):
                await heard.wait()
            return time.monotonic() - began
        finally:
            connection.terminate()
    except TimeoutError:
        return None
    except (*LOST, asyncpg.PostgresError) as error:
        raise DatabaseAway(words(error)) from error
