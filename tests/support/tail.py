"""A stream as a client reads it, in the background: its blocks can be looked at while it goes on."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from consentfeed.log.kinds import KINDS
from tests.support.waiting import wait_until

_KINDS = {kind.name for kind in KINDS}


@dataclass
class Block:
    """One block of a stream."""

    id: str | None = None
    event: str = ""
    data: Any = None
    retry: int | None = None
    raw: list[str] = field(default_factory=list)


class Tail:
    """A stream read by a thread; blocks can be looked at while it goes on.

    client: its own, which it closes; unless given, one that speaks HTTP/1.1.
    """

    def __init__(self, url: str, headers: dict[str, str], client: httpx.Client | None = None) -> None:
        self.blocks: list[Block] = []
        self.status: int | None = None
        self.headers: httpx.Headers | None = None
        self.ended = threading.Event()
        self.body = b""
        self._client = client or httpx.Client(timeout=httpx.Timeout(60))
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
        return [block for block in list(self.blocks) if block.event in _KINDS]

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
        block: Block = self.wait(lambda tail: next((b for b in tail.blocks if b.event == name), None), seconds)
        return block

    def close(self) -> None:
        """Ends it."""
        if self._response is not None and not self.ended.is_set():
            # The thread is in the middle of a read: this ends it.
            with contextlib.suppress(OSError):
                self._response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._client.close()
