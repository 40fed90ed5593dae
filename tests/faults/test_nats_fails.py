"""NATS goes away, comes back, loses its leader or its majority; the database is restored behind it: nobody notices."""

from collections.abc import Callable, Iterator

import pytest

from consentfeed import metrics
from tests.relay.test_nodes import fed
from tests.relay.test_stream import FLIP, failing, ids, log
from tests.support.database import Sql
from tests.support.nats import Nats, nats_cluster
from tests.support.node import StartNode
from tests.support.seed import CUSTOMER
from tests.support.tail import Tail
from tests.support.waiting import wait_until


@pytest.fixture
def cluster_of_nats() -> Iterator[Nats]:
    """Three servers."""
    with nats_cluster() as nats:
        yield nats


def has_all(tail: Tail, database: Sql) -> None:
    """The stream has got everything, in order."""
    tail.wait(lambda t: t.seqs and t.seqs[-1] == database.head())
    assert tail.seqs == list(range(tail.seqs[0], database.head() + 1))


def test_nats_is_away_and_comes_back(nats: Nats, database: Sql, start_node: StartNode) -> None:
    relaying = start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    other = fed(start_node(nats_url=nats.url))
    tails = [relaying.tail(), other.tail()]
    nats.servers[0].stop()
    wait_until(lambda: metrics.total(metrics.nats_away) == 1)
    for _ in range(3):
        database.run(FLIP, CUSTOMER)
        for tail in tails:
            has_all(tail, database)
    assert relaying.node.reasons() == other.node.reasons() == []
    nats.servers[0].start()
    assert ids(nats.relayed(database)) == log(database)
    wait_until(lambda: relaying.node.feed.supply.is_prompt or other.node.feed.supply.is_prompt, 20)
    database.run(FLIP, CUSTOMER)
    for tail in tails:
        has_all(tail, database)


def test_a_node_starts_without_nats_and_finds_it_later(nats: Nats, database: Sql, start_node: StartNode) -> None:
    nats.servers[0].stop()
    node = start_node(nats_url=nats.url)
    tail = node.tail()
    database.run(FLIP, CUSTOMER)
    has_all(tail, database)
    assert node.node.reasons() == []
    nats.servers[0].start()
    assert ids(nats.relayed(database)) == log(database)


def test_nats_gets_no_time(nats: Nats, database: Sql, start_node: StartNode) -> None:
    """Connections stay open, and nothing comes."""
    relaying = start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    other = fed(start_node(nats_url=nats.url))
    tails = [relaying.tail(), other.tail()]
    nats.servers[0].pause()
    try:
        for turn in range(3):
            database.run(FLIP, CUSTOMER)
            for tail in tails:
                has_all(tail, database)
            if turn == 0:
                wait_until(lambda: not other.node.feed.supply.is_prompt, what="nobody waits for it any more")
                missed = metrics.total(metrics.nats_missed)
        assert metrics.total(metrics.nats_missed) == missed
    finally:
        nats.servers[0].go_on()
    assert ids(nats.relayed(database)) == log(database)


def test_a_server_that_lost_its_files_gets_the_stream_anew(nats: Nats, database: Sql, start_node: StartNode) -> None:
    start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    nats.servers[0].stop()
    nats.servers[0].lose()
    database.run(FLIP, CUSTOMER)
    nats.servers[0].start()
    assert ids(nats.relayed(database)) == log(database)


@pytest.mark.parametrize("written_after", [0, 1, 3])
def test_the_database_is_restored_behind_the_stream(
    nats: Nats,
    database: Sql,
    start_node: StartNode,
    restore: Callable[[], Callable[[], None]],
    written_after: int,
) -> None:
    database.run(FLIP, CUSTOMER)
    put_back = restore()
    relaying = start_node(nats_url=nats.url)
    nats.relayed(database)
    other = fed(start_node(nats_url=nats.url))
    tails = [relaying.tail(), other.tail()]
    database.run(FLIP, CUSTOMER)
    before = ids(nats.relayed(database))
    for tail in tails:
        has_all(tail, database)
    put_back()
    for _ in range(written_after):
        database.run(FLIP, CUSTOMER)
    for tail in tails:
        assert tail.wait_event("reset", seconds=30).data["reason"] in ("forked", "unknown")
    database.set(database.consents()[0], "granted" if written_after % 2 else "revoked")
    after = ids(nats.relayed(database))
    assert after == log(database)
    assert after[:4] == before[:4]
    assert after[4:] != before[4:]


def test_the_leader_of_the_stream_is_killed(cluster_of_nats: Nats, database: Sql, start_node: StartNode) -> None:
    nats = cluster_of_nats
    relaying = start_node(nats_url=nats.url, nats_replicas=3)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    other = fed(start_node(nats_url=nats.url, nats_replicas=3))
    tails = [relaying.tail(), other.tail()]
    for _ in range(2):
        leader = nats.leader()
        leader.stop()
        for _ in range(3):
            database.run(FLIP, CUSTOMER)
            for tail in tails:
                has_all(tail, database)
        assert ids(nats.relayed(database)) == log(database)
        leader.start()
    assert relaying.node.reasons() == other.node.reasons() == []


def test_without_a_majority_of_servers_the_table_is_read(
    cluster_of_nats: Nats, database: Sql, start_node: StartNode
) -> None:
    nats = cluster_of_nats
    node = start_node(nats_url=nats.url, nats_replicas=3)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    tail = node.tail()
    before = sum(metrics.total(metrics.relay_failures, reason=one) for one in ("away", "no-quorum", "lost"))
    for server in nats.servers[:2]:
        server.stop()
    database.run(FLIP, CUSTOMER)
    has_all(tail, database)
    wait_until(
        lambda: (
            sum(metrics.total(metrics.relay_failures, reason=one) for one in ("away", "no-quorum", "lost")) > before
        ),
        20,
        "it says so",
    )
    database.run(FLIP, CUSTOMER)
    has_all(tail, database)
    for server in nats.servers[:2]:
        server.start()
    assert ids(nats.relayed(database)) == log(database)


def test_more_copies_than_servers_is_said(nats: Nats, database: Sql, start_node: StartNode) -> None:
    said = failing("too-few-servers")
    node = start_node(nats_url=nats.url, nats_replicas=3)
    wait_until(said)
    tail = node.tail()
    database.run(FLIP, CUSTOMER)
    has_all(tail, database)
