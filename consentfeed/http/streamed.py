"""An answer of any size, handed out as fast as the client takes it: whole, or ended by an error."""

import asyncio
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError
from consentfeed.http.fields import field, takes_coding

logger = structlog.get_logger()
Sink = Callable[[bytes], Awaitable[None]]
_GZIP: Final = 16 + zlib.MAX_WBITS
_LEVEL: Final = 1  # half as small again would take four times as long
# Closed with this, the connection is reset: without it a client or proxy that speaks HTTP/1.0, where the end of the
# connection is the end of the answer, would take what has come for all of it.
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Gone(Exception):
    """The client has closed the connection."""


class Streamed(Response):
    """fill: hands what is to be sent to a sink; close: lets go of all that it holds, at the end, however that comes;
    whoever does not send it calls it. seconds: until it must have ended."""

    def __init__(
        self,
        fill: Callable[[Sink], Awaitable[None]],
        close: Callable[[], None],
        headers: Mapping[str, str],
        *,
        seconds: float,
        gzip: bool,
    ) -> None:
        self.status_code = 200
        self.background = None
        self._fill, self.close = fill, close
        self._seconds = seconds
        self._packer = zlib.compressobj(_LEVEL, wbits=_GZIP) if gzip else None
        self._fields = dict(headers) | ({"content-encoding": "gzip"} if gzip else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Sends it."""
        if scope["method"] == "HEAD":
            self.close()
            await self._begin(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        transport = scope["consentfeed.transport"]
        outcome = "failed"
        try:
            async with asyncio.timeout(self._seconds):
                await self._begin(send)
                await self._fill(lambda piece: self._send(transport, send, piece))
                rest = self._packer.flush() if self._packer else b""
                await send({"type": "http.response.body", "body": rest, "more_body": False})
            outcome = "gone" if transport.is_closing() else "whole"
        except Gone:
            outcome = "gone"
        except TimeoutError:
            outcome = "too-slow"
        except ConsentfeedError as error:
            logger.warning("an export broke off", reason=str(error))
        finally:
            self.close()
            metrics.exports.labels(outcome).inc()
            if outcome != "whole":
                _reset(transport)

    async def _begin(self, send: Send) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._fields.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _send(self, transport: Any, send: Send, piece: bytes) -> None:
        """Returns when there is room for more."""
        if transport.is_closing():
            raise Gone
        if self._packer:
            piece = await asyncio.to_thread(self._packer.compress, piece)
        if piece:
            await send({"type": "http.response.body", "body": piece, "more_body": True})


def takes_gzip(request: Request) -> bool:
    """Whether the client asks for gzip; what says nothing gets it as it is."""
    return takes_coding(field(request, "accept-encoding"), "gzip")


def _reset(transport: Any) -> None:
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
