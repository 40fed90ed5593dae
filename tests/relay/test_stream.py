"""The stream through its life: lost, another deployment's, of another history, of another version; erased customers."""

import asyncio
import json
from collections.abc import Callable, Iterable

import pytest

from consentfeed import metrics
from consentfeed.log.position import Position
from consentfeed.relay import relay
from consentfeed.relay.message import Outgoing
from consentfeed.relay.stream import Stream
from tests.support.database import Sql
from tests.support.nats import Nats
from tests.support.nats_client import NatsError, NatsMessage
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER, OTHER
from tests.support.waiting import wait_until

FLIP = (
    "UPDATE consentfeed.consents SET status = CASE status WHEN 'granted' THEN 'revoked' ELSE 'granted' END"
    " WHERE customer_id = %s"
)
ERASE = "SELECT consentfeed.erase_customer(%s, NULL, NULL, NULL, NULL, 'admin', 'a', 'rest', 'asked', NULL, NULL)"


def ids(messages: list[NatsMessage]) -> list[str]:
    """What they are."""
    return [message.headers["Nats-Msg-Id"] for message in messages]


def log(database: Sql) -> list[str]:
    """Ids of all events."""
    return [database.event_id(seq) for seq in range(1, database.head() + 1)]


def failing(code: str) -> Callable[[], bool]:
    """Whether relaying fails for this reason, from now on."""
    before = metrics.total(metrics.relay_failures, reason=code)
    return lambda: metrics.total(metrics.relay_failures, reason=code) > before


def served(node: RunningNode, database: Sql) -> None:
    """A stream of the node gets what happens."""
    tail = node.tail()
    database.run(FLIP, CUSTOMER)
    tail.wait(lambda t: t.seqs and t.seqs[-1] == database.head())


def test_a_stream_that_is_deleted_is_made_anew(nats: Nats, database: Sql, start_node: StartNode) -> None:
    node = start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    with nats.client() as client:
        client.api("STREAM.DELETE.consentfeed")
    served(node, database)
    assert ids(nats.relayed(database)) == log(database)


@pytest.mark.parametrize("is_noted", [False, True])
def test_a_stream_without_messages_goes_on_or_is_made_anew(
    nats: Nats, database: Sql, start_node: StartNode, is_noted: bool
) -> None:
    """JetStream has lost what was in it, or age has taken it; the database may know where it ended."""
    first = start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    if is_noted:
        noted = "SELECT position FROM consentfeed.followers WHERE name = 'relay'"
        wait_until(lambda: database.run(noted) == [(4,)], 20)
    first.stop()
    database.run(FLIP, CUSTOMER)
    with nats.client() as client:
        client.api("STREAM.PURGE.consentfeed")
    start_node(nats_url=nats.url)
    assert ids(nats.relayed(database)) == log(database)[4 if is_noted else 0 :]


def test_a_new_stream_begins_with_the_newest_events(
    nats: Nats, database: Sql, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "BACKFILL", 3)
    for _ in range(3):
        database.run(FLIP, CUSTOMER)
    start_node(nats_url=nats.url)
    assert ids(nats.relayed(database)) == log(database)[-3:]


def test_the_stream_goes_on_where_it_ends_and_says_nothing_twice(
    nats: Nats, database: Sql, start_node: StartNode
) -> None:
    first = start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    first.stop()
    database.run(FLIP, CUSTOMER)
    with nats.client() as client:
        client.subscribe("consentfeed.events.>")
        start_node(nats_url=nats.url)
        assert [client.next().headers["Nats-Msg-Id"] for _ in range(4)] == log(database)[4:]
    assert ids(nats.relayed(database)) == log(database)


