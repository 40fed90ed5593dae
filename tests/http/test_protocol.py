"""Requests as bytes: too large, too slow, never whole. A node answers what it can, closes, and serves the others."""

import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from consentfeed import metrics
from consentfeed.http import protocol
from consentfeed.settings import Settings
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.rest import problem
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

ME = b"GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\n"
LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\n"
TOO_LARGE, TOO_LATE = (431, b"/problems/headers-too-large"), (408, b"/problems/request-timeout")
HEAD_BYTES = Settings().head_bytes


@pytest.fixture(autouse=True)
def _short_farewell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each refusal is followed until the connection is closed."""
    monkeypatch.setattr(protocol, "_LINGER_SECONDS", 0.2)


@contextmanager
def connected(node: RunningNode) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", node.port), 20) as raw:
        yield raw


def rest_of(raw: socket.socket) -> bytes:
    """All that still comes until the other side closes; fails where it does not."""
    return b"".join(iter(lambda: raw.recv(65536), b""))


def is_refused(raw: socket.socket, as_what: tuple[int, bytes]) -> None:
    """The one answer, and then the connection is closed."""
    status, code = as_what
    head, _, body = rest_of(raw).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    assert b"connection: close" in head
    assert b"content-type: application/problem+json" in head
    assert code in body
    assert b"HTTP/1.1" not in body


def is_cut_off(raw: socket.socket, parts: Iterator[bytes]) -> bool:
    """Whether the other side stops taking the parts before all have been sent."""
    try:
        for part in parts:
            raw.sendall(part)
    except OSError:
        return True
    return False


def serves(node: RunningNode) -> None:
    """Others are served."""
    assert httpx.get(node.url + "/healthz").status_code == 200


@pytest.fixture
def quick(start_node: StartNode) -> RunningNode:
    """A node that waits for nobody."""
    return start_node(head_seconds=0.4, body_seconds=0.8)


# Size


def many_headers(size: int) -> Iterator[bytes]:
    for number in range(size // 1000):
        yield b"x-%d: " % number + b"y" * 1000 + b"\r\n"


def one_header(size: int) -> Iterator[bytes]:
    yield b"x: "
    for _ in range(size // 1000):
        yield b"y" * 1000


@pytest.mark.parametrize("headers", [many_headers, one_header])
@pytest.mark.parametrize("end", [b"\r\n\r\n", b""])
def test_a_head_that_is_too_large_is_431_however_it_comes(
    node: RunningNode, headers: Callable[[int], Iterator[bytes]], end: bytes
) -> None:
    before = metrics.total(metrics.refused, reason="headers-too-large")
    with connected(node) as raw:
        raw.sendall(ME)
        for part in headers(HEAD_BYTES + 400_000):
            raw.sendall(part)
        raw.sendall(end)
        is_refused(raw, TOO_LARGE)
    assert metrics.total(metrics.refused, reason="headers-too-large") == before + 1
    serves(node)


def test_a_head_that_is_too_large_and_comes_at_once_is_answered_once(start_node: StartNode) -> None:
    node = start_node(head_bytes=1000)
    with connected(node) as raw:
        raw.sendall(ME)
        connections = node.server.server_state.connections
        wait_until(lambda: [one._part for one in connections] == [protocol._HEAD])  # type: ignore[union-attr]
        raw.sendall(b"".join(many_headers(20_000)) + b"\r\n")
        is_refused(raw, TOO_LARGE)


def test_a_line_that_is_too_long_is_431(node: RunningNode) -> None:
    with connected(node) as raw:
        raw.sendall(b"GET /" + b"x" * HEAD_BYTES + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        is_refused(raw, TOO_LARGE)


@pytest.mark.parametrize(
    "head",
    [
        b"Host: y",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Content-Length: +2",
        b"Content-Length : 2",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, identity",
        b"A: b\r\n c: d",
        b"A: b\rc: d",
        b"A: b\0",
    ],
)
def test_what_a_proxy_may_have_read_otherwise_is_400(node: RunningNode, head: bytes) -> None:
    """Nothing behind it is taken for a request of its own."""
    with connected(node) as raw:
        raw.sendall(LOGIN + head + b"\r\n\r\n{}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        is_refused(raw, (400, b"/problems/bad-request"))


def test_a_head_that_never_ends_takes_no_memory(node: RunningNode) -> None:
    with connected(node) as raw:
        raw.sendall(ME + b"x: ")
        assert is_cut_off(raw, (b"y" * 65536 for _ in range(3200)))
    serves(node)


def test_a_head_of_the_usual_size_of_a_large_token_is_read(node: RunningNode) -> None:
    answer = httpx.get(node.url + "/api/v1/auth/me", headers={"Authorization": "Bearer " + "x" * (HEAD_BYTES - 1000)})
    problem(answer, "signed-out")


def test_heads_on_one_connection_are_counted_each_for_itself(start_node: StartNode) -> None:
    node = start_node(head_bytes=2000)
    with node.client() as client:
        for _ in range(5):
            assert client.get("/healthz", headers={"x": "y" * 1500}).status_code == 200
        problem(client.get("/healthz", headers={"x": "y" * 2000}), "headers-too-large")
    with connected(node) as raw:  # and of several in one packet too
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200 + b"GET /healthz HTTP/1.0\r\n\r\n")
        assert rest_of(raw).count(b"HTTP/1.1 200 OK") == 201


@pytest.mark.parametrize("trailer", [many_headers, one_header])
def test_trailers_are_limited_too(node: RunningNode, trailer: Callable[[int], Iterator[bytes]]) -> None:
    with connected(node) as raw:
        raw.sendall(LOGIN + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
        assert is_cut_off(raw, trailer(100 << 20))
    serves(node)


def test_a_body_beyond_the_setting_is_413(start_node: StartNode) -> None:
    node = start_node(body_bytes=100, bulk_body_bytes=200)
    with node.client("service") as client:
        for path, most in (("/api/v1/auth/login", 100), ("/api/v1/decisions", 200)):
            problem(client.post(path, content=b" " * most + b"x"), "body-too-large")
            assert client.post(path, content=b"{" + b" " * (most - 2) + b"}").status_code == 422


def test_a_route_that_takes_less_than_the_setting_takes_no_more_than_it_either(start_node: StartNode) -> None:
    node, content = start_node(body_bytes=100), b'{"preferences":{}}'
    with node.client("csr") as client:
        assert client.put("/api/v1/preferences", content=content.ljust(100)).status_code == 200
        problem(client.put("/api/v1/preferences", content=content.ljust(101)), "body-too-large")


# Time


def test_a_connection_that_sends_nothing_is_closed_without_a_word(quick: RunningNode) -> None:
    with connected(quick) as raw:
        assert rest_of(raw) == b""


def test_empty_lines_keep_no_connection_open(quick: RunningNode) -> None:
    with connected(quick) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert raw.recv(65536).startswith(b"HTTP/1.1 200 OK")
        ends_in_time(raw, b"\r\n")


def test_a_head_that_dribbles_is_408(quick: RunningNode) -> None:
    before = metrics.total(metrics.refused, reason="request-timeout")
    with connected(quick) as raw:
        raw.sendall(ME)
        assert ends_in_time(raw, b"x: y\r\n").startswith(b"HTTP/1.1 408 ")
    assert metrics.total(metrics.refused, reason="request-timeout") == before + 1
    serves(quick)


def test_the_first_letter_alone_is_408(quick: RunningNode) -> None:
    with connected(quick) as raw:
        raw.sendall(b"G")
        is_refused(raw, TOO_LATE)


@pytest.mark.parametrize("encoding", [b"Content-Length: 1000", b"Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_is_408_and_written_nowhere(
    quick: RunningNode, database: Sql, encoding: bytes
) -> None:
    token = bearer("csr").encode()
    with connected(quick) as raw:
        path = f"/api/v1/consents/{database.consents()[0]}/revoke".encode()
        raw.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token + b"\r\n")
        raw.sendall(encoding + b"\r\n\r\n")
        is_refused(raw, TOO_LATE)
    assert database.head() == 0


def test_a_body_that_dribbles_is_408(quick: RunningNode) -> None:
    with connected(quick) as raw:
        raw.sendall(LOGIN + b"Content-Length: 100000\r\n\r\n")
        assert ends_in_time(raw, b"x").startswith(b"HTTP/1.1 408 ")
    serves(quick)


def ends_in_time(raw: socket.socket, more: bytes) -> bytes:
    """What comes while more is sent now and then; fails where the other side does not close."""
    raw.settimeout(0.05)
    answer, deadline = b"", time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            raw.sendall(more)
            got = raw.recv(65536)
            if not got:
                return answer
            answer += got
        except TimeoutError:
            continue
        except OSError:
            return answer
    raise AssertionError("it is still open")


def test_an_answer_that_takes_long_is_not_cut_off(quick: RunningNode, database: Sql) -> None:
    consent = database.consents()[0]
    with database.connect() as held, quick.client("customer") as client:
        held.execute("UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", (consent,))
        threading.Timer(1.5, held.commit).start()
        answer = client.post(f"/api/v1/customer/consents/{consent}/revoke")
        assert answer.status_code == 200


def test_a_stream_is_not_cut_off_by_the_time_of_its_request(quick: RunningNode) -> None:
    tail = quick.tail()
    tail.wait(lambda t: len([block for block in t.blocks if block.event == "heartbeat"]) >= 4)
    assert not tail.ended.is_set()


def test_half_a_request_behind_another_waits_for_it(quick: RunningNode, database: Sql) -> None:
    """Of two requests in one packet the second waits until the first is answered, and its time begins then."""
    consent = database.consents()[0]
    token = b"Authorization: Bearer " + bearer("customer").encode() + b"\r\n"
    with database.connect() as held, connected(quick) as raw:
        held.execute("UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", (consent,))
        revoke = f"POST /api/v1/customer/consents/{consent}/revoke HTTP/1.1\r\nHost: localhost\r\n".encode()
        raw.sendall(revoke + token + b"\r\n" + ME)
        time.sleep(1.0)
        held.commit()
        answer = b""
        while b'"event"' not in answer:  # head and body may come one after the other
            answer += raw.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200 OK")
        raw.sendall(token + b"\r\n")
        assert raw.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_a_body_of_a_get_is_passed_over(node: RunningNode) -> None:
    with node.client("csr") as client:
        for content in (b"{", b"x" * (3 << 20)):
            assert client.request("GET", "/api/v1/auth/me", content=content).status_code == 200


def test_a_stream_whose_body_never_comes_ends(quick: RunningNode) -> None:
    token = b"Authorization: Bearer " + bearer("csr").encode() + b"\r\n"
    with connected(quick) as raw:
        raw.sendall(
            b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Length: 10\r\n"
            + token
            + b"\r\n"
        )
        assert rest_of(raw).startswith(b"HTTP/1.1 200 OK")
    serves(quick)


def test_a_hundred_who_dribble_do_not_keep_anybody_waiting(start_node: StartNode) -> None:
    node = start_node(head_seconds=60)
    raws = [socket.create_connection(("127.0.0.1", node.port), 20) for _ in range(100)]
    try:
        for raw in raws:
            raw.sendall(ME)
        for _ in range(50):
            serves(node)
    finally:
        for raw in raws:
            raw.close()


def test_a_stream_with_a_request_behind_it_ends_when_its_client_leaves(quick: RunningNode) -> None:
    stream = f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bearer('csr')}"
    with connected(quick) as raw:
        raw.sendall(stream.encode() + b"\r\nAccept: text/event-stream\r\n\r\n" + ME + b"\r\n")
        received = b""
        while b"retry:" not in received:
            received += raw.recv(4096)
        assert quick.node.streams.open
    wait_until(lambda: not quick.node.streams.open)


def test_a_connection_that_has_ended_leaves_nothing_for_the_garbage_collector(node: RunningNode) -> None:
    def left() -> int:
        return sum(isinstance(one, protocol.Protocol) for one in gc.get_objects())

    serves(node)
    wait_until(lambda: not node.server.server_state.connections)
    gc.collect()
    before = left()
    gc.disable()
    try:
        for _ in range(3):
            serves(node)
            node.tail().close()
        wait_until(lambda: not node.server.server_state.connections)
        wait_until(lambda: left() <= before, what="they are gone without it")
    finally:
        gc.enable()
