"""An HTTP server of a test's own, which answers as no node would."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def http_server(answer: Answer) -> Iterator[str]:
    """The URL of a server that has every GET and POST answered so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(OSError):  # the client has gone
                answer(self)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def fixed(status: int, body: bytes, **headers: str) -> Answer:
    """Always the same answer; headers with _ for -."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def stream(*blocks: tuple[str, str, str]) -> Answer:
    """A stream of these blocks (id, event, data)."""
    text = "".join(f"id: {block}\nevent: {event}\ndata: {data}\n\n" for block, event, data in blocks)
    return fixed(200, text.encode(), Content_Type="text/event-stream")


def stalled_stream(*blocks: tuple[str, str, str]) -> Answer:
    """The same, and then nothing more, though the connection stays."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        stream(*blocks)(request)
        request.rfile.read(1)  # until the client goes

    return answer
