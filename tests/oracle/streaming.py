"""Readers of the stream."""

import http.client
import socket
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.oracle.reader import SILENCE_SECONDS, Mark, Reader, check

_GULP = 65536


class Block(NamedTuple):
    """One block of a stream."""

    id: str
    event: str
    data: bytes


class Streaming(Reader):
    """Reads the stream. asleep: takes nothing from the socket while it is set."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asleep = threading.Event()

    def follow(self) -> None:
        """One stream; left by itself after some blocks, in order to come back."""
        leaves_after = self.random.choice((1, 20, 200, 10**9))
        connection = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=SILENCE_SECONDS)
        try:
            for number, block in enumerate(self._blocks(connection)):
                if block.event == "goodbye":
                    self.counts["goodbyes"] += 1
                    if block.id:  # which there is none; but a browser would go on from it
                        self.take(block.id, "", b"")
                    return
                self._take(number, block)
                if self.leaves() or (number >= leaves_after and not self.steady.is_set()):
                    return
        finally:
            connection.close()
        raise ValueError("a stream ended without a goodbye")

    def _take(self, number: int, block: Block) -> None:
        if number or block.event:
            self.take(*block)
        elif block.id:
            # With `retry:` comes the position to resume from, unless a reset follows at once.
            self.marks.append(Mark("first", block.id))
            self.position = block.id

    def _blocks(self, connection: http.client.HTTPConnection) -> Iterator[Block]:
        connection.connect()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _GULP)
        headers = {
            "Accept": "text/event-stream",
            "Authorization": f"Bearer {self.token}",
            "Last-Event-ID": self.position,
        }
        connection.request("GET", f"/api/v1/events?{self.sees.query}", headers=headers)
        response = connection.getresponse()
        if response.status != 200:
            check(response, response.read(), 200)
        rest = b""
        while data := self._read(response):
            *blocks, rest = (rest + data).split(b"\n\n")
            yield from map(_parse, blocks)

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        while self.asleep.is_set() and not self.stopped.wait(0.05):
            pass
        return response.read1(_GULP)


class Slow(Streaming):
    """Reads the stream more slowly than it comes."""

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        if self.steady.is_set():
            return super()._read(response)
        self.pause(0.2)
        return response.read1(_GULP // 16)


def _parse(block: bytes) -> Block:
    fields = dict(line.partition(b": ")[::2] for line in block.split(b"\n"))
    return Block(fields.get(b"id", b"").decode(), fields.get(b"event", b"").decode(), fields.get(b"data", b""))
