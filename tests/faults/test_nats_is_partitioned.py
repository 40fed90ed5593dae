"""One of three servers of NATS is cut off from the others: with the leader of the stream, with the node that relays, or
with both. Readers get everything in order, and the stream goes on where most of the servers are."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from consentfeed import metrics
from tests.faults.test_nats_fails import has_all
from tests.relay.test_nodes import fed
from tests.relay.test_stream import FLIP, ids, log
from tests.support.database import Sql
from tests.support.nats import Nats, NatsServer, nats_cluster
from tests.support.nats_client import NatsClient, NatsError, NatsMessage
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER
from tests.support.waiting import wait_until


@pytest.fixture
def nats() -> Iterator[Nats]:
    """Three servers that can be cut off from each other."""
    with nats_cluster() as nats:
        yield nats


@pytest.fixture
def leader(nats: Nats, database: Sql, start_node: StartNode) -> NatsServer:
    """The server that leads a stream which has been made; no node runs any more."""
    first = start_node(nats_url=nats.url, nats_replicas=3)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    first.stop()
    return nats.leader()


def node_at(server: NatsServer, start_node: StartNode) -> RunningNode:
    """A node that is connected to this server."""
    return start_node(nats_url=server.url, nats_replicas=3)


def stored_at(server: NatsServer) -> list[NatsMessage]:
    """What it answers; nothing while there is no answer."""
    with NatsClient(server.port) as client, suppress(NatsError, OSError):
        return client.stored()
    return []


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("leader_is_cut_off", "relay_is_cut_off"), [(True, True), (True, False), (False, True)])
def test_a_server_is_cut_off_from_the_others(
    nats: Nats,
    leader: NatsServer,
    database: Sql,
    start_node: StartNode,
    leader_is_cut_off: bool,
    relay_is_cut_off: bool,
) -> None:
    follower, another = (server for server in nats.servers if server is not leader)
    alone, together = (leader, follower) if leader_is_cut_off else (follower, another)
    relaying = node_at(alone if relay_is_cut_off else together, start_node)
    wait_until(lambda: relaying.node.feed.supply.is_ours, 20, "it relays")
    other = fed(node_at(together if relay_is_cut_off else alone, start_node))
    tails = [relaying.tail(), other.tail()]
    away = metrics.total(metrics.nats_away)
    with nats.cut_off(alone):
        for _ in range(3):
            database.run(FLIP, CUSTOMER)
            for tail in tails:
                has_all(tail, database)
        assert ids(nats.relayed(database)) == log(database)
        assert relaying.node.feed.supply.is_ours is not relay_is_cut_off
        assert metrics.total(metrics.nats_away) == away, "no connection was lost"
        database.run(FLIP, CUSTOMER)
        for tail in tails:
            has_all(tail, database)
        assert relaying.node.reasons() == other.node.reasons() == []
    database.run(FLIP, CUSTOMER)
    for tail in tails:
        has_all(tail, database)
        assert not [block for block in tail.blocks if block.event == "reset"]
    nats.relayed(database)
    wait_until(lambda: ids(stored_at(alone)) == log(database), 30, "it has what the others have")
    wait_until(
        lambda: relaying.node.feed.supply.is_prompt or other.node.feed.supply.is_prompt, 30, "nodes are fed again"
    )
