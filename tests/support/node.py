"""What tests need to see the service from outside: nodes in threads, clients, streams read in the background."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import uvloop

from consentfeed.http import server
from consentfeed.identity import tokens
from consentfeed.node import wiring
from consentfeed.settings import Settings

SECRET = "a secret for tests, long enough to be one"
CUSTOMER = "c0000000-0000-4000-8000-000000000001"
OTHER = "c0000000-0000-4000-8000-000000000002"
NOBODY = "dead0000-0000-4000-8000-000000000000"
STAFF = {
    "csr": "50000000-0000-4000-8000-000000000001",
    "admin": "50000000-0000-4000-8000-000000000002",
    "service": "50000000-0000-4000-8000-000000000003",
}
PASSWORD = "correct horse battery"


def wait_until(condition: Callable[[], Any], seconds: float = 15.0, what: str = "") -> Any:
    """The first true value of the condition; fails after that many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true in {seconds} s: {what or condition}")
        time.sleep(0.01)


def bearer(role: str, subject: str | None = None, *, lifetime: float = 3600, secret: str = SECRET) -> str:
    """A token as `consentfeed token` makes it."""
    subject = subject or (CUSTOMER if role == "customer" else STAFF[role])
    return tokens.make_token(
        secret, subject=subject, email=f"{role}@example.com", role=role, lifetime=timedelta(seconds=lifetime)
    )


@dataclass
class Block:
    """One block of a stream."""

    id: str | None = None
    event: str = ""
    data: Any = None
    retry: int | None = None
    raw: list[str] = field(default_factory=list)


class Tail:
    """A stream read by a thread; blocks can be looked at while it goes on."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.blocks: list[Block] = []
        self.status: int | None = None
        self.headers: httpx.Headers | None = None
        self.ended = threading.Event()
        self.body = b""
        self._client = httpx.Client(timeout=httpx.Timeout(60))
        self._request = self._client.build_request("GET", url, headers=headers)
        self._response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            self._response = self._client.send(self._request, stream=True)
            self.headers, self.status = self._response.headers, self._response.status_code
            if self.status != 200:
                self.body = self._response.read()
                return
            block = Block()
            for line in self._response.iter_lines():
                if line:
                    self._take(block, line)
                else:
                    self.blocks.append(block)
                    block = Block()
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError):
            pass
        finally:
            if self._response is not None:
                self._response.close()
            self.ended.set()

    @staticmethod
    def _take(block: Block, line: str) -> None:
        block.raw.append(line)
        name, _, value = line.partition(": ")
        if name == "id":
            block.id = value
        elif name == "event":
            block.event = value
        elif name == "data":
            block.data = json.loads(value)
        elif name == "retry":
            block.retry = int(value)

    @property
    def events(self) -> list[Block]:
        """The blocks that are events of the log."""
        return [block for block in list(self.blocks) if block.event == "consent-updated"]

    @property
    def seqs(self) -> list[int]:
        """Positions of the events, for staff."""
        return [int((block.id or "").split("-")[0]) for block in self.events]

    def last_id(self) -> str:
        """The newest id, as a browser would remember it."""
        return next(block.id for block in reversed(list(self.blocks)) if block.id is not None)

    def wait(self, condition: Callable[["Tail"], Any], seconds: float = 15.0) -> Any:
        """Waits until the condition holds for what has been read."""
        return wait_until(lambda: condition(self), seconds, f"{condition} of {self.blocks[-3:]}")

    def wait_event(self, name: str, seconds: float = 15.0) -> Block:
        """The first block of this name, when it has come."""
        found: Block = self.wait(lambda tail: next((b for b in tail.blocks if b.event == name), None), seconds)
        return found

    def close(self) -> None:
        """Ends it."""
        if self._response is not None and not self.ended.is_set():
            # The thread is in the middle of a read: this ends it.
            with contextlib.suppress(OSError):
                self._response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._client.close()


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
        with uvloop_runner() as run:
            run(self.server.serve(sockets=[listening]))

    def client(self, role: str | None = None, subject: str | None = None, **options: Any) -> httpx.Client:
        """A client with a bearer token of the role, or of nobody."""
        headers = {"Authorization": f"Bearer {bearer(role, subject)}"} if role else {}
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


@contextmanager
def uvloop_runner() -> Iterator[Any]:
    """asyncio.run with uvloop, also outside the main thread."""
    loop = uvloop.new_event_loop()
    try:
        yield loop.run_until_complete
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class Sql:
    """The database of a test as its owner sees it."""

    def __init__(self, url: str, app_url: str, admin_url: str) -> None:
        self.url = url
        self.app_url = app_url
        self.admin_url = admin_url

    def run(self, statement: str, *args: Any) -> list[tuple[Any, ...]]:
        """One autocommit statement as the owner."""
        return self.run_as(self.url, statement, *args)

    @staticmethod
    def run_as(url: str, statement: str, *args: Any) -> list[tuple[Any, ...]]:
        """One autocommit statement on that URL."""
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), args or None)
            return cursor.fetchall() if cursor.description else []

    def connect(self, **options: Any) -> psycopg.Connection:
        """A connection as the owner; transactions begin by themselves."""
        return psycopg.connect(self.url, **options)

    def consents(self, customer: str = CUSTOMER) -> list[str]:
        """Ids of the consents of a customer, in a fixed order."""
        rows = self.run(
            "SELECT id::text FROM consentfeed.consents WHERE customer_id = %s ORDER BY purpose, channel", customer
        )
        return [row[0] for row in rows]

    def set(self, consent: str, status: str) -> None:
        """What a DBA does in psql."""
        self.run("UPDATE consentfeed.consents SET status = %s WHERE id = %s", status, consent)

    def head(self) -> int:
        """Position of the newest event."""
        return int(self.run("SELECT max(seq) FROM consentfeed.events")[0][0])

    def head_id(self) -> str:
        """Its id as staff see it."""
        seq, hash8 = self.run(
            "SELECT seq, left(encode(hash, 'hex'), 8) FROM consentfeed.events ORDER BY seq DESC LIMIT 1"
        )[0]
        return f"{seq}-{hash8}"

    def verify(self) -> list[tuple[Any, ...]]:
        """What is wrong with the log: nothing."""
        return self.run("SELECT * FROM consentfeed.verify_log()")

    def new_customer(self, name: str = "Somebody New") -> str:
        """Registers a customer with pending consents."""
        customer = str(uuid4())
        self.run("SELECT consentfeed.register_customer(%s, %s, NULL, NULL, NULL)", customer, name)
        return customer
