"""A short answer in one piece: its head waits for its body."""

import asyncio
from typing import Final

_CONTINUE: Final = b"HTTP/1.1 100"
_KNOWN_LENGTH: Final = b"\r\ncontent-length: "


class OneWrite:
    """The way of one answer to the transport. uvicorn writes head and body apart, each by a call of the system,
    in a packet. Where no length is told, as of a stream, the head goes at once."""

    __slots__ = ("_begun", "_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._begun = False

    def write(self, data: bytes) -> None:
        """The head is what comes first, but for the line that asks a client to go on."""
        if self._head:
            data, self._head = self._head + data, b""
        elif not self._begun and not data.startswith(_CONTINUE):
            self._begun = True
            if _KNOWN_LENGTH in data:
                self._head = data
                return
        self._transport.write(data)

    def flush(self) -> None:
        """Writes a head that no body has followed, as for HEAD."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        """Ends the connection."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether it is ended."""
        return self._transport.is_closing()
