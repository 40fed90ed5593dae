"""The log in JetStream: in order, gap-free, each event once, and nobody's data in clear."""

import hashlib

from tests.support.database import Sql
from tests.support.nats import Nats
from tests.support.node import StartNode
from tests.support.seed import CUSTOMER
from tests.support.sql import decide, decision


def test_another_program_reads_the_log_from_the_stream_and_checks_its_chain(
    nats: Nats, database: Sql, start_node: StartNode
) -> None:
    consents = database.consents()
    decide(database.app_url, decision(consents[0], "grant", note="what was said"))
    node = start_node(nats_url=nats.url)
    for consent in consents[1:]:
        database.set(consent, "granted")
    found = nats.relayed(database)
    with node.client("csr") as client:
        page = client.get("/api/v1/events?kind=all", headers={"Last-Event-ID": "0-00000000"}).json()["events"]
    assert [message.seq for message in found] == list(range(1, database.head() + 1))
    assert [message.headers["Nats-Msg-Id"] for message in found] == [event["id"] for event in page]
    previous = database.value("SELECT encode(hash, 'hex') FROM consentfeed.events WHERE seq = 0")
    for message, shown in zip(found, page, strict=True):
        event = message.event
        assert message.subject == f"consentfeed.events.{shown['event']}"
        assert message.headers["Content-Type"] == "application/cloudevents+json"
        assert (event["specversion"], event["id"], event["type"]) == ("1.0", shown["id"], shown["event"])
        assert event["subject"] == CUSTOMER
        assert event["time"] == shown["data"]["timestamp"]
        shown["data"]["user"]["email"] = None
        if shown["data"]["reason"]:
            shown["data"]["reason"]["text"] = None
        assert event["data"] == shown["data"]
        assert (int(event["seq"]), event["previous"]) == (message.seq, previous)
        previous = hashlib.sha256(bytes.fromhex(previous) + event["body"].encode()).hexdigest()
        assert event["hash"] == previous
        for personal in (b"customer@example.com", b"what was said", b"Nimal"):
            assert personal not in message.content
