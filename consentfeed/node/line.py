"""Questions and answers between the supervisor and a worker, over a pair of sockets; both may ask."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import msgspec

from consentfeed.errors import ConsentfeedError

Answer = Callable[[str], Awaitable[object]]


class LineClosed(ConsentfeedError):
    """The process at the other end is gone."""


class _Message(msgspec.Struct, omit_defaults=True):
    """A question by its name, or the answer to the question of that number."""

    number: int
    question: str | None = None
    answer: Any = None


class Line:
    """One end. Answers questions while it runs; to be used in one event loop."""

    def __init__(self, end: socket.socket, answer: Answer) -> None:
        self._end = end
        self._answer = answer
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()

    async def run(self) -> None:
        """Returns when the other end is closed."""
        self._end.setblocking(False)
        reader, self._writer = await asyncio.open_connection(sock=self._end)
        self._open.set()
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(4), "big")
                self._take(msgspec.json.decode(await reader.readexactly(length), type=_Message))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(LineClosed())
            for task in self._answering:
                task.cancel()
            self._writer.close()

    async def ask(self, question: str) -> Any:
        """The answer of the other end. Raises LineClosed, and waits for ever where nobody answers."""
        await self._open.wait()
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._send(_Message(number, question))
            return await future
        finally:
            del self._waiting[number]

    def _take(self, message: _Message) -> None:
        if message.question is not None:
            task = asyncio.create_task(self._reply(message.number, message.question))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif (future := self._waiting.get(message.number)) and not future.done():
            future.set_result(message.answer)

    async def _reply(self, number: int, question: str) -> None:
        self._send(_Message(number, answer=await self._answer(question)))

    def _send(self, message: _Message) -> None:
        assert self._writer
        if self._writer.is_closing():
            raise LineClosed
        packed = msgspec.json.encode(message)
        self._writer.write(len(packed).to_bytes(4, "big") + packed)
