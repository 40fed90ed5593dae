"""A node of the oracle's world: behind a proxy, and kept alive as a supervisor would."""

import signal
from collections.abc import Mapping
from pathlib import Path

from tests.support.node_process import NodeProcess
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

# Small and quick, so that a short run sees lifetimes, replays from the table, and stalls.
_SETTINGS = {
    # With a poll once an hour, what a node has not been told of by the doorbell, it does not have.
    "poll_seconds": "3600",
    "heartbeat_seconds": "1",
    "probe_seconds": "0.5",
    "lifetime_seconds": "20",
    "stall_seconds": "2",
    "drain_seconds": "2",
    "memory_events": "200",
    "busy_seconds": "3",
    "pool_size": "4",
}
_BUFFER = 32768  # bytes that the way to a client holds, so that one that does not read is felt


class Node(NodeProcess):
    """errors: what a supervisor would complain of."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        settings: Mapping[str, str],
        package: Path,
        variables: Mapping[str, str],
    ) -> None:
        super().__init__(database_url, settings={**_SETTINGS, **settings}, package=package, variables=variables)
        self.log = folder / f"node-{self.port}.log"
        self.name = f"node {self.port}"
        self.proxy = Proxy(self.port, seed=str(self.port), buffer=_BUFFER)
        self.errors: list[str] = []
        self.has_workers = int(settings.get("workers", "0")) > 0
        self._up = False

    def start(self, path: str = "/healthz", seconds: float = 60) -> None:
        """Starts, and starts again where it could not: PostgreSQL may be away. It must not end once it serves."""
        wait_until(lambda: self._started(path), seconds, f"node starts; see {self.log}")

    def _started(self, path: str) -> bool:
        if self.status is not None and self._up:
            self.errors.append(f"it ended by itself with status {self.status}; see {self.log}")
        if not self.runs:
            self.spawn()
        self._up = self._up or self.answers(path)
        return self._up

    def spawn(self) -> None:
        """Starts it, and does not wait."""
        self._up = False
        super().spawn()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The status with which a signal ends it, which must be 0."""
        status = super().end(number)
        if status:
            self.errors.append(f"{number.name} ended it with status {status}; see {self.log}")
        return status

    def failures(self) -> list[str]:
        """What its log tells of errors that nobody expected."""
        return [line for line in self.log.read_text().splitlines() if '"exception"' in line or "Traceback" in line]

    def close(self) -> None:
        """Ends node and proxy."""
        if self.runs:
            self.kill()
        self.proxy.close()
