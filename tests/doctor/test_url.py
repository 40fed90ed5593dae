"""The checks at the URL where clients come in: a node, nothing, a proxy that spoils streams."""

import asyncio
import contextlib
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from consentfeed.doctor import url as url_checks
from consentfeed.doctor.checks import look
from consentfeed.doctor.finding import Finding
from consentfeed.doctor.target import UrlTarget
from tests.doctor.examined import bad
from tests.support.http_server import http_server
from tests.support.node import RunningNode, StartNode
from tests.support.ports import free_port
from tests.support.tokens import bearer
from tests.support.waiting import wait_until


def of_url(check: Callable[[UrlTarget], Awaitable[Finding]], url: str, token: str | None = None) -> Finding:
    """What a check of the URL finds, as the command reports it."""
    return asyncio.run(look(check(UrlTarget(url, token or bearer("service")))))


def test_a_node_that_is_ready_streams_at_once(node: RunningNode) -> None:
    wait_until(lambda: httpx.get(f"{node.url}/readyz").status_code == 200)
    assert of_url(url_checks.ready, node.url) == Finding("ok", "ready")
    assert of_url(url_checks.stream, node.url).severity == "ok"
    wait_until(lambda: not node.node.streams.open, what="the stream was closed")


def test_a_url_where_nothing_answers_is_told() -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    bad(of_url(url_checks.ready, closed), "problem", closed, "cannot be reached")
    bad(of_url(url_checks.stream, closed), "problem", closed, "cannot be reached")
    bad(of_url(url_checks.ready, "http://[::1"), "problem", "cannot be reached")


def test_a_node_that_is_not_ready_is_told_with_its_reasons(node: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_until(lambda: httpx.get(f"{node.url}/readyz").status_code == 200)
    monkeypatch.setattr(node.node.streams.admission, "draining", True)
    bad(of_url(url_checks.ready, node.url), "problem", "draining", "another node")
    bad(of_url(url_checks.stream, node.url), "problem", "503")


def test_a_token_of_another_deployment_is_told(node: RunningNode) -> None:
    other = bearer("service", secret="the secret of another deployment, as long")
    bad(of_url(url_checks.stream, node.url, other), "problem", "token", "CONSENTFEED_SECRET")
    bad(asyncio.run(url_checks.stream(UrlTarget(node.url, None))), "warning", "--token")


def test_a_host_that_is_not_served_is_told(start_node: StartNode) -> None:
    node = start_node(public_url="https://consents.example.com")
    wait_until(lambda: of_url(url_checks.ready, node.url).severity == "ok", what="/readyz answers for any host")
    bad(of_url(url_checks.stream, node.url), "problem", "host", "CONSENTFEED_PUBLIC_URL", "CONSENTFEED_HOSTS")


@contextmanager
def proxy(node: RunningNode, how: str) -> Iterator[str]:
    """A proxy before a node that spoils its streams: holds them back, packs them, or calls them something else."""
    done = threading.Event()

    def spoil(request: BaseHTTPRequestHandler) -> None:
        headers = {name: request.headers[name] for name in ("Accept", "Authorization") if name in request.headers}
        with (
            contextlib.suppress(httpx.HTTPError),
            httpx.stream("GET", node.url + request.path, headers=headers) as answer,
        ):
            if how == "holds all back":
                done.wait(30)
                return
            request.send_response(answer.status_code)
            kind = "text/html" if how == "renames" else answer.headers["content-type"]
            request.send_header("Content-Type", kind)
            if how == "packs":
                request.send_header("Content-Encoding", "gzip")
            request.end_headers()
            request.wfile.flush()
            first = next(answer.iter_raw())
            if how == "holds the body back":
                done.wait(30)
            elif how == "is slow":
                done.wait(1.2)
            packer = zlib.compressobj(wbits=31)
            packed = packer.compress(first) + packer.flush()
            request.wfile.write(packed if how == "packs" else first)

    with http_server(spoil) as url:
        yield url
        done.set()


@pytest.mark.parametrize(
    ("how", "severity", "words"),
    [
        ("passes on", "ok", []),
        ("holds all back", "problem", ["no byte", "proxy_buffering off"]),
        ("holds the body back", "problem", ["no byte", "proxy_buffering off"]),
        ("is slow", "warning", ["first bytes", "proxy"]),
        ("packs", "problem", ["gzip", "compression"]),
        ("renames", "problem", ["text/html", "Content-Type"]),
    ],
)
def test_a_proxy_that_spoils_streams_is_told(
    shared_node: RunningNode, monkeypatch: pytest.MonkeyPatch, how: str, severity: str, words: list[str]
) -> None:
    monkeypatch.setattr(url_checks, "_FIRST_SECONDS", 2.0)
    with proxy(shared_node, how) as url:
        finding = of_url(url_checks.stream, url)
    if severity == "ok":
        assert finding.severity == "ok", finding
    else:
        bad(finding, severity, *words)


def test_something_else_at_the_url_is_told(shared_node: RunningNode) -> None:
    # A page of the service itself: a proxy that leads somewhere else.
    bad(of_url(url_checks.ready, f"{shared_node.url}/healthz?"), "problem", "something else")
    bad(of_url(url_checks.stream, f"{shared_node.url}/nowhere"), "problem", "404")
