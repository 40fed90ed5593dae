"""More than there is room for: a clear refusal at once, and no harm to those who are served already."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.waiting import wait_until

LIST = "/api/v1/preferences"
MANY = 30


@contextmanager
def _at_once(node: RunningNode, role: str, requests: list[tuple[str, str]]) -> Iterator[list[httpx.Response]]:
    """The answers to requests that are all sent at once; at its end all have come."""
    answers: list[httpx.Response] = []

    def ask(method: str, path: str) -> None:
        with node.client(role) as client:
            answers.append(client.request(method, path))

    threads = [threading.Thread(target=ask, args=request) for request in requests]
    for thread in threads:
        thread.start()
    yield answers
    for thread in threads:
        thread.join()


def test_reads_that_all_wait_hold_up_neither_a_decision_nor_a_stream(start_node: StartNode, database: Sql) -> None:
    node = start_node()
    tail = node.tail()
    consent = database.consents()[0]
    with database.connect() as other:
        other.execute("LOCK TABLE consentfeed.preferences")
        with _at_once(node, "csr", [("GET", LIST)] * MANY) as answers:
            wait_until(lambda: node.node.database.pool._turns.locked(), what="all turns are taken")
            with node.client("service") as client:
                assert client.post(f"/api/v1/customer/consents/{consent}/revoke").status_code == 200
            tail.wait(lambda t: t.events)
            assert not answers, "they waited all the while"
            # Somebody waits for a lock for 4 s at most, and who waits for them, for 5.
            wait_until(lambda: len(answers) == MANY, seconds=30)
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["type"] for answer in answers} == {"/problems/busy", "/problems/overloaded"}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)


def test_more_decisions_than_may_wait_are_refused_at_once_and_the_others_are_written(
    start_node: StartNode, database: Sql
) -> None:
    node = start_node(write_waiting=10)
    customers = [database.new_customer() for _ in range(MANY)]
    consents = [database.consents(customer)[0] for customer in customers]
    with database.connect() as other:
        other.execute("SELECT FROM consentfeed.consents WHERE id = ANY (%s::uuid[]) FOR UPDATE", (consents,))
        requests = [("POST", f"/api/v1/customer/consents/{consent}/revoke") for consent in consents]
        with _at_once(node, "service", requests) as answers:
            wait_until(lambda: len(answers) == MANY - 10)
            assert {answer.json()["type"] for answer in answers} == {"/problems/overloaded"}
            assert {answer.headers["retry-after"] for answer in answers} == {"1"}
            assert database.head() == 0
            other.rollback()
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [503] * (MANY - 10)
    assert database.head() == 10, "what was refused was not written"
