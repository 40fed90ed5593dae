"""Many writers and many readers at once: no gap, no repeat, commit order, on every stream."""

import asyncio
import random
import threading

import psycopg

from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER, OTHER
from tests.support.tokens import bearer
from tests.support.waiting import wait_until


def _sql_writer(database: Sql, consents: list[str], seed: int, stop: threading.Event) -> None:
    """Transactions of random length, with savepoints and rollbacks, at random isolation levels."""
    dice = random.Random(seed)
    with database.connect() as connection:
        while not stop.is_set():
            try:
                level = dice.choice(["READ COMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
                connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
                for _ in range(dice.randint(1, 4)):
                    connection.execute("SAVEPOINT s")
                    _flip(connection, dice.choice(consents))
                    if dice.random() < 0.3:
                        connection.execute("ROLLBACK TO SAVEPOINT s")
                if dice.random() < 0.2:
                    connection.rollback()
                else:
                    connection.commit()
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                connection.rollback()


def _flip(connection: psycopg.Connection, consent: str) -> None:
    connection.execute(
        "UPDATE consentfeed.consents SET status = CASE status WHEN 'granted' THEN 'revoked' ELSE 'granted' END"
        " WHERE id = %s",
        (consent,),
    )


def _rest_writer(node: RunningNode, consents: list[str], seed: int, stop: threading.Event) -> None:
    dice = random.Random(seed)
    with node.client("service") as client:
        while not stop.is_set():
            action = dice.choice(["grant", "revoke"])
            answer = client.post(f"/api/v1/customer/consents/{dice.choice(consents)}/{action}")
            assert answer.status_code in (200, 503), answer.text


def test_six_writers_by_rest_and_sql_on_two_nodes_leave_no_gap_on_any_stream(
    start_node: StartNode, database: Sql
) -> None:
    one, two = start_node(), start_node(memory_events=50)
    consents = database.consents() + database.consents(OTHER)
    tails = [one.tail(), two.tail(), two.tail(query=f"?customer={OTHER}"), one.tail("customer")]
    stop = threading.Event()
    writers = [threading.Thread(target=_sql_writer, args=(database, consents, seed, stop)) for seed in range(4)] + [
        threading.Thread(target=_rest_writer, args=(n, consents, 9, stop)) for n in (one, two)
    ]
    for writer in writers:
        writer.start()
    paged: list[str] = []
    place = "0-00000000"
    with two.client("admin") as client:
        while len(paged) < 300:
            page = client.get("/api/v1/events", params={"after": place, "limit": 37}).json()
            paged += [event["id"] for event in page["events"]]
            place = page["next"]
    stop.set()
    for writer in writers:
        writer.join()
    head = database.head()
    for tail in tails[:2]:
        tail.wait(lambda t: t.seqs and t.seqs[-1] == head)
        assert tail.seqs == list(range(1, head + 1))
    assert paged == [block.id for block in tails[0].events][: len(paged)]
    truth = database.run("SELECT seq, customer_id::text FROM consentfeed.events WHERE seq > 0 ORDER BY seq")
    others = [seq for seq, customer in truth if customer == OTHER]
    tails[2].wait(lambda t: len(t.events) == len(others))
    assert tails[2].seqs == others
    tails[3].wait(lambda t: len(t.events) == len([1 for _, customer in truth if customer == CUSTOMER]))
    assert {block.data["consent"]["customer_id"] for block in tails[3].events} == {CUSTOMER}
    versions: dict[str, int] = {}
    for block in tails[0].events:
        consent = block.data["consent"]
        assert consent["version"] == versions.get(consent["id"], 0) + 1, "each consent's events are in order"
        versions[consent["id"]] = consent["version"]
    assert database.verify() == []


def test_a_thousand_streams_of_one_process_get_every_event_once_in_order(start_node: StartNode, database: Sql) -> None:
    node = start_node(heartbeat_seconds=15.0)
    customers = [database.new_customer() for _ in range(5)]
    received = asyncio.run(_thousand(node, database, customers))
    expected = list(range(1, database.head() + 1))
    assert len(received) == 1000
    assert all(seqs == expected for seqs in received)
    wait_until(lambda: not node.node.streams.open, what="all streams are forgotten")


async def _thousand(node: RunningNode, database: Sql, customers: list[str]) -> list[list[int]]:
    head = (
        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {bearer('csr')}\r\n\r\n"
    )

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        writer.write(head.encode())
        await reader.readuntil(b"retry: 2000\n\n")
        return reader, writer

    async def read(reader: asyncio.StreamReader, total: int) -> list[int]:
        seqs: list[int] = []
        while len(seqs) < total:
            line = await reader.readline()
            if line.startswith(b"id: "):
                seqs.append(int(line[4:].split(b"-")[0]))
        return seqs

    streams = []
    for _ in range(10):
        streams += await asyncio.gather(*(connect() for _ in range(100)))
    total = 10 * len(customers) * 4

    def write() -> None:
        for turn in range(10):
            database.run(
                "UPDATE consentfeed.consents SET status = %s WHERE customer_id = ANY (%s::uuid[])",
                "granted" if turn % 2 == 0 else "revoked",
                customers,
            )

    writing = asyncio.to_thread(write)
    received, _ = await asyncio.gather(asyncio.gather(*(read(reader, total) for reader, _ in streams)), writing)
    for _, writer in streams:
        writer.close()
    return list(received)


def test_two_requests_under_one_key_at_once_are_one_answer_or_a_refusal_never_half(
    start_node: StartNode, database: Sql
) -> None:
    node = start_node()
    own, others = database.consents(), database.consents(OTHER)
    held = threading.Barrier(2)
    statuses: list[int] = []

    def post(decisions: list[dict[str, str]]) -> None:
        with node.client("service") as client:
            held.wait()
            body = {"decisions": decisions}
            statuses.append(client.post("/api/v1/decisions", json=body, headers={"Idempotency-Key": "one"}).status_code)

    threads = [
        threading.Thread(target=post, args=([{"action": "grant", "consent_id": consent} for consent in consents],))
        for consents in (own[:1], others)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 422]
    granted = database.run("SELECT DISTINCT customer_id::text FROM consentfeed.events WHERE seq > 0")
    assert len(granted) == 1, "of the refused request nothing was written"
