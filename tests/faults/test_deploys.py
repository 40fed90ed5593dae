"""Nodes are restarted one after another: nobody misses anything, and nobody is in the way of all others."""

import asyncio
import random
import threading
import time
from collections import Counter

import httpx
import pytest

from consentfeed.stream import streams
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.node_process import NodeProcess
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

STREAMS = 2000
_HOLD = "SELECT FROM consentfeed.consents WHERE id = ANY (%s::uuid[]) FOR UPDATE"


def _end(node: RunningNode) -> threading.Thread:
    """SIGTERM, without waiting for what comes of it."""
    node.server.should_exit = True
    return node._thread


def _revoke(node: RunningNode, consent: str, answers: list[httpx.Response]) -> None:
    with node.client("service") as client:
        answers.append(client.post(f"/api/v1/customer/consents/{consent}/revoke"))


def test_a_node_that_ends_says_so_first_takes_no_more_streams_and_still_takes_decisions(
    start_node: StartNode, database: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_GOODBYE_SECONDS", 1.0)
    node = start_node(drain_seconds=12.0)
    tails = [node.tail() for _ in range(6)]
    consent = database.consents()[0]
    with node.client() as anybody, node.client("service") as client:
        assert anybody.get("/readyz").status_code == 200
        thread = _end(node)
        wait_until(lambda: anybody.get("/readyz").status_code == 503)
        assert anybody.get("/readyz").json()["reasons"] == ["draining"]
        refused = client.get("/api/v1/events", headers={"Accept": "text/event-stream"})
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/draining")
        assert int(refused.headers["retry-after"]) > 0
        assert client.post(f"/api/v1/customer/consents/{consent}/revoke").status_code == 200
        still_open = [tail for tail in tails if not tail.ended.is_set()]
        assert still_open, "goodbyes take their time"
        for tail in still_open[-1:]:
            tail.wait(lambda t: t.events)
    for tail in tails:
        assert tail.wait_event("goodbye").data == {"reason": "shutdown"}
        assert tail.ended.wait(15)
    thread.join(15)
    assert not thread.is_alive()


def test_a_decision_under_way_is_answered_before_the_node_ends(start_node: StartNode, database: Sql) -> None:
    node = start_node(drain_seconds=8.0)
    consent = database.consents()[0]
    answers: list[httpx.Response] = []
    with database.connect() as other:
        other.execute(_HOLD, ([consent],))
        asking = threading.Thread(target=_revoke, args=(node, consent, answers))
        asking.start()
        wait_until(lambda: node.node.writer._count == 1)
        thread = _end(node)
        wait_until(lambda: node.node.streams.admission.draining)
        other.rollback()
    asking.join()
    thread.join(15)
    assert [answer.status_code for answer in answers] == [200]
    assert database.head() == 1


def test_what_cannot_be_written_in_time_is_refused_before_the_node_ends(start_node: StartNode, database: Sql) -> None:
    node = start_node(drain_seconds=1.0)
    consent = database.consents()[0]
    answers: list[httpx.Response] = []
    with database.connect() as other:
        other.execute(_HOLD, ([consent],))
        asking = threading.Thread(target=_revoke, args=(node, consent, answers))
        asking.start()
        wait_until(lambda: node.node.writer._count == 1)
        thread = _end(node)
        asking.join()
        thread.join(15)
    assert [answer.json()["type"] for answer in answers] == ["/problems/draining"]
    assert database.head() == 0


class Crowd:
    """Many streams that go on at the other node when theirs ends."""

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.last = 0  # the event after which there is none
        self.seqs: list[list[int]] = [[] for _ in range(STREAMS)]
        self.goodbyes: list[float] = []
        self.ends: Counter[str] = Counter()
        self.open = [0, 0]

    async def follow(self, number: int) -> None:
        """One of them, until it has all."""
        at, place = number % 2, ""
        while not self._whole(number):
            try:
                place = await self._read(number, at, place)
            except OSError:
                self.ends["refused"] += 1
            await asyncio.sleep(random.uniform(0, 1))
            at = 1 - at

    def _whole(self, number: int) -> bool:
        return self.seqs[number][-1:] == [self.last]

    async def _read(self, number: int, at: int, place: str) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[at])
        headers = f"Authorization: Bearer {bearer('csr')}\r\n" + (f"Last-Event-ID: {place}\r\n" if place else "")
        writer.write(
            f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{headers}\r\n".encode()
        )
        opened = False
        try:
            if b" 200 " not in await reader.readline():
                self.ends["refused"] += 1
                return place
            await reader.readuntil(b"\r\n\r\n")
            while not self._whole(number):
                block = (await reader.readuntil(b"\n\n")).decode()
                if not opened:
                    opened = True
                    self.open[at] += 1
                place = self._take(number, block) or place
        except asyncio.IncompleteReadError:
            pass
        finally:
            self.open[at] -= opened
            writer.close()
        return place

    def _take(self, number: int, block: str) -> str:
        """Counts a block; its id."""
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)  # not those of chunks
        match fields.get("event"):
            case "consent-updated":
                self.seqs[number].append(int(fields["id"].split("-")[0]))
            case "goodbye":
                self.goodbyes.append(time.monotonic())
            case "reset":
                self.ends["reset"] += 1
        return fields.get("id", "")


def _restart(node: NodeProcess) -> None:
    assert node.end() == 0
    node.start()


def _most_within(seconds: float, times: list[float]) -> int:
    return max(sum(1 for other in times if 0 <= other - one < seconds) for one in times[::10])


@pytest.mark.timeout(180)
def test_two_thousand_streams_go_through_a_rolling_restart_without_a_gap_and_not_all_at_once(database: Sql) -> None:
    nodes = [NodeProcess(database.app_url) for _ in range(2)]
    for node in nodes:
        node.start()
    writing = threading.Event()
    consents = database.consents()

    def write() -> None:
        turn = 0
        while not writing.wait(0.5):
            database.set(consents[turn % 4], "granted" if turn // 4 % 2 == 0 else "revoked")
            turn += 1
        database.set(consents[-1], "revoked")

    async def main() -> tuple[Crowd, list[list[float]]]:
        crowd = Crowd([node.port for node in nodes])
        following = [asyncio.create_task(crowd.follow(number)) for number in range(STREAMS)]
        rounds = []
        for at in (0, 1):
            while sum(crowd.open) < STREAMS:
                await asyncio.sleep(0.05)
            before = crowd.open[at]
            await asyncio.to_thread(_restart, nodes[at])
            rounds.append(crowd.goodbyes)
            while len(crowd.goodbyes) < before:
                await asyncio.sleep(0.05)
            assert len(crowd.goodbyes) == before, "each was told once"
            crowd.goodbyes = []
        writing.set()
        await asyncio.to_thread(writer.join)
        crowd.last = database.head() + 1
        database.set(consents[-1], "granted")
        await asyncio.gather(*following)
        return crowd, rounds

    writer = threading.Thread(target=write)
    writer.start()
    try:
        crowd, rounds = asyncio.run(main())
    finally:
        writing.set()
        writer.join()
        for node in nodes:
            node.close()
    head = database.head()
    assert all(seqs == list(range(seqs[0], head + 1)) for seqs in crowd.seqs)
    assert not crowd.ends["reset"]
    for goodbyes in rounds:
        # All at once would be all of them; on a machine that is busy, what came meanwhile is read at once.
        assert _most_within(0.25, goodbyes) < len(goodbyes) * 0.8, "they are spread over the time there is"
