"""NATS has no room: for the next message, or for the stream at all. Nobody misses anything, and the relay goes on when
there is room again.

NATS' server, a Go program, does not write by the C library, so that the library by which PostgreSQL's disk is made full
(tests/oracle/disk.c) does not reach it: JetStream's own limits are exceeded, or its files are on a small disk.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.doctor.examined import bad
from tests.doctor.test_nats import finding
from tests.faults.test_nats_fails import has_all
from tests.relay.test_stream import FLIP, failing, ids, log
from tests.support.database import Sql
from tests.support.nats import Nats, NatsServer
from tests.support.nats_client import NatsClient, NatsError
from tests.support.node import StartNode
from tests.support.seed import CUSTOMER
from tests.support.small_disk import NoSmallDisk, SmallDisk
from tests.support.waiting import wait_until

MEGABYTE = 1 << 20
# What is limited, for the server or for the account, to a number of bytes.
LIMITS = {
    "server": "jetstream {{ store_dir: {folder}/store, max_file: {limit} }}",
    "account": (
        "jetstream {{ store_dir: {folder}/store, max_file: 2GB }}\n"
        "accounts {{ A {{ jetstream: {{ max_file: {limit} }}, users: [ {{ user: u, password: p }} ] }} }}\n"
        "no_auth_user: u"
    ),
}
Start = Callable[[str, int], NatsServer]


@pytest.fixture
def limited() -> Iterator[Start]:
    """Starts a server that has so much room."""
    with ExitStack() as stack:

        def start(kind: str, limit: int) -> NatsServer:
            server = NatsServer(jetstream=False)
            stack.callback(server.close)
            limit_to(server, kind, limit)
            server.start()
            return server

        yield start


def limit_to(server: NatsServer, kind: str, limit: int) -> None:
    """What it has room for, from its next start on."""
    server.more = LIMITS[kind].format(folder=server.folder, limit=limit) + "\n"


def fill(nats: Nats) -> None:
    """Somebody else takes all that is left."""
    with nats.client() as client:
        client.api("STREAM.CREATE.theirs", name="theirs", subjects=["theirs"])
        with pytest.raises(NatsError, match="10023 insufficient resources"):
            publish_for_ever(client)


def publish_for_ever(client: NatsClient) -> None:
    """Until it is refused."""
    while True:
        client.publish("theirs", bytes(100_000))


def test_somebody_else_takes_all_the_room(limited: Start, database: Sql, start_node: StartNode) -> None:
    nats = Nats([limited("server", 4 * MEGABYTE)])
    node = start_node(nats_url=nats.url, nats_stream_bytes=MEGABYTE)
    database.run(FLIP, CUSTOMER)
    before = ids(nats.relayed(database))
    tail, full = node.tail(), failing("full")
    fill(nats)
    for _ in range(3):
        database.run(FLIP, CUSTOMER)
        has_all(tail, database)
    wait_until(full, what="it says so")
    assert node.node.reasons() == []
    with nats.client() as client:
        assert ids(client.stored()) == before
        wait_until(lambda: finding(database, nats.url).severity == "warning", what="the doctor says that nobody relays")
        client.api("STREAM.PURGE.theirs")
    assert ids(nats.relayed(database)) == log(database)
    wait_until(lambda: finding(database, nats.url).severity == "ok", what="the doctor is content")


@pytest.mark.parametrize("kind", LIMITS)
def test_there_is_no_room_for_the_stream(
    limited: Start, database: Sql, start_node: StartNode, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    full, server = failing("full"), limited(kind, 2 * MEGABYTE)
    nats = Nats([server])
    node = start_node(nats_url=nats.url, nats_stream_bytes=4 * MEGABYTE)
    tail = node.tail()
    wait_until(full, what="it says so")
    assert "lower CONSENTFEED_NATS_STREAM_BYTES" in capsys.readouterr().out
    database.run(FLIP, CUSTOMER)
    has_all(tail, database)
    bad(finding(database, nats.url), "warning", "no stream yet", "log says why")
    server.stop()
    limit_to(server, kind, 8 * MEGABYTE)
    server.start()
    assert ids(nats.relayed(database)) == log(database)


@pytest.mark.parametrize("kind", LIMITS)
def test_there_is_no_room_for_a_stream_that_is_to_be_larger(
    limited: Start, database: Sql, start_node: StartNode, kind: str
) -> None:
    """It stays as it is, and is used."""
    nats, full = Nats([limited(kind, 2 * MEGABYTE)]), failing("full")
    first = start_node(nats_url=nats.url, nats_stream_bytes=MEGABYTE)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    first.stop()
    start_node(nats_url=nats.url, nats_stream_bytes=4 * MEGABYTE)
    wait_until(full, what="it says so")
    database.run(FLIP, CUSTOMER)
    assert ids(nats.relayed(database)) == log(database)


def test_the_disk_is_full(database: Sql, start_node: StartNode, capsys: pytest.CaptureFixture[str]) -> None:
    """NATS does not say so, then: it does not answer what is published, and does not write again before a restart."""
    server = NatsServer()
    store = server.folder / "store"
    store.mkdir()
    with ExitStack() as stack:
        stack.callback(server.close)
        try:
            disk = stack.enter_context(SmallDisk(store, 8))
        except NoSmallDisk as why:
            pytest.skip(str(why))
        stack.callback(server.stop)  # before the disk goes
        server.by = disk.command
        server.start()
        nats = Nats([server])
        node = start_node(nats_url=nats.url)
        database.run(FLIP, CUSTOMER)
        nats.relayed(database)
        tail, unanswered = node.tail(), failing("unanswered")
        disk.fill()
        for _ in range(3):
            database.run(FLIP, CUSTOMER)
            has_all(tail, database)
        wait_until(unanswered, 20, "it says so")
        assert "restart" in capsys.readouterr().out
        assert node.node.reasons() == []
        disk.empty()
        server.stop()
        server.start()
        assert ids(nats.relayed(database)) == log(database)
        node.stop()
