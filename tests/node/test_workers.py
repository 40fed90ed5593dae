"""Several workers on one port: one service for who asks, whatever becomes of one of them."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from consentfeed.node import worker_process
from consentfeed.node.supervisor import Supervisor
from consentfeed.settings import Settings
from tests.support.database import Sql
from tests.support.node_process import NodeProcess
from tests.support.tail import Tail
from tests.support.tokens import bearer
from tests.support.waiting import wait_until
from tests.support.workers import metric, pids, reasons

WORKERS = 2
MANY = 40  # streams: that one of two workers gets none of them has a probability of 1 in 500,000,000,000


@pytest.fixture
def node(database: Sql, tmp_path: Path) -> Iterator[NodeProcess]:
    settings = {"workers": str(WORKERS), "hang_seconds": "6", "drain_seconds": "3"}
    with NodeProcess(database.app_url, tmp_path / "log", settings) as running:
        running.start("/readyz")
        yield running


def stream(node: NodeProcess, after: str | None = None) -> Tail:
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {bearer('csr')}"}
    tail = Tail(f"{node.url}/api/v1/events", headers | ({"Last-Event-ID": after} if after else {}))
    tail.wait(lambda t: t.blocks)
    return tail


def ask(node: NodeProcess, path: str, role: str = "csr") -> httpx.Response:
    """On a connection of its own, which any of the workers may get."""
    return httpx.get(node.url + path, headers={"Authorization": f"Bearer {bearer(role)}"}, trust_env=False)


def test_streams_spread_over_all_workers_and_the_metrics_speak_for_all_of_them(
    node: NodeProcess, database: Sql
) -> None:
    assert len(pids(node)) == WORKERS
    assert metric(node, "consentfeed_workers") == {"": WORKERS}
    tails = [stream(node) for _ in range(MANY)]
    open_streams = metric(node, "consentfeed_streams_open")
    assert sorted(open_streams) == [f'worker="{number}"' for number in range(1, WORKERS + 1)]
    assert sum(open_streams.values()) == MANY
    assert min(open_streams.values()) > 0
    assert metric(node, "consentfeed_streams_opened_total") == {"": MANY}
    database.set(database.consents()[0], "granted")
    for tail in tails:
        tail.wait(lambda t: t.events)
        tail.close()


def test_a_worker_that_is_killed_is_replaced_and_its_streams_resume_with_nothing_missing(
    node: NodeProcess, database: Sql
) -> None:
    tails = [stream(node) for _ in range(MANY)]
    database.set(database.consents()[0], "granted")
    for tail in tails:
        tail.wait(lambda t: t.events)
    counted = metric(node, "consentfeed_deliveries_total")[""]
    before = pids(node)
    os.kill(before[1], signal.SIGKILL)
    wait_until(lambda: any(tail.ended.is_set() for tail in tails), what="the streams of the killed worker end")
    database.set(database.consents()[1], "granted")
    head = database.head()
    ended = [tail for tail in tails if tail.ended.is_set()]
    assert len(ended) < MANY, "the others go on"
    for tail in tails:
        resumed = stream(node, tail.last_id()) if tail in ended else tail
        resumed.wait(lambda t: t.seqs and t.seqs[-1] == head)
        assert (tail.seqs + resumed.seqs if resumed is not tail else tail.seqs) == [head - 1, head]
        resumed.close()
    wait_until(lambda: reasons(node) == [], 30, "the worker is replaced")
    assert len(pids(node)) == WORKERS
    assert before[1] not in pids(node)
    assert metric(node, "consentfeed_workers_replaced_total") == {'why="died"': 1, 'why="hung"': 0}
    assert metric(node, "consentfeed_deliveries_total")[""] == counted + MANY, "what it had counted is not lost"


def test_a_worker_that_hangs_is_noticed_killed_and_replaced(node: NodeProcess) -> None:
    stopped = pids(node)[1]
    os.kill(stopped, signal.SIGSTOP)

    def look(_: int) -> list[str]:
        try:
            return reasons(node)
        except httpx.HTTPError:  # a connection that the stopped one got
            return []

    with ThreadPoolExecutor(MANY) as pool:
        seen = {reason for answer in pool.map(look, range(MANY)) for reason in answer}
    assert any(reason.endswith("does not answer") for reason in seen), seen
    wait_until(lambda: not Path(f"/proc/{stopped}").exists(), 60, "the stopped worker is gone")
    wait_until(lambda: look(0) == [] and len(pids(node)) == WORKERS, 30, "it is replaced")
    replaced = metric(node, "consentfeed_workers_replaced_total")
    assert replaced['why="hung"'] >= 1
    assert replaced['why="died"'] == 0


def test_sigterm_drains_all_workers_and_leaves_no_process(node: NodeProcess) -> None:
    tails = [stream(node) for _ in range(MANY)]
    workers = pids(node)
    assert node.end() == 0
    for tail in tails:
        assert tail.wait_event("goodbye").data == {"reason": "shutdown"}
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_workers_whose_supervisor_is_killed_drain_and_end(node: NodeProcess) -> None:
    tail, workers = stream(node), pids(node)
    node.kill()
    assert tail.wait_event("goodbye").data == {"reason": "shutdown"}
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), what="all workers end")


def test_limits_hold_for_all_workers_together(database: Sql) -> None:
    settings = {"workers": str(WORKERS), "principal_rate": "12", "streams_per_user": "5"}
    with NodeProcess(database.app_url, settings=settings) as node:
        node.start("/readyz")
        statuses = [ask(node, "/api/v1/purposes").status_code for _ in range(20)]
        # Every five seconds there is one more.
        assert statuses[:12] == [200] * 12
        assert statuses.count(429) >= 5


def test_open_streams_are_counted_over_all_workers(database: Sql) -> None:
    with NodeProcess(database.app_url, settings={"workers": str(WORKERS), "streams_per_user": "5"}) as node:
        node.start("/readyz")
        tails = [stream(node) for _ in range(5)]
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {bearer('csr')}"}
        for _ in range(2 * WORKERS):
            refused = httpx.get(f"{node.url}/api/v1/events", headers=headers, trust_env=False)
            assert refused.status_code == 429
        tails.pop().close()
        wait_until(lambda: sum(metric(node, "consentfeed_streams_open").values()) == 4, what="one has ended")
        tails.append(stream(node))
        for tail in tails:
            tail.close()


def test_a_port_that_is_taken_is_refused_though_workers_could_share_it(database: Sql, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        settings = {"workers": "2", "port": str(other.getsockname()[1])}
        with NodeProcess(database.app_url, log, settings) as node:
            node.spawn()
            wait_until(lambda: node.status is not None, what="it ends")
            assert node.status == 1
    assert "cannot listen on" in log.read_text()


def test_a_start_at_which_a_worker_fails_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        supervisor = Supervisor(Settings(workers=2), [one, other], [])
        assert asyncio.run(asyncio.wait_for(supervisor.run(), 30)) == 1


_ENDS_SLOWLY = """
import json, signal, socket, sys, time
signal.signal(signal.SIGTERM, lambda *_: None)
line = socket.socket(fileno=int(sys.argv[-1].split(":")[3]))
def question():
    size = int.from_bytes(line.recv(4, socket.MSG_WAITALL), "big")
    return json.loads(line.recv(size, socket.MSG_WAITALL))["number"]
