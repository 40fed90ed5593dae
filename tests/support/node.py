"""A node in a thread of this process: tests look into it, and may replace parts of it.

What has to be killed, or to end with a status, is a process of its own: see node_process.py.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvloop

from consentfeed.http import server
from consentfeed.node import wiring
from consentfeed.settings import Settings
from tests.support.database import Sql
from tests.support.tail import Tail
from tests.support.tokens import SECRET, bearer
from tests.support.waiting import wait_until


class RunningNode:
    """A node in a thread of this process, on a port of its own."""

    def __init__(self, settings: Settings) -> None:
        listening = server.listening_socket("127.0.0.1", settings.port)
        self.port: int = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.node = wiring.Node(settings)
        self.server = server.server(self.node.front, self.node.drain, settings)
        self._tails: list[Tail] = []
        self._clients: list[httpx.Client] = []
        self._thread = threading.Thread(target=self._run, args=(listening,), daemon=True)
        self._thread.start()
        wait_until(lambda: self.server.started or not self._thread.is_alive(), what="node starts")
        assert self.server.started, "the node did not start"

    def _run(self, listening: Any) -> None:
        uvloop.run(self.server.serve(sockets=[listening]))

    def client(self, role: str | None = None, subject: str | None = None, **options: Any) -> httpx.Client:
        """A client with a bearer token of the role, or of nobody."""
        headers = {"Authorization": f"Bearer {bearer(role, subject)}"} if role else {}
        headers |= options.pop("headers", {})
        self._clients.append(httpx.Client(base_url=self.url, headers=headers, timeout=30, **options))
        return self._clients[-1]

    def tail(
        self,
        role: str = "csr",
        after: str | None = None,
        *,
        subject: str | None = None,
        token: str | None = None,
        cookie: str | None = None,
        query: str = "",
        wait: bool = True,
    ) -> Tail:
        """A stream; returns when its first block has come."""
        headers = {"Accept": "text/event-stream"}
        if cookie:
            headers["Cookie"] = f"consentfeed_session={cookie}"
        else:
            headers["Authorization"] = f"Bearer {token or bearer(role, subject)}"
        if after is not None:
            headers["Last-Event-ID"] = after
        tail = Tail(f"{self.url}/api/v1/events{query}", headers)
        self._tails.append(tail)
        if wait:
            tail.wait(lambda t: t.blocks or t.ended.is_set())
        return tail

    def stop(self) -> None:
        """As SIGTERM does."""
        self.server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive(), "the node did not stop"
        for tail in self._tails:
            tail.close()
        for client in self._clients:
            client.close()


StartNode = Callable[..., RunningNode]


@contextmanager
def nodes(database: Sql) -> Iterator[StartNode]:
    """Starts nodes on a database, and ends them all; keyword arguments are settings."""
    running: list[RunningNode] = []

    def start(**changes: Any) -> RunningNode:
        settings: dict[str, Any] = {
            "database_url": database.app_url,
            "secret": SECRET,
            "port": 0,
            "heartbeat_seconds": 0.5,
            "poll_seconds": 1.0,
            "probe_seconds": 0.5,
            "drain_seconds": 2.0,
            **changes,
        }
        running.append(RunningNode(Settings(**settings)))
        return running[-1]

    try:
        yield start
    finally:
        for node in running:
            node.stop()
