"""Spans of a node as it is run leave it by OTLP, as the OTEL_ variables say; where nobody takes them, it goes on."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.support.database import Sql
from tests.support.node_process import NodeProcess
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

SETTINGS = {"traces": "true", "drain_seconds": "1"}
FAST = {"OTEL_BSP_SCHEDULE_DELAY": "50"}


class Collector(ThreadingHTTPServer):
    """Takes what it is sent: path, header, body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[str, str | None, bytes]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Collector)
        self.server.taken.append((self.path, self.headers["x-key"], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.shutdown()
    collector.server_close()


def lists(node: NodeProcess) -> int:
    headers = {"Authorization": f"Bearer {bearer('csr')}"}
    return httpx.get(f"{node.url}/api/v1/consents", headers=headers, timeout=30, trust_env=False).status_code


def test_spans_arrive_at_the_collector(database: Sql, collector: Collector) -> None:
    variables = FAST | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-key=secret-of-the-collector",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
    }
    with NodeProcess(database.app_url, settings=SETTINGS, variables=variables) as node:
        node.start()
        assert lists(node) == 200
        wait_until(lambda: any(b"GET /api/v1/consents" in body for *_, body in collector.taken), 30)
        path, key, _ = collector.taken[0]
        assert (path, key) == ("/v1/traces", "secret-of-the-collector")
        bodies = b"".join(body for *_, body in collector.taken)
        for part in (b"service.name", b"consentfeed", b"deployment.environment.name", b"/api/v1/consents"):
            assert part in bodies
        assert b"process." not in bodies
        assert b"postgresql://" not in bodies
        # What is made in the last moment is sent, too.
        count = len(collector.taken)
        assert lists(node) == 200
        assert node.end() == 0
        assert len(collector.taken) > count


def test_a_collector_that_never_answers_holds_up_neither_requests_nor_the_end(database: Sql, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        variables = FAST | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{deaf.getsockname()[1]}"}
        with NodeProcess(database.app_url, tmp_path / "log", settings=SETTINGS, variables=variables) as node:
            node.start()
            assert [lists(node) for _ in range(20)] == [200] * 20
            began = time.monotonic()
            assert node.end() == 0
            assert time.monotonic() - began < 8
