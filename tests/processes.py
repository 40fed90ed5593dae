"""Nodes in processes of their own, for tests that kill them."""

import os
import socket
import subprocess
import sys

from tests.support import SECRET, Sql, wait_until


def serve(database: Sql, port: int) -> subprocess.Popen[bytes]:
    """`consentfeed serve` on the test's database, when it accepts connections."""
    environment = os.environ | {
        "CONSENTFEED_DATABASE_URL": database.app_url,
        "CONSENTFEED_SECRET": SECRET,
        "CONSENTFEED_PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from consentfeed.cli import run; run()", "serve"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: _accepts(port), seconds=30)
    return process


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
