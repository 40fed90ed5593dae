"""Nodes of the service in processes of their own, each behind a proxy, kept alive as a supervisor would."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.ports import free_port
from tests.support.proxy import Proxy
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until

# Small and quick, so that a short run sees lifetimes, replays from the table, and stalls.
_SETTINGS = {
    "HEARTBEAT_SECONDS": "1",
    "PROBE_SECONDS": "0.5",
    "LIFETIME_SECONDS": "20",
    "STALL_SECONDS": "2",
    "DRAIN_SECONDS": "2",
    "MEMORY_EVENTS": "200",
    "BUSY_SECONDS": "3",
    "POOL_SIZE": "4",
}
_BUFFER = 32768  # bytes that the way to a client holds, so that one that does not read is felt


class Node:
    """`consentfeed serve`; package: where the package is, another than ours where it is broken on purpose."""

    def __init__(self, folder: Path, database_url: str, package: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.proxy = Proxy(self.port, seed=str(self.port), buffer=_BUFFER)
        self.name = f"node {self.port}"
        self.log = folder / f"node-{self.port}.log"
        self.errors: list[str] = []
        self._package = package
        self._environment = os.environ | environment | {
            "CONSENTFEED_DATABASE_URL": database_url,
            "CONSENTFEED_SECRET": SECRET,
            "CONSENTFEED_PORT": str(self.port),
            **{f"CONSENTFEED_{name}": value for name, value in _SETTINGS.items()},
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._served = False

    def start(self) -> None:
        """Starts, and starts again where it could not: PostgreSQL may be away. It must not end once it serves."""
        wait_until(self._started, 60, f"node starts; see {self.log}")

    def _started(self) -> bool:
        if self._process and self._process.poll() is not None:
            if self._served:
                self.errors.append(f"it ended by itself with status {self._process.returncode}; see {self.log}")
            self._process = None
        if self._process is None:
            self.spawn()
        self._served = self._served or self.answers("/healthz")
        return self._served

    def spawn(self) -> None:
        """Starts it, and does not wait."""
        self._served = False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from consentfeed.cli.main import run; run()", "serve"],
                cwd=self._package, env=self._environment, stdin=subprocess.DEVNULL, stderr=log, stdout=log,
            )  # fmt: skip

    def answers(self, path: str) -> bool:
        """Whether it answers with 200, asked by no proxy."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process
        self._process.kill()
        self._process.wait()
        self._process = None

    def end(self) -> None:
        """SIGTERM, at which it ends with status 0."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(30)
        if status:
            self.errors.append(f"SIGTERM ended it with status {status}; see {self.log}")
        self._process = None

    def failures(self) -> list[str]:
        """What its log tells of errors that nobody expected."""
        return [line for line in self.log.read_text().splitlines() if '"exception"' in line or "Traceback" in line]

    def close(self) -> None:
        """Ends node and proxy."""
        if self._process:
            self.kill()
        self.proxy.close()
