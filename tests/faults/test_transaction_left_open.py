"""Somebody leaves a transaction open in psql: it holds up decisions on the same consents, and nothing else."""

import threading

import httpx
import pytest

from consentfeed.postgres import pool
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.seed import CUSTOMER
from tests.support.waiting import wait_until


def test_an_open_update_holds_up_only_decisions_on_the_same_consents(start_node: StartNode, database: Sql) -> None:
    node = start_node(busy_seconds=30.0)
    busy, free, *_ = database.consents()
    answers: list[httpx.Response] = []
    with node.client("service") as client, database.connect() as psql:
        psql.execute("UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", (busy,))
        waiting = threading.Thread(
            target=lambda: answers.append(client.post(f"/api/v1/customer/consents/{busy}/revoke"))
        )
        waiting.start()
        wait_until(lambda: node.node.writer._count == 1, what="the held decision waits")
        for action in ("grant", "revoke", "grant"):
            assert client.post(f"/api/v1/customer/consents/{free}/{action}").status_code == 200
        assert not answers
        psql.commit()
        waiting.join(30)
    assert answers[0].status_code == 200
    assert answers[0].json()["consent"]["status"] == "revoked"
    types = [
        row[0] for row in database.run("SELECT type FROM consentfeed.events WHERE consent_id = %s ORDER BY seq", busy)
    ]
    assert types == ["granted", "revoked"]


def test_a_consent_held_for_long_is_a_503_with_retry_after_and_nothing_written(
    start_node: StartNode, database: Sql
) -> None:
    node = start_node(busy_seconds=0.3)
    busy = database.consents()[0]
    with node.client("service") as client, database.connect() as psql:
        psql.execute("SELECT FROM consentfeed.consents WHERE id = %s FOR UPDATE", (busy,))
        answer = client.post(f"/api/v1/customer/consents/{busy}/grant")
        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/busy"
        assert int(answer.headers["retry-after"]) > 0
        psql.rollback()
    assert database.head() == 0


def test_who_waits_too_long_for_the_log_or_a_row_is_told_busy(
    start_node: StartNode, database: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "LOCK_SECONDS", 0.3)
    node = start_node(busy_seconds=4.5)
    busy, other, *_ = database.consents()
    with node.client("service") as client, database.connect() as psql:
        psql.execute("UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", (busy,))
        psql.execute("SET CONSTRAINTS ALL IMMEDIATE")  # from now on the log is locked
        psql.execute("SELECT FROM consentfeed.customers WHERE id = %s FOR UPDATE", (CUSTOMER,))
        one = client.post(f"/api/v1/customer/consents/{other}/grant")
        many = client.post("/api/v1/decisions", json={"decisions": [{"action": "grant", "consent_id": other}]})
        customer = client.put(f"/api/v1/customers/{CUSTOMER}", json={"name": "Nimal Perera"})
        assert [answer.status_code for answer in (one, many, customer)] == [503, 200, 503]
        for problem in (one.json(), many.json()["outcomes"][0]["problem"], customer.json()):
            assert problem["type"] == "/problems/busy"
        assert int(one.headers["retry-after"]) > 0
        psql.rollback()
        assert client.post(f"/api/v1/customer/consents/{other}/grant").status_code == 200
    assert database.head() == 1


def test_decisions_on_a_held_consent_keep_their_order(start_node: StartNode, database: Sql) -> None:
    node = start_node(busy_seconds=30.0)
    busy = database.consents()[0]
    with node.client("service") as client, database.connect() as psql:
        psql.execute("SELECT FROM consentfeed.consents WHERE id = %s FOR UPDATE", (busy,))
        threads = []
        for count, action in enumerate(("grant", "revoke", "grant", "revoke"), start=1):
            thread = threading.Thread(target=client.post, args=(f"/api/v1/customer/consents/{busy}/{action}",))
            thread.start()
            threads.append(thread)
            wait_until(lambda count=count: node.node.writer._count == count)  # type: ignore[misc]
        psql.rollback()
        for thread in threads:
            thread.join(30)
    types = [row[0] for row in database.run("SELECT type FROM consentfeed.events WHERE seq > 0 ORDER BY seq")]
    assert types == ["granted", "revoked", "granted", "revoked"]
