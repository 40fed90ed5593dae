"""A client that takes no bytes: bounded memory, no harm to others, and complete when it comes back."""

import asyncio
import gc
import socket
from typing import Any

import uvloop

from consentfeed import metrics
from consentfeed.feed.filter import Filter
from consentfeed.feed.live import Feed
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.stream.connection import Connection
from consentfeed.stream.pump import Pump
from consentfeed.stream.readers import Reader
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

_FLIP = (
    "UPDATE consentfeed.consents SET status = CASE status WHEN 'granted' THEN 'revoked' ELSE 'granted' END"
    " WHERE customer_id = ANY (%s::uuid[])"
)


def _connect(port: int) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(
        b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: Bearer "
        + bearer("csr").encode()
        + b"\r\n\r\n"
    )
    return client


def test_a_reader_that_stops_reading_is_closed_and_comes_back_complete(start_node: StartNode, database: Sql) -> None:
    customers = [database.new_customer(f"Customer {n}") for n in range(50)]
    node = start_node(stall_seconds=1.0, memory_events=500)
    slow_writes = metrics.total(metrics.slow_writes)
    stuck = _connect(node.port)
    head = stuck.recv(1000)
    assert b"retry: 2000" in head or b"retry: 2000" in stuck.recv(1000)
    lively = node.tail()
    wait_until(lambda: len(node.node.streams.open) == 2)
    for _ in range(15):
        database.run(_FLIP, customers)
    total = 15 * 50 * 4
    lively.wait(lambda t: len(t.events) == total, seconds=60)
    # One has everything; the other was cut off, and nothing of it is kept.
    wait_until(lambda: len(node.node.streams.open) == 1)
    assert metrics.streams_closed.labels("stalled")._value.get() >= 1
    assert metrics.total(metrics.slow_writes) > slow_writes
    assert len(node.node.feed._events) <= 500
    stream = b""
    stuck.settimeout(5)
    try:
        while data := stuck.recv(65536):
            stream += data
    except ConnectionResetError:
        pass
    stuck.close()
    assert len(stream) < 2 << 20, "the kernel and the transport hold little for a client that does not read"
    ids = [line[4:] for line in stream.decode(errors="ignore").split("\n") if line.startswith("id: ")]
    # The last line may be cut in two: a browser would not have taken it either.
    again = node.tail(after=ids[-2])
    rest = list(range(int(ids[-2].split("-")[0]) + 1, total + 1))
    again.wait(lambda t: len(t.events) == len(rest), seconds=60)
    assert again.seqs == rest


def test_a_client_that_leaves_while_it_is_told_goodbye_is_no_error() -> None:
    complaints: list[dict[str, Any]] = []

    async def blocked(*_: object) -> Any:
        await asyncio.Event().wait()

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        feed = Feed(blocked, blocked, max_events=1, max_bytes=1, poll_seconds=60)
        pump = Pump(feed, blocked, blocked, lambda: str.encode, lambda _: None, heartbeat_seconds=60, stall_seconds=60)
        reader = Reader(Filter(), PLAIN, Position(0, b""), 0, Connection(blocked, None, None))
        pump.take_over(reader, blocked())
        await asyncio.sleep(0.01)
        pump.close(reader)
        await asyncio.sleep(0.01)

    uvloop.run(run())
    gc.collect()  # what became of a task that nobody asks is told when it is thrown away
    assert not complaints
