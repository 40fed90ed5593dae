"""Runs a node: checks that it can serve, listens, and serves until it is told to stop."""

import asyncio
import gc
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

from consentfeed.errors import ConsentfeedError
from consentfeed.http.server import listening_socket, server
from consentfeed.node import checkpoint_files, logs
from consentfeed.node.nats import require_nats
from consentfeed.node.wiring import Node
from consentfeed.postgres import fit
from consentfeed.postgres.database import Database
from consentfeed.settings import Settings, require, require_whole_provider


class CannotListen(ConsentfeedError):
    """The address cannot be listened on; the message says why."""


async def check(settings: Settings) -> None:
    """Whether a node could serve; raises Unfit, saying why."""
    require(settings, "database_url", "secret")
    require_whole_provider(settings)
    checkpoint_files.signer(settings)
    checkpoint_files.folder(settings)
    require_nats(settings)
    database = Database(settings.database_url or "", 1)
    try:
        await database.open()
        await fit.check(database)
    finally:
        await database.close()


def listen(settings: Settings) -> socket.socket:
    """A socket on the address of the settings; raises CannotListen."""
    try:
        return listening_socket(settings.host, settings.port)
    except (OSError, UnicodeError) as error:  # UnicodeError: of a host that no name can be
        raise CannotListen(f"cannot listen on {settings.host}:{settings.port}: {error}; use --host or --port") from None


def serve(
    settings: Settings, announce: Callable[[int], None] = lambda _port: None, demo: Mapping[str, str] | None = None
) -> int:
    """Runs a node until SIGTERM or SIGINT; the exit status. Raises SettingsError, Unfit and CannotListen.

    announce: is called with the port, once it listens; demo: hashes of the demo's password by account, of `dev` alone.
    """
    logs.configure(settings.log_level)
    asyncio.run(check(settings))
    listening = listen(settings)
    announce(listening.getsockname()[1])
    node = Node(settings, demo)
    running = server(node.front, node.drain, settings)
    # The events in memory are many objects and no garbage: looked through at Python's usual pace, they took a third of
    # the time of a node that writes, in pauses of up to 0.1 s.
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)
    # uvicorn exits by itself when the start failed; it has been logged.
    with suppress(SystemExit):
        running.run(sockets=[listening])
    return 0 if running.started and not node.failed else 1
