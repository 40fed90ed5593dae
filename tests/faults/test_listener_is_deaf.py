"""The listener's connection is terminated, or half-open: noticed, mended, and nothing is lost meanwhile."""

from collections.abc import Iterator

import pytest

from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

_LISTENERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'consentfeed listener'"
)


@pytest.fixture
def proxy(database: Sql) -> Iterator[Proxy]:
    proxy = Proxy.before(database.app_url)
    yield proxy
    proxy.close()


def test_a_terminated_listener_reconnects_and_nothing_is_lost(node: RunningNode, database: Sql) -> None:
    tail = node.tail()
    wait_until(lambda: node.node.listener.hears)
    consents = database.consents()
    for status in ("granted", "revoked", "granted"):
        assert database.run_as(database.admin_url, _LISTENERS), "there was a listener to terminate"
        for consent in consents:
            database.set(consent, status)
        wait_until(lambda: database.run_as(database.admin_url, _LISTENERS.replace("pg_terminate_backend", "")))
    tail.wait(lambda t: len(t.events) == 12)
    assert tail.seqs == list(range(1, 13))
    wait_until(lambda: node.node.listener.hears)


def test_a_half_open_listener_is_noticed_and_replaced(start_node: StartNode, database: Sql, proxy: Proxy) -> None:
    node = start_node(database_url=proxy.url(database.app_url), probe_seconds=1.0)
    client = node.client()
    tail = node.tail()
    wait_until(lambda: client.get("/readyz").status_code == 200)
    proxy.freeze(b"consentfeed listener")
    # Half-open: the socket stays up, and says nothing. The contract gives 5 s to notice.
    answer = wait_until(lambda: (r := client.get("/readyz")).status_code == 503 and r, seconds=5)
    assert any(reason.startswith("deaf") for reason in answer.json()["reasons"])
    # Deaf, the feed still reads the table every few seconds.
    database.set(database.consents()[0], "granted")
    tail.wait(lambda t: t.seqs == [1])
    proxy.thaw()
    wait_until(lambda: client.get("/readyz").status_code == 200)
    database.set(database.consents()[0], "revoked")
    tail.wait(lambda t: t.seqs == [1, 2])


def test_a_node_whose_every_connection_hangs_comes_back(start_node: StartNode, database: Sql, proxy: Proxy) -> None:
    node = start_node(database_url=proxy.url(database.app_url), probe_seconds=0.5)
    tail = node.tail()
    wait_until(lambda: node.node.listener.hears)
    proxy.freeze(b"consentfeed")
    database.set(database.consents()[0], "granted")
    wait_until(lambda: not node.node.listener.hears)
    proxy.thaw()
    tail.wait(lambda t: t.seqs == [1], seconds=60)