answer = json.dumps({"number": question(), "answer": []}).encode()
line.sendall(len(answer).to_bytes(4, "big") + answer)
question()
line.close()
time.sleep(2)  # whatever signals come
"""


_COMES_AT_THE_SECOND_TRY = """
import json, pathlib, signal, socket, sys
place = sys.argv[-1].split(":")
tries = pathlib.Path(sys.argv[-3], place[0])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
first = not tries.exists()
tries.touch()
if first and place[0] == "2":
    sys.exit(1)
line = socket.socket(fileno=int(place[3]))
while size := line.recv(4, socket.MSG_WAITALL):
    question = json.loads(line.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
    answer = json.dumps({"number": question["number"], "answer": []}).encode()
    line.sendall(len(answer).to_bytes(4, "big") + answer)
"""


def test_where_one_worker_serves_another_that_cannot_start_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """PostgreSQL may be away for a moment: that ends nobody who is served."""
    monkeypatch.setattr(worker_process, "COMMAND", (sys.executable, "-c", _COMES_AT_THE_SECOND_TRY))

    async def go(*sockets: socket.socket) -> int:
        supervisor = Supervisor(Settings(workers=3), list(sockets), [str(tmp_path)])
        running = asyncio.create_task(supervisor.run())
        async with asyncio.timeout(30):
            while sum(worker.answers for worker in supervisor._workers.values()) < 3:
                assert not running.done(), "all were ended"
                await asyncio.sleep(0.01)
            supervisor._stop()
            return await running

    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    assert asyncio.run(go(*sockets)) == 0


def test_a_worker_that_has_hung_up_is_given_time_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "COMMAND", (sys.executable, "-c", _ENDS_SLOWLY))

    async def go(*sockets: socket.socket) -> int:
        supervisor = Supervisor(Settings(workers=1), list(sockets), [])
        running = asyncio.create_task(supervisor.run())
        async with asyncio.timeout(30):
            while not (worker := supervisor._workers.get(1)) or not worker.leaves:
                await asyncio.sleep(0.01)
            supervisor._stop()
            return await running

    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert asyncio.run(go(listening)) == 0


def test_a_worker_that_is_being_made_while_all_are_told_to_stop_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
    start = worker_process.WorkerProcess.start
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        supervisor = Supervisor(Settings(workers=2), [one, other], [])

        async def told_meanwhile(worker: worker_process.WorkerProcess) -> None:
            supervisor._stopping.set()
            await start(worker)

        monkeypatch.setattr(worker_process.WorkerProcess, "start", told_meanwhile)
        assert asyncio.run(asyncio.wait_for(supervisor.run(), 10)) == 1, "the signal has ended it"
