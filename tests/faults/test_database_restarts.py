"""PostgreSQL goes away and comes back: writes say 503, streams stay open and go on."""

from tests.support.database import Sql, create_database, install, make_owner
from tests.support.node import RunningNode, nodes
from tests.support.postgres import Server
from tests.support.seed import seed
from tests.support.waiting import wait_until

_END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_streams_stay_open_and_go_on_when_the_database_is_back() -> None:
    with Server.new() as server:
        server.start()
        make_owner(server.url())
        database = create_database(server.url(), "consentfeed")
        install(database)
        with database.connect() as owner:
            seed(owner)
        with nodes(database) as start_node:
            _restart_under(start_node(poll_seconds=0.5), server, database)


def _restart_under(node: RunningNode, server: Server, database: Sql) -> None:
    consent = database.consents()[0]
    tail = node.tail()
    client = node.client("service")
    wait_until(lambda: client.get("/readyz").status_code == 200)
    before = client.post(f"/api/v1/customer/consents/{consent}/grant")
    assert before.status_code == 200
    tail.wait(lambda t: t.seqs == [1])
    server.stop()
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
    server.start()
    wait_until(lambda: client.get("/readyz").status_code == 200, seconds=30)
    revoked = client.post(f"/api/v1/customer/consents/{consent}/revoke")
    assert revoked.status_code == 200
    tail.wait(lambda t: t.seqs == [1, 2])
    assert not tail.ended.is_set()
    assert database.verify() == []


def test_a_standby_that_is_not_promoted_yet_is_a_503_and_not_kept(node: RunningNode, database: Sql) -> None:
    client, consent = node.client("service"), database.consents()[0]
    name = database.name
    database.run_as(database.admin_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database.run_as(database.admin_url, _END_ALL)
    # As after a failover: by new connections it can read, and no more.
    with node.client("customer") as reader:
        wait_until(lambda: reader.get("/api/v1/customer/consents").status_code == 200)
    answer = client.post(f"/api/v1/customer/consents/{consent}/grant")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/read-only")
    assert int(answer.headers["retry-after"]) > 0
    database.run_as(
        database.admin_url,
        f"START TRANSACTION READ WRITE; ALTER DATABASE {name} SET default_transaction_read_only = off; COMMIT",
    )
    # By a new connection: the one before would read only for ever.
    assert client.post(f"/api/v1/customer/consents/{consent}/grant").status_code == 200
