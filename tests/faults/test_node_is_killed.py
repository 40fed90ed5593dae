"""SIGKILL of a node: the client resumes at another, or after the restart, with nothing missing and nothing twice."""

import signal
import threading

from tests.support.database import Sql
from tests.support.node_process import NodeProcess
from tests.support.tail import Tail
from tests.support.tokens import bearer


def test_a_client_of_a_killed_node_resumes_with_nothing_missing_and_nothing_twice(database: Sql) -> None:
    stop = threading.Event()

    def write() -> None:
        consents = database.consents()
        turn = 0
        while not stop.is_set():
            database.set(consents[turn % 4], "granted" if turn // 4 % 2 == 0 else "revoked")
            turn += 1

    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {bearer('csr')}"}
    seqs: list[int] = []
    last = "0-00000000"
    writer = threading.Thread(target=write)
    writer.start()
    try:
        with NodeProcess(database.app_url) as node:
            for _ in range(4):
                node.start()
                tail = Tail(f"{node.url}/api/v1/events", headers | {"Last-Event-ID": last})
                tail.wait(lambda t: len(t.events) >= 20)
                node.kill()
                assert tail.ended.wait(10)
                assert not [b for b in tail.blocks if b.event == "reset"]
                seqs += tail.seqs
                last = tail.last_id()
    finally:
        stop.set()
        writer.join()
    assert seqs == list(range(1, len(seqs) + 1))
    assert database.verify() == []


def test_sigterm_and_sigint_end_serve_with_status_0(database: Sql) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with NodeProcess(database.app_url) as node:
            node.start()
            tail = Tail(
                f"{node.url}/api/v1/events", {"Accept": "text/event-stream", "Authorization": f"Bearer {bearer('csr')}"}
            )
            tail.wait(lambda t: t.blocks)
            assert node.end(number) == 0
        assert tail.wait_event("goodbye").data == {"reason": "shutdown"}
