"""A TCP proxy that can delay, cut, trickle, swallow, refuse, freeze and alter, and be pointed elsewhere."""

import asyncio
import contextlib
import random
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

MODES = ("delay", "trickle", "hole", "refuse")
_BUFFER = 65536
Alter = Callable[[bytes], bytes]


@dataclass
class _Connection:
    alter: Alter
    begin: bytes = b""  # what the client sent first
    frozen: bool = False


class Proxy:
    """Forwards 127.0.0.1:port to host:target. mode is "pass", one of MODES, or "mute": what comes back is lost.

    buffer: bytes that each side of a connection holds at most; 0: as many as the system likes. alter: makes for each
    connection what changes the bytes that come back.
    """

    def __init__(
        self,
        target: int,
        host: str = "127.0.0.1",
        *,
        seed: str = "",
        buffer: int = 0,
        alter: Callable[[], Alter] | None = None,
    ) -> None:
        self.target = target
        self.mode = "pass"
        self._host = host
        self._buffer = buffer
        self._alter = alter or (lambda: bytes)
        self._frozen: set[bytes] = set()
        self._random = random.Random(seed)
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = self._sized(socket.create_server(("127.0.0.1", 0)))
        self.port: int = listening.getsockname()[1]
        self._server = self._do(asyncio.start_server(self._serve, sock=listening, limit=buffer or _BUFFER))

    @classmethod
    def before(cls, url: str, **options: Any) -> "Proxy":
        """Before the server of a URL."""
        parts = urlsplit(url)
        assert parts.port
        return cls(parts.port, parts.hostname or "127.0.0.1", **options)

    def url(self, url: str) -> str:
        """This URL, by way of the proxy."""
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self.port}"))

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

    def freeze(self, mark: bytes) -> None:
        """From now on connections with this mark in their first bytes carry nothing, and stay open."""
        self._frozen.add(mark)

    def thaw(self) -> None:
        """New connections pass again; those that were frozen stay so, and stay open."""
        self._frozen.clear()

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
        silent = self.mode in ("hole", "mute") or bool(self._frozen)
        self.mode = "pass"
        self.thaw()
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
        connection = _Connection(self._alter())
        try:
            for one in pair if self._buffer else ():
                one.transport.set_write_buffer_limits(self._buffer)
            await asyncio.gather(
                self._pump(reader, there_writer, connection), self._pump(there_reader, writer, connection, back=True)
            )
        finally:
            self._writers -= pair
            there_writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        there = self._sized(socket.socket())
        there.setblocking(False)
        try:
            await self._loop.sock_connect(there, (self._host, self.target))
        except BaseException:
            there.close()
            raise
        return await asyncio.open_connection(sock=there, limit=self._buffer or _BUFFER)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: _Connection, *, back: bool = False
    ) -> None:
        while data := await reader.read(_BUFFER):
            if back:
                data = connection.alter(data)
            elif len(connection.begin) < 1000:
                connection.begin += data
            if self._swallows(connection, back=back):
                while await reader.read(_BUFFER):
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

    def _swallows(self, connection: _Connection, *, back: bool) -> bool:
        # Once one direction has lost something, the other must not go on: the connection would be half alive.
        connection.frozen = connection.frozen or any(mark in connection.begin for mark in self._frozen)
        return connection.frozen or self.mode == "hole" or (self.mode == "mute" and back)

    async def _trickle(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        """A byte at a time, as long as that is the mode."""
        for index in range(len(data)):
            if self.mode != "trickle":
                writer.write(data[index:])
                return
            writer.write(data[index : index + 1])
            await writer.drain()
            await asyncio.sleep(0)
