"""A stream's way to its client."""

from typing import Any

from starlette.types import Send


class Connection:
    """A stream's way to its client: ASGI's send; and below it the transport, which is faster, and can cut off."""

    __slots__ = ("_flow", "_left", "_send", "_transport")

    def __init__(self, send: Send, transport: Any, flow: Any) -> None:
        self._send = send
        self._transport = transport
        self._flow = flow  # uvicorn's
        self._left = 0  # what lay in front of the client when it was asked last

    def offer(self, piece: bytes) -> bool:
        """Sends what is framed if there is room for it; whether there was. May raise where the client has gone."""
        if self._flow.write_paused:
            return False
        self._transport.write(piece)
        return True

    async def write(self, chunk: bytes) -> None:
        """Sends it when there is room."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self, last: bytes) -> None:
        """Sends it, and ends the answer."""
        await self.write(last)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def stalled(self) -> bool:
        """Whether the client took no byte since the last call; then the connection is cut."""
        before, self._left = self._left, self._transport.get_write_buffer_size()
        if self._left and self._left == before:
            self.abort()
            return True
        return False

    def abort(self) -> None:
        """Cuts the connection."""
        self._transport.abort()
