"""PostgreSQL goes away and comes back: writes say 503, streams stay open and go on."""

from pathlib import Path

import psycopg
import pytest

from consentfeed import embedded, migrations
from consentfeed.settings import Settings
from tests import conftest
from tests.support import SECRET, RunningNode, Sql, wait_until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cluster"


def _sql(owner_url: str) -> Sql:
    app_url = conftest.with_login(owner_url, "consentfeed_app", conftest.APP_PASSWORD, "consentfeed")
    return Sql(owner_url, app_url, owner_url)


def test_streams_stay_open_and_go_on_when_the_database_is_back(folder: Path) -> None:
    with embedded.postgres(folder) as url:
        migrations.migrate(url)
        database = _sql(url)
        database.run(f"ALTER ROLE consentfeed_app LOGIN PASSWORD '{conftest.APP_PASSWORD}'")
        with psycopg.connect(url) as owner:
            conftest._seed(owner)
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