def test_what_the_library_cancels_does_not_end_the_relay(
    nats: Nats, database: Sql, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = Stream.publish
    cancelled: list[int] = []

    async def cancel_once(stream: Stream, seq: int, outgoing: Iterable[Outgoing]) -> None:
        if not cancelled:
            cancelled.append(seq)
            raise asyncio.CancelledError
        await publish(stream, seq, outgoing)

    monkeypatch.setattr(Stream, "publish", cancel_once)
    start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    assert ids(nats.relayed(database)) == log(database)
    assert cancelled


def test_another_deployments_stream_is_left_alone(nats: Nats, database: Sql, start_node: StartNode) -> None:
    with nats.client() as client:
        client.api("STREAM.CREATE.consentfeed", name="consentfeed", subjects=["consentfeed.events.>"])
        client.publish("consentfeed.events.consent-updated", b"theirs")
    foreign = failing("foreign")
    node = start_node(nats_url=nats.url)
    wait_until(foreign, what="it says so")
    served(node, database)
    with nats.client() as client:
        assert [message.content for message in client.stored()] == [b"theirs"]


def test_a_stream_of_the_same_log_under_another_secret_is_left_alone(
    nats: Nats, database: Sql, start_node: StartNode
) -> None:
    first = start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    before = ids(nats.relayed(database))
    first.stop()
    foreign = failing("foreign")
    node = start_node(nats_url=nats.url, secret="y" * 32)
    wait_until(foreign, what="it says so")
    tail_lacks_nothing = node.node.feed.head.seq
    database.run(FLIP, CUSTOMER)
    wait_until(lambda: node.node.feed.head.seq == tail_lacks_nothing + 4)
    with nats.client() as client:
        assert ids(client.stored()) == before


def test_a_stream_that_somebody_makes_meanwhile_is_left_alone(
    nats: Nats, database: Sql, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There was none when the relay looked."""
    find = Stream.find

    async def find_and_lose(stream: Stream, origin: bytes) -> Position | None:
        found = await find(stream, origin)
        with nats.client() as client:
            client.api("STREAM.CREATE.consentfeed", name="consentfeed", subjects=["consentfeed.events.>"])
            client.publish("consentfeed.events.consent-updated", b"theirs")
        return found

    monkeypatch.setattr(Stream, "find", find_and_lose)
    foreign = failing("foreign")
    start_node(nats_url=nats.url)
    wait_until(foreign, what="it says so")
    with nats.client() as client:
        assert [message.content for message in client.stored()] == [b"theirs"]


def test_somebody_elses_subjects_are_left_alone(nats: Nats, database: Sql, start_node: StartNode) -> None:
    with nats.client() as client:
        client.api("STREAM.CREATE.theirs", name="theirs", subjects=["consentfeed.>"])
    foreign = failing("foreign")
    start_node(nats_url=nats.url)
    wait_until(foreign, what="it says so")


@pytest.mark.parametrize(("schema", "is_made_anew"), [("0", True), ("99", False)])
def test_a_stream_of_another_version(
    nats: Nats,
    database: Sql,
    start_node: StartNode,
    monkeypatch: pytest.MonkeyPatch,
    schema: str,
    is_made_anew: bool,
) -> None:
    """Also where the database knows the end of it."""
    monkeypatch.setattr(relay, "_RENEW_SECONDS", 0.1)
    first = start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    noted = "SELECT position FROM consentfeed.followers WHERE name = 'relay'"
    wait_until(lambda: database.run(noted) == [(4,)], 20)
    first.stop()
    with nats.client() as client:
        config = client.api("STREAM.INFO.consentfeed")["config"]
        config["metadata"]["consentfeed-schema"] = schema
        client.api("STREAM.UPDATE.consentfeed", **config)
        newer, made = failing("newer"), metrics.total(metrics.relay_streams)
        node = start_node(nats_url=nats.url)
        wait_until(lambda: metrics.total(metrics.relay_streams) > made if is_made_anew else newer())
        served(node, database)
        if is_made_anew:
            assert ids(nats.relayed(database)) == log(database)
        else:
            assert len(client.stored()) == 4


def test_the_bounds_of_the_settings_are_those_of_the_stream(nats: Nats, database: Sql, start_node: StartNode) -> None:
    def bounds() -> tuple[int, int] | None:
        with nats.client() as client:
            try:
                config = client.api("STREAM.INFO.consentfeed")["config"]
            except NatsError:
                return None
            return config["max_bytes"], config["max_age"]

    first = start_node(nats_url=nats.url, nats_stream_bytes=1 << 20, nats_stream_hours=1.0)
    wait_until(lambda: bounds() == (1 << 20, 3600 * 10**9))
    first.stop()
    start_node(nats_url=nats.url, nats_stream_bytes=1 << 21, nats_stream_hours=2.0)
    wait_until(lambda: bounds() == (1 << 21, 7200 * 10**9))


def test_the_messages_of_an_erased_customer_are_deleted_before_the_erasure_is_told(
    nats: Nats, database: Sql, start_node: StartNode
) -> None:
    node = start_node(nats_url=nats.url)
    for customer in (CUSTOMER, OTHER, CUSTOMER):
        database.run(FLIP, customer)
    before = nats.relayed(database)
    database.run(ERASE, CUSTOMER)
    after = nats.relayed(database)
    erased = next(message.seq for message in after if message.subject.endswith("customer-erased"))
    assert erased > len(before)
    kept = [message for message in after if message.seq < erased]
    assert {message.event["subject"] for message in kept} == {OTHER}
    assert len(kept) == 4
    assert [message.event["subject"] for message in after if message.seq >= erased] == [CUSTOMER]
    served_seq = node.node.feed.head.seq
    assert served_seq == database.head()


def test_what_retention_drops_leaves_the_stream(
    nats: Nats, database: Sql, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_RENEW_SECONDS", 0.1)
    start_node(nats_url=nats.url)
    for _ in range(3):
        database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    events = "ALTER TABLE consentfeed.events"
    database.run("ALTER TABLE consentfeed.events DETACH PARTITION consentfeed.events_p0")
    database.run("CREATE TABLE consentfeed.small PARTITION OF consentfeed.events FOR VALUES FROM (0) TO (6)")
    database.run("CREATE TABLE consentfeed.large PARTITION OF consentfeed.events FOR VALUES FROM (6) TO (10000000)")
    assert events
    database.run("INSERT INTO consentfeed.events SELECT * FROM consentfeed.events_p0")
    database.run(
        "SELECT consentfeed.guard_log_table('consentfeed.small'), consentfeed.guard_log_table('consentfeed.large')"
    )
    database.run("DROP TABLE consentfeed.events_p0")
    database.run("SELECT consentfeed.drop_oldest_partition()")
    with nats.client() as client:
        wait_until(lambda: client.state()["first_seq"] == 6, what="the stream begins where the log does")


def test_no_message_shows_what_a_metric_or_a_seal_hides(nats: Nats, database: Sql, start_node: StartNode) -> None:
    start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    message = nats.relayed(database)[0]
    assert "customer@example.com" not in json.dumps([message.headers, message.event, message.subject])
    assert len(message.event["sealed"]) > 40
