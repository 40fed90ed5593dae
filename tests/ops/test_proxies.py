"""The proxies of ops/proxies/, each as its file says, over HTTP/2, in front of two nodes."""

import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from consentfeed.http.pages import WEB
from consentfeed.settings import Settings
from tests.support.database import Sql
from tests.support.http_server import fixed, http_server
from tests.support.node import RunningNode, nodes
from tests.support.rest import ok
from tests.support.reverse_proxy import (
    ALL,
    APACHE,
    CADDY,
    FOLDER,
    HAPROXY,
    NGINX,
    ReverseProxy,
    Running,
    reverse_proxy,
    trust,
)
from tests.support.seed import PASSWORD
from tests.support.tail import Tail
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

EVENTS, LOGIN = "/api/v1/events", "/api/v1/auth/login"
DOCS = Path(__file__).parents[2] / "docs" / "operations.md"
# What may pass between two bytes, in each file but Caddy's, which has no such limit.
IDLE = {
    "nginx": (("proxy_read_timeout 60s;", "proxy_read_timeout 1s;"),),
    "haproxy": (("timeout client 60s", "timeout client 1s"), ("timeout server 60s", "timeout server 1s")),
    "apache2": ((" timeout=60 ", " timeout=1 "),),
    "caddy": (),
}


# They look for nodes that do not answer, but not within a test.
SELDOM = {
    "nginx": (),
    "haproxy": (("inter 1s fall 1", "inter 60s fall 9"),),
    "apache2": (("hcinterval=1", "hcinterval=60"),),
    "caddy": (("health_interval 1s", "health_interval 60s"),),
}


@dataclass(frozen=True)
class Front:
    """A proxy and the two nodes behind it."""

    running: Running
    nodes: tuple[RunningNode, RunningNode]
    database: Sql

    def tail(self, after: str | None = None, *, http2: bool = True, **headers: str) -> Tail:
        """A stream of a CSR through the proxy; returns when its first block has come, or its end."""
        place = {"Last-Event-ID": after} if after else {}
        own = {"Accept": "text/event-stream", "Authorization": f"Bearer {bearer('csr')}"}
        tail = Tail(self.running.url + EVENTS, own | place | headers, self.running.client(http2=http2))
        tail.wait(lambda tail: tail.blocks or tail.ended.is_set())
        return tail

    def client(self, role: str, **options: Any) -> httpx.Client:
        """A client of the role."""
        return self.running.client(headers={"Authorization": f"Bearer {bearer(role)}"}, **options)

    def streams(self) -> list[int]:
        """How many streams each node has open."""
        return [len(node.node.streams.open) for node in self.nodes]


def _front(
    stack: ExitStack, proxy: ReverseProxy, database: Sql, folder: Path, changes: Any = (), **settings: Any
) -> Front:
    start = stack.enter_context(nodes(database))
    pair = start(**settings), start(**settings)
    running = stack.enter_context(reverse_proxy(proxy, folder, pair[0].port, pair[1].port, changes))
    return Front(running, pair, database)


