"""A TCP proxy that can delay, cut, trickle, blackhole and refuse, and be pointed elsewhere."""

import asyncio
import contextlib
import random
import socket
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

MODES = ("delay", "trickle", "hole", "refuse")


class Proxy:
    """Forwards 127.0.0.1:port to 127.0.0.1:target. mode is "pass", one of MODES, or "mute": what comes back is lost.

    buffer: bytes that each side of a connection holds at most; 0: as many as the system likes.
    """

    def __init__(self, target: int, seed: str = "", *, buffer: int = 0) -> None:
        self.target = target
        self.mode = "pass"
        self._buffer = buffer
        self._holes: set[bytes] = set()
        self._random = random.Random(seed)
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = self._sized(socket.create_server(("127.0.0.1", 0)))
        self.port: int = listening.getsockname()[1]
        self._server = self._do(asyncio.start_server(self._serve, sock=listening, limit=buffer or 65536))

    def _sized(self, one: socket.socket) -> socket.socket:
        if self._buffer:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._buffer)
        return one

    def _do(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def cut(self) -> None:
        """Breaks all connections, in the middle of whatever they carry."""
        self._do(self._cut())

    def hole(self, mark: bytes) -> None:
        """From now on connections that began with this mark carry nothing, and stay open."""
        self._holes.add(mark)

    @contextlib.contextmanager
    def hard_to_pass(self, mode: str) -> Iterator[None]:
        """It is so for a while."""
        self.mode = mode
        try:
            yield
        finally:
            self.heal()

    def heal(self) -> None:
        """New connections pass; those that had fallen silent are cut, as a network's time-out would."""
        silent = self.mode in ("hole", "mute") or bool(self._holes)
        self.mode = "pass"
        self._holes.clear()
        if silent:
            self.cut()

    def close(self) -> None:
        """Ends it."""
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        await self._cut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.mode != "refuse":
                await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await self._connect()
        pair = {writer, there_writer}
        self._writers |= pair
        begun = bytearray()
        try:
            for one in pair if self._buffer else ():
                one.transport.set_write_buffer_limits(self._buffer)
            await asyncio.gather(
                self._pump(reader, there_writer, begun, first=True), self._pump(there_reader, writer, begun)
            )
        finally:
            self._writers -= pair
            there_writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        there = self._sized(socket.socket())
        there.setblocking(False)
        try:
            await self._loop.sock_connect(there, ("127.0.0.1", self.target))
        except BaseException:
            there.close()
            raise
        return await asyncio.open_connection(sock=there, limit=self._buffer or 65536)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begun: bytearray, *, first: bool = False
    ) -> None:
        while data := await reader.read(65536):
            if first and len(begun) < 1000:
                begun += data
            if self._swallows(begun, first=first):
                while await reader.read(65536):
                    pass  # what falls in does not come out again, also when the hole has closed
                break
            if self.mode == "delay":
                await asyncio.sleep(self._random.uniform(0, 0.2))
            if self.mode == "trickle":
                await self._trickle(writer, data)
            else:
                writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    def _swallows(self, begun: bytearray, *, first: bool) -> bool:
        return self.mode == "hole" or (self.mode == "mute" and not first) or any(mark in begun for mark in self._holes)

    async def _trickle(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        """A byte at a time, as long as that is the mode."""
        for index in range(len(data)):
            if self.mode != "trickle":
                writer.write(data[index:])
                return
            writer.write(data[index : index + 1])
            await writer.drain()
            await asyncio.sleep(0)
