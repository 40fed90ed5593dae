"""A receiver of webhooks: notes what it gets, and answers as it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import msgspec


class Delivered(NamedTuple):
    """One request: its headers, in lower case, and its body."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return msgspec.json.decode(self.body)

    @property
    def events(self) -> list[Any]:
        """The events in it, of either form."""
        value = self.json
        return value["events"] if value["type"] == "batch" else [value]


# What is done with a request that has been noted; None: 204 and nothing more.
Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, **headers: str) -> Answer:
    """An answer of this status; headers with _ for -."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("content-length", "0")
        request.end_headers()

    return answer


class Receiver:
    """Where it is, and what has come; `answers` are for the requests to come, then `answer` for all others."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.delivered: list[Delivered] = []
        self.answers: list[Answer] = []
        self.answer: Answer = status(204)

    @property
    def ids(self) -> list[str]:
        """Of all events that have come, in their order."""
        return [event["id"] for one in self.delivered for event in one.events]


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on this machine; with a context for TLS it speaks https."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = here.answers.pop(0) if here.answers else here.answer
            here.delivered.append(Delivered(headers, body))
            with suppress(OSError):  # the client has gone
                answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    here = Receiver(f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/hook")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