@pytest.fixture(scope="module", params=ALL, ids=lambda proxy: proxy.name)
def front(
    request: pytest.FixtureRequest, shared_database: Sql, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """Each of the proxies."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("proxy")
        yield _front(stack, request.param, shared_database, folder, address_failures=2, account_failures=100)


@pytest.fixture(params=ALL, ids=lambda proxy: proxy.name)
def proxy(request: pytest.FixtureRequest) -> ReverseProxy:
    """Each of them, not started."""
    chosen: ReverseProxy = request.param
    return chosen


def _has(events: int, tail: Tail) -> bool:
    return len(tail.events) == events


def _turn(database: Sql, consent: str) -> None:
    """Makes an event."""
    granted = database.value("SELECT status = 'granted' FROM consentfeed.consents WHERE id = %s", consent)
    database.set(consent, "revoked" if granted else "granted")


# What the files say


def test_the_docs_name_each_file() -> None:
    named = set(re.findall(r"\(\.\./ops/proxies/([\w.]+)\)", DOCS.read_text()))
    assert named == {proxy.file for proxy in ALL} == {path.name for path in FOLDER.iterdir()}


def test_times_and_sizes_fit_those_of_a_node(proxy: ReverseProxy) -> None:
    settings = Settings()
    idle = [int(before.strip(" s;").split()[-1].split("=")[-1]) for before, _ in IDLE[proxy.name]]
    assert all(seconds >= 3 * settings.heartbeat_seconds for seconds in idle)
    assert all(before in proxy.text for before, _ in IDLE[proxy.name])
    assert idle or proxy is CADDY, "Caddy has no such limit"
    kept = re.findall(r"(?:keepalive_timeout|pool-purge-delay|\tkeepalive|\bttl)[ =](\d+)s?\b", proxy.text)
    assert kept
    assert all(int(seconds) < settings.head_seconds for seconds in kept)
    sizes = re.findall(r"(?:client_max_body_size|gt|max_size) (\d+)(m|MiB|)", proxy.text)
    assert len(sizes) == (0 if proxy is APACHE else 1), "Apache's LimitRequestBody is not for what is passed on"
    assert all(int(size) * (1 << 20 if unit else 1) == settings.bulk_body_bytes for size, unit in sizes)
    for name in re.findall(r"CONSENTFEED_(\w+)", proxy.text):
        assert hasattr(settings, name.lower())


# What arrives


def test_browsers_get_http2_and_others_http1_both_by_tls_alone(front: Front) -> None:
    for http2, protocol in ((True, "h2"), (False, "http/1.1")):
        with front.running.client(http2=http2) as client, client.stream("GET", "/healthz") as answer:
            secured: ssl.SSLObject = answer.extensions["network_stream"].get_extra_info("ssl_object")
            assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
            assert secured.selected_alpn_protocol() in {protocol, None if not http2 else protocol}
    plain = httpx.get(f"http://localhost:{front.running.plain}/csr?x=1%2F2", trust_env=False)
    assert plain.status_code == 308
    to = urlsplit(plain.headers["location"])
    assert (to.scheme, to.hostname, to.path, to.query) == ("https", "localhost", "/csr", "x=1%2F2")


@pytest.mark.parametrize("http2", [True, False], ids=["HTTP/2", "HTTP/1.1"])
def test_the_events_of_a_stream_arrive_one_by_one_and_as_they_are(front: Front, http2: bool) -> None:
    direct = front.nodes[0].tail("csr")
    passed = front.tail(http2=http2, **{"Accept-Encoding": "gzip, br, zstd"})
    try:
        assert passed.blocks[0].retry
        for turn in range(1, 4):
            _turn(front.database, front.database.consents()[0])
            # Before there is another one that could push it out.
            passed.wait(partial(_has, turn))
            direct.wait(partial(_has, turn))
        assert [block.raw for block in passed.events] == [block.raw for block in direct.events]
        assert passed.headers is not None
        assert passed.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in passed.headers
        assert not passed.ended.is_set()
        passed.wait_event("heartbeat")
    finally:
        passed.close()
        direct.close()


def test_a_client_that_leaves_leaves_no_stream_behind(front: Front) -> None:
    wait_until(lambda: sum(front.streams()) == 0)
    for http2 in (True, False):
        tail = front.tail(http2=http2)
        assert sum(front.streams()) == 1
        tail.close()
        wait_until(lambda: sum(front.streams()) == 0, what="the node knows that it has gone")


def test_a_stream_goes_on_after_the_id_that_the_client_has(front: Front) -> None:
    before = front.database.head_id()
    _turn(front.database, front.database.consents()[1])
    tail = front.tail(before)
    try:
        tail.wait(partial(_has, 1))
        assert tail.events[0].id == front.database.head_id()
    finally:
        tail.close()


def test_a_consent_arrives_with_its_tag_and_files_and_lists_as_they_are(front: Front) -> None:
    paths = [f"/api/v1/consents/{front.database.consents()[0]}", "/api/v1/customers", "/openapi.json"]
    paths.append(f"/web/{next(WEB.rglob('*.js')).relative_to(WEB)}")
    with front.nodes[0].client("csr") as direct, front.client("csr") as passed:
        for path in paths:
            found, expected = passed.get(path), direct.get(path)
            assert (found.status_code, found.content) == (200, expected.content)
            assert found.headers["cache-control"] == expected.headers["cache-control"]
        assert passed.get(paths[0]).headers["etag"] == direct.get(paths[0]).headers["etag"]
        file = passed.get(paths[-1])
        assert passed.get(paths[-1], headers={"If-None-Match": file.headers["etag"]}).status_code == 304


def test_large_bodies_are_refused_where_a_node_refuses_them(front: Front) -> None:
    most = Settings().bulk_body_bytes
    for http2 in (True, False):
        with front.client("service", http2=http2) as client:
            fits = client.post("/api/v1/decisions", content=b'{"decisions": []}'.ljust(most))
            assert fits.status_code not in (413, 502, 503, 504), fits.text
    # nginx and HAProxy go by the size that is announced; the others by what has come.
    whole = front.running.proxy.name in ("caddy", "apache2")
    connection = HTTPSConnection("localhost", urlsplit(front.running.url).port, timeout=30, context=trust())
    with closing(connection):
        connection.putrequest("POST", "/api/v1/decisions")
        for name, value in (("Authorization", f"Bearer {bearer('service')}"), ("Content-Type", "application/json")):
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(most + 1))
        try:
            connection.endheaders(b" " * (most + 1) if whole else None)
            assert connection.getresponse().status == 413
        except OSError:
            assert whole, "it closed while there was still something to come, which is what the answer is for"


# What a node gets to know


@pytest.fixture(params=ALL, ids=lambda proxy: proxy.name)
def heard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Running, list[tuple[str, dict[str, str]]]]]:
    """A proxy in front of two servers that are no nodes, and what they are sent: request lines and headers."""
    requests: list[tuple[str, dict[str, str]]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if "/readyz" not in handler.requestline:
            sent = {name.lower(): handler.headers.get_all(name, []) for name in handler.headers}
            requests.append((handler.requestline, {name: ", ".join(values) for name, values in sent.items()}))
        fixed(200, b"", Content_Length="0")(handler)

    with http_server(answer) as first, http_server(answer) as second:
        one, other = (urlsplit(url).port or 0 for url in (first, second))
        with reverse_proxy(request.param, tmp_path, one, other) as running:
            yield running, requests


def test_a_node_hears_path_host_and_headers_as_they_were_sent_and_who_sent_them(
    heard: tuple[Running, list[tuple[str, dict[str, str]]]],
) -> None:
    running, requests = heard
    claims = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http", "Last-Event-ID": "7-0a0b0c0d"}
    paths = [EVENTS, "/api/v1/customers/by-reference/a%2Fb", "/api/v1/consents?q=%2F+%C3%A9", "/api/v1//x/%2e%2e/y"]
    with running.client("127.0.0.2", headers=claims) as client:
        for path in paths:
            # As target: httpx would write the path anew.
            assert client.get(EVENTS, extensions={"target": path.encode()}).status_code == 200
    assert [line.split()[1] for line, _ in requests] == paths
    for _, headers in requests:
        assert headers["host"] == urlsplit(running.url).netloc
        assert headers["x-forwarded-for"] == "127.0.0.2"
        assert headers["x-forwarded-proto"] == "https"
        assert headers["last-event-id"] == "7-0a0b0c0d"


def test_limits_count_the_clients_address_and_not_what_it_says_of_itself(front: Front) -> None:
    def fail(address: str, claim: str) -> int:
        with front.running.client(address, headers={"X-Forwarded-For": claim}) as client:
            wrong = {"email": "csr@example.com", "password": "not this one"}
            return client.post(LOGIN, json=wrong).status_code

    # Each of the two nodes lets two fail; a claim that was believed would be another address each time.
    answers = [fail("127.0.0.2", f"203.0.113.{number}") for number in range(8)]
    assert answers[0] == 401
    assert 429 in answers
    assert fail("127.0.0.3", "127.0.0.2") == 401


def test_a_node_knows_that_it_was_https(front: Front) -> None:
    with front.running.client("127.0.0.4") as client:
        ok(client.post(LOGIN, json={"email": "csr@example.com", "password": PASSWORD}))
        assert "__Host-consentfeed_session" in client.cookies


def test_the_metrics_are_not_passed_on(front: Front) -> None:
    with front.running.client() as client:
        assert client.get("/metrics").status_code == 404


# How long a quiet stream lasts


def test_heartbeats_keep_a_quiet_stream_open_past_what_the_proxy_waits(
    proxy: ReverseProxy, database: Sql, tmp_path: Path
) -> None:
    """A second in place of a minute, and a heartbeat each half: after ten of them it would be cut, if it were."""
    with ExitStack() as stack:
        front = _front(stack, proxy, database, tmp_path, IDLE[proxy.name], heartbeat_seconds=0.5)
        tail = front.tail()
        tail.wait(lambda tail: sum(block.event == "heartbeat" for block in tail.blocks) >= 10 or tail.ended.is_set())
        assert not tail.ended.is_set()
        tail.close()


@pytest.mark.parametrize("proxy", [proxy for proxy in ALL if proxy is not CADDY], ids=lambda proxy: proxy.name)
def test_without_heartbeats_it_is_cut_so_that_is_what_keeps_it(
    proxy: ReverseProxy, database: Sql, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        front = _front(stack, proxy, database, tmp_path, IDLE[proxy.name], heartbeat_seconds=60)
        tail = front.tail()
        assert tail.ended.wait(15)
        tail.close()


# A node that goes


def test_a_node_that_drains_gets_no_new_streams_and_its_own_go_on_elsewhere_without_loss(
    proxy: ReverseProxy, database: Sql, tmp_path: Path
) -> None:
    consents = database.consents()
    with ExitStack() as stack:
        front = _front(stack, proxy, database, tmp_path)
        tails = [front.tail() for _ in range(6)]
        assert min(front.streams()) > 0, "both nodes have some"
        gone, left = front.nodes
        _drain(gone, proxy)
        before = front.streams()[0]
        more = [front.tail() for _ in range(4)]
        assert [tail.status for tail in more] == [200] * 4
        assert front.streams()[0] == before, "it got none of them"
        database.set(consents[0], "granted")
        for tail in (*tails, *more):
            tail.wait(partial(_has, 1))  # those that it has go on
        gone.stop()
        database.set(consents[1], "granted")
        ended = [tail for tail in tails if tail.ended.is_set() or any(b.event == "goodbye" for b in tail.blocks)]
        assert len(ended) == before
        for tail in ended:
            assert tail.wait_event("goodbye").data == {"reason": "shutdown"}
            again = front.tail(tail.last_id())
            again.wait(partial(_has, 1))
            assert tail.seqs + again.seqs == [1, 2]
            again.close()
        with front.client("csr") as client:
            assert all(client.get("/api/v1/customers").status_code == 200 for _ in range(6))
        assert left.node.streams.open
        for tail in (*tails, *more):
            tail.close()


def _drain(node: RunningNode, proxy: ReverseProxy) -> None:
    """Makes it a node that drains, for as long as the test takes; returns when the proxy has noticed.

    nginx does not look: it passes a stream on that is refused.
    """
    looks: list[int] = []
    reasons = node.node._ops._reasons

    async def watched() -> list[str]:
        looks.append(1)
        return await reasons()

    node.node._ops._reasons = watched
    node.node.streams.admission.draining = True
    wait_until(lambda: proxy is NGINX or len(looks) >= 3, what="the proxy has looked, and has looked again")


@pytest.mark.parametrize("proxy", [NGINX, HAPROXY], ids=lambda proxy: proxy.name)
def test_a_stream_that_a_node_refuses_goes_to_another_before_the_proxy_looks(
    proxy: ReverseProxy, database: Sql, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        front = _front(stack, proxy, database, tmp_path, SELDOM[proxy.name])
        front.nodes[0].node.streams.admission.draining = True
        tails = [front.tail() for _ in range(6)]
        assert [tail.status for tail in tails] == [200] * 6
        assert front.streams() == [0, 6]
        for tail in tails:
            tail.close()


def test_a_node_that_cannot_be_connected_to_costs_no_request(
    proxy: ReverseProxy, database: Sql, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        front = _front(stack, proxy, database, tmp_path, SELDOM[proxy.name])
        client = stack.enter_context(front.client("service"))
        front.nodes[0].stop()
        # First what a proxy may send twice: a connection that it kept may be one that was just closed.
        assert [client.get("/api/v1/customers").status_code for _ in range(8)] == [200] * 8
        for consent in database.consents():
            assert client.post(f"/api/v1/customer/consents/{consent}/grant").status_code == 200
            assert client.get(f"/api/v1/consents/{consent}").status_code == 200


@pytest.mark.parametrize("proxy", [proxy for proxy in ALL if proxy is not APACHE], ids=lambda proxy: proxy.name)
def test_while_no_node_is_ready_the_nodes_themselves_say_so(proxy: ReverseProxy, database: Sql, tmp_path: Path) -> None:
    with ExitStack() as stack:
        front = _front(stack, proxy, database, tmp_path)
        with front.client("csr") as client:
            assert client.get("/api/v1/customers").status_code == 200
            for node in front.nodes:
                _drain(node, proxy)
            answer = client.get(EVENTS, headers={"Accept": "text/event-stream"})
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            assert "retry-after" in answer.headers
            assert [client.get("/api/v1/customers").status_code for _ in range(4)] == [200] * 4
