"""HTTP as bytes: uvicorn's protocol, with limits of size and time."""

import asyncio

import msgspec
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from consentfeed import metrics
from consentfeed.errors import Problem
from consentfeed.http.answer import HEADERS
from consentfeed.http.hosts import host_name
from consentfeed.http.one_write import OneWrite
from consentfeed.http.target import is_clear
from consentfeed.settings import Settings

# What part of a request has begun to arrive.
_NOTHING, _HEAD, _BODY = 0, 1, 2
_VERSIONS = frozenset({"1.0", "1.1"})
_LINGER_SECONDS, _LINGER_BYTES = 1.0, 1 << 20


class Protocol(HttpToolsProtocol):
    """uvicorn's own, which limits neither the size of a head nor the time a request takes to arrive, with both limited;
    and telling the application its transport, so that streams are written fast, and a stalled client can be cut off."""

    # As attributes they would make the dict of each connection outgrow the keys that it shares with others: 1.5 KB.
    __slots__ = ("_head_bytes", "_host", "_part", "_progress", "_refused", "_running", "_silent_bytes", "_timer")
    settings: Settings

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The time of the first request begins."""
        super().connection_made(transport)
        self._part = _NOTHING
        self._head_bytes = self._silent_bytes = 0
        self._host: bytes | None = None
        self._progress = self._refused = False
        self._timer: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)
        if self._running is not None:  # where others wait behind it, uvicorn tells only the last of them
            self._running.disconnected = True
            self._running.message_event.set()
            self._running = None

    def data_received(self, data: bytes) -> None:
        """Some bytes, of whatever part of a request."""
        if self._refused:
            # Read on for a moment: closed with something unread, the answer would be lost.
            self._silent_bytes += len(data)
            if self._silent_bytes > _LINGER_BYTES:
                self.transport.abort()
            return
        self._progress = False
        super().data_received(data)
        if self._refused:  # by the parser, and once is enough
            return
        # The parser gathers a header, or a trailer, until it has come whole.
        self._silent_bytes = 0 if self._progress else self._silent_bytes + len(data)
        if self._silent_bytes > self.settings.head_bytes:
            self._refuse("headers-too-large")
        elif self._part or not self._answering():
            self._wait()

    def on_message_begin(self) -> None:
        """The first letter of a request."""
        super().on_message_begin()
        # Not this object itself, which holds the scope: only a full collection would end such a cycle.
        self.scope["consentfeed.transport"] = self.transport  # type: ignore[typeddict-unknown-key]
        self.scope["consentfeed.flow"] = self.flow  # type: ignore[typeddict-unknown-key]
        self._part, self._progress, self._head_bytes, self._host = _HEAD, True, 0, None

    def on_url(self, url: bytes) -> None:
        """Of a request's line; part of it."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header, or trailer."""
        self._count(len(name) + len(value) + 4)
        lower = name.lower()
        if lower == b"host":
            # RFC 9112, 3.2: which of them counts, a proxy before us may see otherwise.
            if self._host is not None or host_name(value) is None:
                raise ValueError("more than one Host, or none that could be one")
            self._host = value
        # RFC 9112, 6.1: what else a body may be packed in is nothing that we unpack.
        elif lower == b"transfer-encoding" and value.lower() != b"chunked":
            raise ValueError("a transfer coding that is not known")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole; the time of the body begins."""
        version = self.parser.get_http_version()
        # RFC 9112, 3.2: HTTP/1.1 names a host; 1.0 need not.
        if version not in _VERSIONS or (self._host is None and version == "1.1") or not is_clear(self.url, self._host):
            raise ValueError("it may be read in several ways")
        super().on_headers_complete()
        self.headers = []  # those of the request are the application's now, to be let go of
        self._part, self._progress = _BODY, True
        self._stop_waiting()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        cycle.transport = OneWrite(self.transport)  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """An answer is whole."""
        if self._running is not None:
            self._running.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        self._progress = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self._part, self._progress = _NOTHING, True
        self._stop_waiting()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """What uvicorn answers to what it cannot read."""
        too_large = self._head_bytes > self.settings.head_bytes
        self._refuse("headers-too-large" if too_large else "bad-request")

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self.settings.head_bytes:
            raise ValueError("the head is too large")  # stops the parser

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        """Sets the time for what has still to come. What comes at once, as most does, needs none."""
        if self._timer is None:
            seconds = self.settings.body_seconds if self._part == _BODY else self.settings.head_seconds
            self._timer = self.loop.call_later(seconds, self._late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self.flow.read_paused or (self._part != _BODY and self._answering()):
            self._wait()  # it is for us to go on
        elif self._part == _NOTHING:
            self.transport.close()
        else:
            self._refuse("request-timeout")

    def _refuse(self, code: str) -> None:
        """Answers, unless that would stand in or behind another answer, and closes."""
        metrics.refused.labels(code).inc()
        self._refused, self._silent_bytes = True, 0
        self._stop_waiting()
        begun = self.cycle.response_started if self._part == _BODY else self._answering()
        if begun or self.pipeline:
            self.transport.close()
            return
        if self.cycle is not None:
            self.cycle.disconnected = True  # nothing else is answered here
            self.cycle.message_event.set()
        self.transport.write(_raw_answer(Problem(code)))
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)


def _raw_answer(problem: Problem) -> bytes:
    """A problem as it goes over the wire."""
    body = msgspec.json.encode(problem.as_dict())
    headers = [
        *HEADERS,
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    lines = [STATUS_LINE[problem.status], *(b"%s: %s\r\n" % header for header in headers), b"\r\n", body]
    return b"".join(lines)
