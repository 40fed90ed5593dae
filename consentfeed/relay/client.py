"""The library's client of NATS, made to do what the URL says and to end where it fails."""

import asyncio
import time
from contextlib import suppress
from typing import Any, Final

import nats.aio.client
from nats.aio.client import DEFAULT_BUFFER_SIZE
from nats.aio.transport import TcpTransport

_CLOSE_SECONDS: Final = 1.0


class _Transport(TcpTransport):
    """Where encrypting has failed, nobody tells the library that the connection is closed: it would wait for ever."""

    async def wait_closed(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(super().wait_closed(), _CLOSE_SECONDS)  # type: ignore[no-untyped-call]


class Client(nats.aio.client.Client):
    """Encrypts wherever the URL says tls://. nats-py 2.16 does so only where the server asks for it, and would show
    the password to whoever answers in its place."""

    async def _connect_to_server(self, s: Any) -> None:
        s.last_attempt = time.monotonic()
        self._transport = self._transport or _Transport()  # type: ignore[no-untyped-call]
        await self._transport.connect(s.uri, DEFAULT_BUFFER_SIZE, self.options["connect_timeout"])

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        # Before its answer, which has the password, the library looks here whether to encrypt.
        if self._current_server and self._current_server.uri.scheme == "tls":
            info["tls_required"] = True
        await super()._process_info(info, initial_connection)
