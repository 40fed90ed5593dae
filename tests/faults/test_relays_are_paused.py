"""A node that relays is paused: another goes on, and what the first one sends when it wakes is refused."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest

from consentfeed.log.position import Position
from consentfeed.relay.connection import Connection
from consentfeed.relay.message import Messages, Outgoing
from consentfeed.relay.stream import Stream
from consentfeed.relay.trouble import Trouble
from consentfeed.settings import Settings
from tests.relay.test_stream import FLIP, ids, log
from tests.support.database import Sql
from tests.support.nats import Nats
from tests.support.nats_client import NatsError
from tests.support.node_process import NodeProcess
from tests.support.seed import CUSTOMER
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until

FREE = "UPDATE consentfeed.followers SET held_until = '-infinity' WHERE name = 'relay'"
HOLDER = "SELECT holder::text FROM consentfeed.followers WHERE name = 'relay' AND held_until > now()"


def says(node: NodeProcess, line: str) -> bool:
    """Whether the node's metrics have this line."""
    return f"\n{line}" in httpx.get(f"{node.url}/metrics").text


def test_a_paused_relay_is_fenced_off(nats: Nats, database: Sql, tmp_path: Path) -> None:
    settings = {"nats_url": nats.url}
    with (
        NodeProcess(database.app_url, tmp_path / "first", settings) as first,
        NodeProcess(database.app_url, tmp_path / "second", settings) as second,
    ):
        first.start()
        database.run(FLIP, CUSTOMER)
        nats.relayed(database)
        holder = database.value(HOLDER)
        os.kill(first.pid, signal.SIGSTOP)
        try:
            second.start()
            database.run(FREE)
            database.run(FLIP, CUSTOMER)
            assert ids(nats.relayed(database)) == log(database)
            assert database.value(HOLDER) != holder
        finally:
            os.kill(first.pid, signal.SIGCONT)
        wait_until(lambda: says(first, "consentfeed_relay_held 0.0"), what="it has seen that it is not its own")
        database.run(FLIP, CUSTOMER)
        assert ids(nats.relayed(database)) == log(database)
        assert says(second, "consentfeed_relay_held 1.0")


def test_a_relay_that_does_not_know_that_it_was_replaced_is_refused_by_the_stream(nats: Nats, database: Sql) -> None:
    """Whoever says that the last message is an older one has been replaced."""
    with NodeProcess(database.app_url, settings={"nats_url": nats.url}) as node, nats.client() as client:
        node.start()
        for _ in range(2):
            database.run(FLIP, CUSTOMER)
        message = nats.relayed(database)[3]
        for last in (3, 4, 7):
            headers = {**message.headers, "Nats-Msg-Id": "another", "Nats-Expected-Last-Sequence": str(last)}
            with pytest.raises(NatsError, match="10071"):
                client.publish(message.subject, message.content, headers)
        assert ids(nats.relayed(database)) == log(database)


def test_what_does_not_follow_on_the_last_message_is_refused(nats: Nats) -> None:
    """As two relays would that do not know of each other; nothing of either is between the other's."""

    async def go() -> list[str]:
        settings = Settings(nats_url=nats.url, nats_stream_bytes=1 << 20)
        codes = []
        connections = [Connection(settings) for _ in range(2)]
        try:
            one, other = [Stream(connection, Messages(SECRET), settings, SECRET) for connection in connections]
            for connection, stream in zip(connections, (one, other), strict=True):
                await connection.open()
                await stream.find(b"\1" * 32)
            await one.make(Position(7, b"\2" * 32))
            await one.publish(7, [outgoing(8), outgoing(9)])
            for stream, last, seqs in ((other, 7, (8, 9)), (other, 8, (9,)), (other, 12, (13,)), (other, 9, (10, 11))):
                try:
                    await stream.publish(last, [outgoing(seq, "other") for seq in seqs])
                    codes.append("taken")
                except Trouble as error:
                    codes.append(error.code)
        finally:
            for connection in connections:
                await connection.close()
        return codes

    assert asyncio.run(go()) == ["fenced", "fenced", "fenced", "taken"]
    with nats.client() as client:
        assert [(message.seq, message.content) for message in client.stored()] == [
            (8, b"one"), (9, b"one"), (10, b"other"), (11, b"other"),
        ]  # fmt: skip


def outgoing(seq: int, who: str = "one") -> Outgoing:
    """A message of one of them."""
    return Outgoing("consentfeed.events.consent-updated", f"{seq}-{who}", who.encode())
