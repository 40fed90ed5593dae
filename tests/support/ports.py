"""Ports of this machine."""

import os
import socket
from collections.abc import Iterator
from itertools import cycle

# Below those that the kernel gives to connections that go out (32768 and more on Linux, 49152 elsewhere): one of these
# could take a port between its choice and its use. Processes that test side by side each have a part of them.
_FIRST, _EACH, _PARTS = 10_000, 2_500, 9


def accepts(port: int) -> bool:
    """Whether somebody listens on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _candidates() -> Iterator[int]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", f"gw{_PARTS - 1}").removeprefix("gw")
    first = _FIRST + int(worker) % _PARTS * _EACH
    begin = os.getpid() % _EACH  # of several processes of one part, each begins elsewhere
    return cycle([*range(first + begin, first + _EACH), *range(first, first + begin)])


_ports = _candidates()


def free_port() -> int:
    """A port that nobody listens on; the same one comes again only after thousands of others."""
    for port in _ports:
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise AssertionError("every port is taken")
