"""Runs a node: checks that it can serve, listens, and serves until it is told to stop."""

import asyncio
import gc
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module

from consentfeed.errors import ConsentfeedError
from consentfeed.http.server import listening_socket, server
from consentfeed.node import checkpoint_files, logs
from consentfeed.node.nats import require_nats
from consentfeed.node.supervisor import supervise
from consentfeed.node.wiring import Node
from consentfeed.node.worker import Place, Worker
from consentfeed.postgres import fit
from consentfeed.postgres.database import Database
from consentfeed.settings import Settings, SettingsError, require, require_whole_provider, variable


class CannotListen(ConsentfeedError):
    """The address cannot be listened on; the message says why."""


async def check(settings: Settings) -> None:
    """Whether a node could serve; raises Unfit, saying why."""
    require(settings, "database_url", "secret")
    require_whole_provider(settings)
    _require_library(settings)
    checkpoint_files.signer(settings)
    checkpoint_files.folder(settings)
    require_nats(settings)
    database = Database(settings.database_url or "", 1)
    try:
        await database.open()
        await fit.check(database)
    finally:
        await database.close()


def _require_library(settings: Settings) -> None:
    try:
        if settings.traces:
            import_module("consentfeed.tracing.otel")
    except ImportError:
        raise SettingsError(
            f"{variable('traces')}: OpenTelemetry is not installed: pip install 'consentfeed[otel]'"
        ) from None


def listen(settings: Settings) -> socket.socket:
    """A socket on the address of the settings; raises CannotListen."""
    return _listen(settings.host, settings.port)


def _listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    try:
        return listening_socket(host, port, shared=shared)
    except (OSError, UnicodeError) as error:  # UnicodeError: of a host that no name can be
        raise CannotListen(f"cannot listen on {host}:{port}: {error}; use --host or --port") from None


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
    return _run(Node(settings, demo), listening, settings)


def serve_by_workers(settings: Settings, arguments: list[str]) -> int:
    """Runs as many nodes as the settings say until SIGTERM or SIGINT; the exit status. Raises as serve() does.

    arguments: of the command of each.
    """
    logs.configure(settings.log_level)
    asyncio.run(check(settings))
    return supervise(settings, _sockets(settings), arguments)


def serve_as_worker(settings: Settings, place: Place) -> int:
    """Runs one of those nodes; the exit status."""
    logs.configure(settings.log_level, place.number)
    worker = Worker(place)
    return _run(Node(settings, worker=worker), worker.listening, settings)


def _sockets(settings: Settings) -> list[socket.socket]:
    """One for each worker, all of one port. They stay open here: what waits in one is there for the next worker."""
    # Another program's port would be shared with it, and nothing said, if this did not listen alone first.
    alone = listen(settings)
    port = alone.getsockname()[1]
    if sys.platform != "linux":  # elsewhere the newest socket gets all connections
        return [alone, *(alone.dup() for _ in range(settings.workers - 1))]
    alone.close()
    return [_listen(settings.host, port, shared=True) for _ in range(settings.workers)]


def _run(node: Node, listening: socket.socket, settings: Settings) -> int:
    running = server(node.front, node.drain, settings)
    # The events in memory are many objects and no garbage: looked through at Python's usual pace, they took a third of
    # the time of a node that writes, in pauses of up to 0.1 s.
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)
    # uvicorn exits by itself when the start failed; it has been logged.
    with suppress(SystemExit):
        running.run(sockets=[listening])
    return 0 if running.started and not node.failed else 1
