"""A worker, seen by its supervisor: a process, and the line to it."""

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any, Final

from consentfeed.node.line import Answer, Line, LineClosed
from consentfeed.node.worker import REASONS, Place

COMMAND: Final = (sys.executable, "-m", "consentfeed", "serve")


class WorkerProcess:
    """One process; not to be started again. hung: whether it was ended because it did not answer."""

    def __init__(self, place: Place, arguments: list[str], answer: Answer) -> None:
        """place: with no line yet. answer: what it asks. arguments: of its command, without its place."""
        self._place = place
        self._arguments = arguments
        ours, self._theirs = socket.socketpair()
        self._line = Line(ours, answer)
        self._began = time.monotonic()
        self.answers = False
        self.hung = False

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._began

    async def start(self) -> None:
        """Starts it, in a process group of its own: Ctrl-C is the supervisor's to pass on, once."""
        place = self._place._replace(line=self._theirs.fileno())
        self._process = await asyncio.create_subprocess_exec(
            *COMMAND, *self._arguments, "--worker", str(place),
            pass_fds=(place.listening, place.line, place.memory),
            process_group=0,
        )  # fmt: skip
        self._theirs.close()
        self._running = asyncio.create_task(self._line.run())
        self._started = asyncio.create_task(self._first_answer())

    async def _first_answer(self) -> None:
        with suppress(LineClosed):
            await self._line.ask(REASONS)
            self.answers = True

    async def until_started(self) -> None:
        """Returns when it has answered once, or is gone."""
        await asyncio.wait([self._started])

    async def wait(self) -> int:
        """Its exit status; below 0: the signal that ended it."""
        status = await self._process.wait()
        self.answers = False
        self._running.cancel()
        await asyncio.wait([self._running])
        return status

    async def ask(self, question: str, seconds: float) -> Any:
        """Its answer, or None where none comes in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._line.ask(question)
        except (TimeoutError, LineClosed):
            return None

    @property
    def leaves(self) -> bool:
        """Whether its end of the line is closed: it is ending, and cannot answer."""
        return self._running.done()

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal, where it still runs."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def end_hung(self) -> None:
        """Kills it."""
        self.hung = True
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGKILL)
