"""A short answer goes in one write, and a stream's head at once."""

import socket
from contextlib import closing

import pytest

from consentfeed.http.one_write import OneWrite
from tests.support.rest import Rest
from tests.support.tokens import bearer

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Transport:
    """Notes what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.written.append(b"closed")


@pytest.mark.parametrize(
    ("writes", "written"),
    [
        ([HEAD, b"{}"], [HEAD + b"{}"]),
        ([HEAD, b"{", b"}"], [HEAD + b"{", b"}"]),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", HEAD, b"{}"], [b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"{}"]),
        ([b"HTTP/1.1 200 OK\r\n\r\n", b"5\r\nevent\r\n"], [b"HTTP/1.1 200 OK\r\n\r\n", b"5\r\nevent\r\n"]),
        # What a body says is no head.
        ([b"HTTP/1.1 200 OK\r\n\r\n", HEAD, b"x"], [b"HTTP/1.1 200 OK\r\n\r\n", HEAD, b"x"]),
        ([HEAD, HEAD, HEAD], [HEAD + HEAD, HEAD]),
    ],
)
def test_a_head_waits_for_its_body_where_its_length_is_told(writes: list[bytes], written: list[bytes]) -> None:
    transport = Transport()
    way = OneWrite(transport)  # type: ignore[arg-type]
    for data in writes:
        way.write(data)
    assert transport.written == written


def test_a_head_without_a_body_is_written_in_the_end() -> None:
    transport = Transport()
    way = OneWrite(transport)  # type: ignore[arg-type]
    way.write(HEAD)
    way.flush()
    way.flush()
    assert transport.written == [HEAD]
    other = OneWrite(transport)  # type: ignore[arg-type]
    other.write(HEAD)
    other.close()
    assert transport.written[1:] == [HEAD, b"closed"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_comes_whole_and_the_next_one_after_it(rest: Rest, method: str) -> None:
    head = f"{method} /api/v1/auth/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {bearer('csr')}\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", rest.node.port), 10)) as client:
        for _ in range(3):
            client.sendall(head.encode())
            first = client.recv(1 << 16)
            assert first.startswith(b"HTTP/1.1 200 OK\r\n")
            assert first.endswith(b"}" if method == "GET" else b"\r\n\r\n")
