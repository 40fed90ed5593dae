"""Nodes that are sent events by NATS: they do not read the table for them, and are not deceived."""

import base64
import hashlib
import json
import random
import time

import pytest

from consentfeed import metrics
from consentfeed.log.event import Row
from consentfeed.log.seal import Seal
from consentfeed.relay.trouble import Trouble
from tests.relay.test_stream import FLIP
from tests.support.database import Sql
from tests.support.nats import Nats
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER
from tests.support.waiting import wait_until


class Reads:
    """Counts how often the feed of a node reads the table."""

    def __init__(self, node: RunningNode) -> None:
        self.count = 0
        self.node = node
        self._read = node.node.feed._read_after
        node.node.feed._read_after = self._counted

    async def _counted(self, seq: int, limit: int) -> list[Row]:
        self.count += 1
        return await self._read(seq, limit)


@pytest.fixture
def relaying(nats: Nats, database: Sql, start_node: StartNode) -> RunningNode:
    """The node that relays."""
    node = start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    return node


def fed(node: RunningNode) -> RunningNode:
    """A node, as soon as it waits for what NATS brings."""
    wait_until(lambda: node.node.feed.supply.is_prompt, 20, "the relay lives")
    return node


def test_nodes_are_sent_events_and_do_not_read_them(
    nats: Nats, database: Sql, relaying: RunningNode, start_node: StartNode
) -> None:
    others = [fed(start_node(nats_url=nats.url)) for _ in range(3)]
    tails = [node.tail() for node in others]
    reads, own = [Reads(node) for node in others], Reads(relaying)
    came = metrics.total(metrics.nats_events)
    consent = database.consents()[0]
    for turn in range(50):
        database.set(consent, ("granted", "revoked")[turn % 2 == 0])
    for tail in tails:
        tail.wait(lambda t: t.seqs and t.seqs[-1] == database.head())
        assert tail.seqs == list(range(5, database.head() + 1))
    assert own.count >= 10
    assert [one.count for one in reads] == [0, 0, 0]
    assert metrics.total(metrics.nats_events) == came + 150
    assert [event.data["user"]["email"] for event in tails[0].events] == ["customer@example.com"] * 50


def test_an_idle_node_does_not_read_the_table_either(
    nats: Nats, database: Sql, relaying: RunningNode, start_node: StartNode
) -> None:
    other = fed(start_node(nats_url=nats.url))
    reads, own = Reads(other), Reads(relaying)
    wait_until(lambda: own.count >= 3, what="the relay's node reads it for all")
    assert reads.count == 0
    assert other.node.reasons() == []


def test_where_the_relay_is_gone_the_table_is_read_and_another_node_relays(
    nats: Nats, database: Sql, relaying: RunningNode, start_node: StartNode
) -> None:
    other = fed(start_node(nats_url=nats.url))
    tail = other.tail()
    relaying.stop()
    wait_until(lambda: not other.node.feed.supply.is_prompt, 1.5, "it has said that it goes")
    began = time.monotonic()
    database.run(FLIP, CUSTOMER)
    tail.wait(lambda t: len(t.seqs) == 4)
    assert time.monotonic() - began < 5
    nats.relayed(database)


def test_a_relay_that_fails_lets_another_node_try(
    nats: Nats, database: Sql, relaying: RunningNode, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where its server of NATS is cut off from the others."""
    other = fed(start_node(nats_url=nats.url))
    assert relaying.node.nats
    stream, failures = relaying.node.nats.relay._stream, 0

    async def fail(_seq: int, _outgoing: object) -> None:
        nonlocal failures
        failures += 1
        raise Trouble("away")

    monkeypatch.setattr(stream, "publish", fail)
    monkeypatch.setattr(random, "uniform", lambda least, _most: least)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    assert other.node.feed.supply.is_ours
    assert failures == 1


def test_what_somebody_else_publishes_is_not_taken(
    nats: Nats, database: Sql, relaying: RunningNode, start_node: StartNode
) -> None:
    """Anybody can compute the chain; nobody without the secret can seal beside a hash."""
    other = fed(start_node(nats_url=nats.url))
    tail = other.tail()
    (message,) = nats.relayed(database)[-1:]
    event = message.event
    body = event["body"].replace('"seq":4', '"seq":5')
    hash_ = hashlib.sha256(bytes.fromhex(event["hash"]) + body.encode()).digest()
    sealed = Seal("z" * 32, "relay").seal(hash_, json.dumps([None, None]).encode())
    forged = {**event, "id": f"5-{hash_[:4].hex()}", "seq": "5", "previous": event["hash"], "body": body}
    forged |= {"hash": hash_.hex(), "sealed": base64.b64encode(sealed).decode()}
    refused = metrics.total(metrics.nats_refused, reason="unreadable")
    with nats.client() as client:
        client.subscribe("nowhere")
        headers = {"Nats-Msg-Id": forged["id"], "Nats-Expected-Last-Sequence": "3"}  # not into the stream, but to nodes
        with pytest.raises(Exception, match="10071"):
            client.publish("consentfeed.events.consent-updated", json.dumps(forged).encode(), headers)
        wait_until(lambda: metrics.total(metrics.nats_refused, reason="unreadable") >= refused + 1)
    database.run(FLIP, CUSTOMER)
    tail.wait(lambda t: len(t.seqs) == 4)
    assert not [block for block in tail.blocks if block.event == "reset"]
