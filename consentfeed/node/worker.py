"""A worker: a node that shares its port with others, seen from the inside."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
import structlog

from consentfeed import metrics
from consentfeed.node.line import Line, LineClosed
from consentfeed.node.shared_memory import SharedMemory
from consentfeed.node.summed import Family, own_families

logger = structlog.get_logger()
REASONS: Final = "reasons"
METRICS: Final = "metrics"
# Of the supervisor, which itself waits for other workers.
_ANSWER_SECONDS: Final = 3.0


class Place(NamedTuple):
    """What a worker is given by its supervisor: its number from 1, of how many, and descriptors that it inherits."""

    number: int
    workers: int
    listening: int
    line: int
    memory: int

    @classmethod
    def read(cls, text: str) -> "Place":
        """From what str() made of it. Raises ValueError."""
        return cls(*map(int, text.split(":")))

    def __str__(self) -> str:
        """As the supervisor passes it on."""
        return ":".join(map(str, self))


class Worker:
    """The place of a node among the workers of its machine."""

    def __init__(self, place: Place) -> None:
        self.number = place.number
        self.listening = socket.socket(fileno=place.listening)
        self.memory = SharedMemory(place.memory, place.workers)
        self._line = Line(socket.socket(fileno=place.line), self._answer)
        self._own_reasons: Callable[[], list[str]] = lambda: ["starting"]

    async def run(self, own_reasons: Callable[[], list[str]]) -> None:
        """Answers the supervisor. Where that is gone nobody would stop or replace this worker, so it stops itself."""
        self._own_reasons = own_reasons
        await self._line.run()
        logger.error("the supervisor is gone; this worker stops")
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    async def reasons(self) -> list[str]:
        """Why this machine is not ready."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return msgspec.convert(await self._line.ask(REASONS), list[str])
        except (TimeoutError, LineClosed):
            return ["the supervisor of the workers does not answer"]

    async def exposition(self) -> bytes:
        """The metrics of all workers; of this one alone where the supervisor does not answer."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return metrics.exposition(msgspec.convert(await self._line.ask(METRICS), list[Family]))
        except (TimeoutError, LineClosed):
            return metrics.exposition()

    async def _answer(self, question: str) -> object:
        return own_families() if question == METRICS else self._own_reasons()
