"""Nodes in processes of their own, for tests that kill them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.database import Sql
from tests.support.ports import accepts, free_port
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until


def serve(database: Sql, port: int, stderr: Any = subprocess.DEVNULL, **settings: str) -> subprocess.Popen[bytes]:
    """`consentfeed serve` on the test's database, when it accepts connections; settings are environment variables."""
    environment = os.environ | {
        "CONSENTFEED_DATABASE_URL": database.app_url,
        "CONSENTFEED_SECRET": SECRET,
        "CONSENTFEED_PORT": str(port),
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from consentfeed.cli.main import run; run()", "serve"],
        env=environment,
        stderr=stderr,
    )
    wait_until(lambda: accepts(port), seconds=30)
    return process


class Served(NamedTuple):
    """A node in a process of its own, and the file that it logs to."""

    url: str
    port: int
    log: Path


@contextmanager
def served(database: Sql, log: Path, **settings: str) -> Iterator[Served]:
    """`consentfeed serve` on the test's database, logging all that it ever logs."""
    port = free_port()
    with log.open("wb") as stderr:
        process = serve(database, port, stderr, CONSENTFEED_LOG_LEVEL="debug", **settings)
        try:
            yield Served(f"http://127.0.0.1:{port}", port, log)
        finally:
            process.terminate()
            process.wait(30)
