"""PostgreSQL goes away and comes back: writes say 503, streams stay open and go on."""

from pathlib import Path

import psycopg
import pytest

from consentfeed.embedded import server as embedded
from consentfeed.postgres import migrations
from consentfeed.settings import Settings
from tests.support.database import APP_PASSWORD, Sql, with_login
from tests.support.node import RunningNode
from tests.support.seed import seed
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until

_END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cluster"


def _sql(owner_url: str) -> Sql:
    app_url = with_login(owner_url, "consentfeed_app", APP_PASSWORD, "consentfeed")
    return Sql(owner_url, app_url, owner_url)


def test_streams_stay_open_and_go_on_when_the_database_is_back(folder: Path) -> None:
    with embedded.postgres(folder) as url:
        migrations.migrate(url)
        database = _sql(url)
        database.run(f"ALTER ROLE consentfeed_app LOGIN PASSWORD '{APP_PASSWORD}'")
        with psycopg.connect(url) as owner:
            seed(owner)
        consent = database.consents()[0]
        node = RunningNode(
            Settings(
                database_url=database.app_url,
                secret=SECRET,
                port=0,
                heartbeat_seconds=0.5,
                poll_seconds=0.5,
                probe_seconds=0.5,
            )
        )
        tail = node.tail()
        client = node.client("service")
        wait_until(lambda: client.get("/readyz").status_code == 200)
        before = client.post(f"/api/v1/customer/consents/{consent}/grant")
        assert before.status_code == 200
        tail.wait(lambda t: t.seqs == [1])
    try:
        # Away: a clear answer at once, nothing written, and the stream still beats.
        answer = client.post(f"/api/v1/customer/consents/{consent}/revoke")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
        wait_until(lambda: len(client.get("/readyz").json()["reasons"]) == 2, what="deaf and behind")
        assert client.get("/healthz").status_code == 200
        beats = len([b for b in tail.blocks if b.event == "heartbeat"])
        tail.wait(lambda t: len([b for b in t.blocks if b.event == "heartbeat"]) > beats)
        assert not tail.ended.is_set()
        with embedded.postgres(folder) as again:
            assert again == url, "the port is kept, so that the node finds it"
            wait_until(lambda: client.get("/readyz").status_code == 200, seconds=30)
            revoked = client.post(f"/api/v1/customer/consents/{consent}/revoke")
            assert revoked.status_code == 200
            tail.wait(lambda t: t.seqs == [1, 2])
            assert not tail.ended.is_set()
            assert database.verify() == []
            node.stop()
    finally:
        client.close()
        if not node.server.should_exit:
            node.stop()


def test_a_standby_that_is_not_promoted_yet_is_a_503_and_not_kept(node: RunningNode, database: Sql) -> None:
    client, consent = node.client("service"), database.consents()[0]
    name = database.name
    database.run_as(database.admin_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database.run_as(database.admin_url, _END_ALL)
    # As after a failover: by new connections it can read, and no more.
    with node.client("customer") as reader:
        wait_until(lambda: reader.get("/api/v1/customer/consents").status_code == 200)
    answer = client.post(f"/api/v1/customer/consents/{consent}/grant")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database-away")
    assert int(answer.headers["retry-after"]) > 0
    database.run_as(
        database.admin_url,
        f"START TRANSACTION READ WRITE; ALTER DATABASE {name} SET default_transaction_read_only = off; COMMIT",
    )
    # By a new connection: the one before would read only for ever.
    assert client.post(f"/api/v1/customer/consents/{consent}/grant").status_code == 200
