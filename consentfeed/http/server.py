"""uvicorn, made to drain streams and to end with status 0."""

import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from consentfeed.http.protocol import Protocol
from consentfeed.settings import Settings


class Server(uvicorn.Server):
    """uvicorn, draining streams when the shutdown begins, and ending with status 0."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._drain = drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """A second signal ends at once."""
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn would wait for streams that nobody has told."""
        await self._drain()
        await super().shutdown(sockets)


def listening_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket whose connections hold little for a client that does not read, and notice when it is gone.

    shared: whether others may listen on the same port; the kernel then spreads connections evenly over all of them.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 128 << 10)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


def server(app: ASGIApp, drain: Callable[[], Awaitable[None]], settings: Settings) -> Server:
    """The server of an application; http and loop are pinned, because the pump relies on how they write."""
    config = uvicorn.Config(
        app,
        http=type("Protocol", (Protocol,), {"settings": settings}),
        loop="uvloop",
        interface="asgi3",  # uvicorn would guess another: the application is no coroutine function
        ws="none",
        lifespan="on",
        access_log=False,  # URLs of searches hold names and numbers
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=max(int(settings.drain_seconds / 4), 1),  # for what drain() has left
        forwarded_allow_ips=settings.trusted_proxies.split(),
    )
    return Server(config, drain)
