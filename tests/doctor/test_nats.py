"""The doctor's check of NATS."""

from pathlib import Path
from typing import Any

import pytest

from consentfeed.doctor.finding import Finding
from consentfeed.settings import Settings
from tests.doctor.examined import bad, look_at
from tests.relay.test_stream import FLIP
from tests.support.database import Sql
from tests.support.nats import Nats, nats_cluster, nats_server
from tests.support.node import StartNode
from tests.support.ports import free_port
from tests.support.seed import CUSTOMER
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until


def finding(database: Sql, url: str | None, **options: Any) -> Finding:
    """What the check finds with NATS there."""
    settings = Settings(database_url=database.app_url, nats_url=url, **{"secret": SECRET} | options)
    return look_at(database.app_url, "nats", settings=settings)


def test_without_nats_all_is_well(database: Sql) -> None:
    assert "not set" in finding(database, None).seen
    assert finding(database, None).severity == "ok"


def test_what_is_the_matter_with_nats_is_said(nats: Nats, database: Sql, start_node: StartNode) -> None:
    bad(finding(database, f"nats://127.0.0.1:{free_port()}"), "warning", "does not answer", "read PostgreSQL")
    bad(finding(database, nats.url), "warning", "no stream yet", "its log says why")
    node = start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    wait_until(lambda: finding(database, nats.url).severity == "ok")
    assert finding(database, nats.url).seen == "the stream has events 1 to 4 of 4, on 1 of 1 servers"
    bad(finding(database, nats.url, secret="y" * 32), "problem", "not of this deployment")
    node.stop()
    bad(finding(database, nats.url), "warning", "no node relays")


def test_a_server_without_jetstream_is_a_problem(database: Sql) -> None:
    with nats_server(jetstream=False) as nats:
        bad(finding(database, nats.url), "problem", "JetStream is off")


def test_too_few_copies_and_lost_ones_are_said(database: Sql, start_node: StartNode) -> None:
    with nats_cluster() as nats:
        node = start_node(nats_url=nats.url)
        database.run(FLIP, CUSTOMER)
        nats.relayed(database)
        bad(finding(database, nats.url), "warning", "1 of 3 servers", "CONSENTFEED_NATS_REPLICAS")
        node.stop()
        start_node(nats_url=nats.url, nats_replicas=3)
        wait_until(lambda: finding(database, nats.url).severity == "ok", 30, "there are three copies")
        leader = nats.leader()
        next(server for server in nats.servers if server is not leader).stop()
        wait_until(lambda: "2 of its 3 copies" in finding(database, nats.url).seen, 30)


def test_without_its_library_nats_is_refused_at_start(
    monkeypatch: pytest.MonkeyPatch, database: Sql, run: Any, tmp_path: Path
) -> None:
    settings = {"database_url": database.app_url, "secret": SECRET, "nats_url": "nats://127.0.0.1:4222"}
    missing = run("serve", **settings, nats_credentials=str(tmp_path / "none.creds"))
    assert missing.status == 1
    assert "CONSENTFEED_NATS_CREDENTIALS" in missing.err
    monkeypatch.setattr("consentfeed.node.nats.find_spec", lambda _name: None)
    refused = run("serve", **settings)
    assert refused.status == 1
    assert "pip install 'consentfeed[nats]'" in refused.err
    monkeypatch.setattr("consentfeed.doctor.nats.find_spec", lambda _name: None)
    bad(finding(database, settings["nats_url"]), "problem", "nats-py is not installed")


def test_a_server_that_is_known_by_several_names_counts_once(database: Sql, start_node: StartNode) -> None:
    """By its name in the URL, and by the addresses that servers tell of each other."""
    with nats_cluster() as nats:
        start_node(nats_url=nats.url, nats_replicas=3)
        database.run(FLIP, CUSTOMER)
        nats.relayed(database)
        names = nats.url.replace("127.0.0.1", "localhost")
        wait_until(lambda: finding(database, names).severity == "ok", 30, "there are three copies")
        assert finding(database, names).seen.endswith("on 3 of 3 servers")
        nats.servers[0].stop()
        wait_until(lambda: finding(database, names).seen.endswith("2 of its 3 copies are up to date"), 30)


def test_a_server_that_is_named_counts_also_while_it_is_away(nats: Nats, database: Sql, start_node: StartNode) -> None:
    start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    names = f"{nats.url},{nats.url.replace('127.0.0.1', 'localhost')},nats://127.0.0.1:{free_port()}"
    wait_until(lambda: finding(database, names).severity == "ok")
    assert finding(database, names).seen.endswith("on 1 of 2 servers")
