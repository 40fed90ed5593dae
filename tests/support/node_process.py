"""A node in a process of its own, as it is run: it can be killed, and ends with a status.

What a test wants to look into, or to replace, is in a node of this process: see node.py.
"""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx

from tests.support.ports import free_port
from tests.support.process import CONSENTFEED, ROOT, end, environment
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until


class NodeProcess:
    """`consentfeed serve` on a port that it keeps when it is started again.

    log: gets what it writes to stderr. settings: as text, named as in Settings. package: the folder with the package,
    another than ours where it is broken on purpose. variables: what else is in its environment.
    """

    def __init__(
        self,
        database_url: str,
        log: Path = Path(os.devnull),
        settings: Mapping[str, str] = {},
        *,
        package: Path = ROOT,
        variables: Mapping[str, str] = {},
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._package = package
        own = {"database_url": database_url, "secret": SECRET, "port": str(self.port)}
        self._environment = {**environment({**own, **settings}), **variables}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Itself, not started."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""
        self.close()

    def set(self, name: str, value: str | None) -> None:
        """Another setting from its next start on; None: none."""
        variable = f"CONSENTFEED_{name.upper()}"
        self._environment.pop(variable, None)
        if value is not None:
            self._environment[variable] = value

    def start(self, path: str = "/healthz", seconds: float = 60) -> None:
        """Starts it, and returns when it answers this path with 200."""
        self.spawn()
        wait_until(lambda: self._must_run() and self.answers(path), seconds, f"{path} of the node says 200")

    def spawn(self) -> None:
        """Starts it, and does not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*CONSENTFEED, "serve"],
                cwd=self._package,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def _must_run(self) -> bool:
        assert self.status is None, f"the node ended with status {self.status}"
        return True

    def answers(self, path: str) -> bool:
        """Whether it answers with 200."""
        try:
            return httpx.get(self.url + path, timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it has been started, and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        """The status with which it ended by itself; None: it runs, or was ended."""
        return self._process.poll() if self._process else None

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process
        self._process.kill()
        self._process.wait()
        self._process = None

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The status with which a signal ends it."""
        assert self._process
        status = end(self._process, number)
        self._process = None
        return status

    def close(self) -> None:
        """Ends it where it runs."""
        if self._process:
            self.end()
