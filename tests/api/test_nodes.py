"""The nodes and their numbers, and verifying the log from a page."""

import asyncio
import threading
from typing import Any

import pytest

from consentfeed import metrics
from consentfeed.api.nodes import Nodes
from consentfeed.api.verify import Verification
from consentfeed.node import reporter
from consentfeed.postgres.log import Verified
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.rest import Rest, ok, problem
from tests.support.waiting import wait_until

SEEN = "SELECT count(*) FROM consentfeed.nodes"


def nodes(running: RunningNode) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(running.client("admin").get("/api/v1/nodes"), Nodes)["nodes"]
    return found


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports come faster than anybody would want."""
    monkeypatch.setattr(reporter, "_SECONDS", 0.05)


def test_every_node_is_listed_with_its_numbers_by_every_node(start_node: StartNode) -> None:
    running = [start_node(), start_node()]
    wait_until(lambda: len(nodes(running[0])) == 2)
    first, second = (nodes(one) for one in running)
    assert {one["id"] for one in first} == {one["id"] for one in second}
    assert all(one["host"] and one["started_at"] <= one["seen_at"] for one in first)


def test_the_first_report_counts_nothing_from_before_the_start(start_node: StartNode, database: Sql) -> None:
    database.run("UPDATE consentfeed.consents SET status = 'granted'")
    running = start_node()
    wait_until(lambda: nodes(running))
    (one,) = nodes(running)
    assert one["numbers"]["events_per_second"] == 0
    assert one["numbers"]["listener_age"] < 10


@pytest.mark.usefixtures("often")
def test_numbers_follow_what_the_node_does(node: RunningNode, database: Sql) -> None:
    def numbers() -> dict[str, float]:
        (one,) = nodes(node)
        return dict(one["numbers"])

    wait_until(lambda: nodes(node))
    before = numbers()["streams"]
    tail = node.tail()
    wait_until(lambda: numbers()["streams"] == before + 1)
    highest: dict[str, float] = {}
    client, (consent, *_) = node.client("service"), database.consents()

    def decided(action: str) -> bool:
        client.post(f"/api/v1/customer/consents/{consent}/{action}").raise_for_status()
        for name, value in numbers().items():
            highest[name] = max(value, highest.get(name, 0))
        rates = ("writes_per_second", "events_per_second", "deliveries_per_second")
        return all(highest[name] > 0 for name in rates)

    actions = iter(["grant", "revoke"] * 500)
    wait_until(lambda: decided(next(actions)))
    tail.close()
    wait_until(lambda: numbers()["writes_per_second"] == 0, what="a rate falls to nothing")


def test_a_rate_is_what_was_counted_by_the_time_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 100.0
    monkeypatch.setattr("consentfeed.node.reporter.time.monotonic", lambda: clock)
    told = reporter.Reporter(None, None)  # type: ignore[arg-type]
    metrics.decisions.labels("changed").inc(50)
    metrics.decisions.labels("unchanged").inc(1000)
    clock = 104.0
    assert told._numbers()["writes_per_second"] == 12.5
    clock = 105.0
    assert told._numbers()["writes_per_second"] == 0


def test_a_node_that_stops_takes_its_row_away(start_node: StartNode, database: Sql) -> None:
    running = start_node()
    wait_until(lambda: database.run(SEEN) == [(1,)])
    running.stop()
    assert database.run(SEEN) == [(0,)]


def test_a_node_that_has_said_nothing_for_a_minute_is_not_listed_and_then_forgotten(
    node: RunningNode, database: Sql
) -> None:
    wait_until(lambda: len(nodes(node)) == 1)
    database.run(
        "INSERT INTO consentfeed.nodes SELECT gen_random_uuid(), 'gone', now(), now() - interval '61 seconds', '{}'"
        " UNION ALL SELECT gen_random_uuid(), 'quiet', now(), now() - interval '50 seconds',"
        " (SELECT numbers::text FROM consentfeed.nodes)::json"
    )
    assert {"gone"} & {one["host"] for one in nodes(node)} == set()
    assert {"quiet"} <= {one["host"] for one in nodes(node)}
    database.run("SELECT consentfeed.forget_expired()")
    assert database.run("SELECT count(*) FROM consentfeed.nodes WHERE host IN ('gone', 'quiet')") == [(1,)]


@pytest.mark.usefixtures("often")
def test_a_report_that_fails_stops_neither_the_node_nor_the_next_reports(node: RunningNode, database: Sql) -> None:
    wait_until(lambda: database.run(SEEN) == [(1,)])
    fresh = "SELECT 1 FROM consentfeed.nodes WHERE seen_at > now() - interval '0.5 s'"
    database.run("ALTER FUNCTION consentfeed.report_node RENAME TO gone")
    wait_until(lambda: not database.run(fresh))
    database.run("ALTER FUNCTION consentfeed.gone RENAME TO report_node")
    wait_until(lambda: database.run(fresh))
    assert not node.node.failed


# Verifying


def test_a_whole_log_is_told_to_be_whole(rest: Rest) -> None:
    for action in ("grant", "revoke"):
        ok(rest.decide(action, rest.consent()))
    head = rest.database.head()
    assert ok(rest.call("POST", "/verify", "admin"), Verification) == {
        "whole": True, "head": rest.database.head_id(), "position": None, "problem": None, "events": head,
    }  # fmt: skip


def test_an_empty_log_holds_no_events(node: RunningNode) -> None:
    assert ok(node.client("admin").post("/api/v1/verify"))["events"] == 0


def test_what_does_not_fit_is_told_with_its_position(node: RunningNode, database: Sql) -> None:
    database.run("UPDATE consentfeed.consents SET status = 'granted'")
    Sql.run_as(
        database.admin_url,
        "SET session_replication_role = replica;"
        " ALTER TABLE consentfeed.events_p0 DISABLE TRIGGER ALL;"
        " UPDATE consentfeed.events_p0 SET type = 'revoked' WHERE seq = 3",
    )
    found = ok(node.client("admin").post("/api/v1/verify"), Verification)
    assert (found["whole"], found["position"], found["events"]) == (False, 3, database.head())
    assert "type" in found["problem"]


def test_a_node_verifies_once_at_a_time(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    database, under_way, go_on = rest.node.node.database, threading.Event(), threading.Event()
    verify_log = database.log.verify_log

    async def slowly() -> Verified:
        under_way.set()
        await asyncio.to_thread(go_on.wait, 30)
        return await verify_log()

    monkeypatch.setattr(database.log, "verify_log", slowly)
    first: list[Any] = []
    asking = threading.Thread(target=lambda: first.append(rest.node.client("admin").post("/api/v1/verify")))
    asking.start()
    assert under_way.wait(10)
    refused = rest.call("POST", "/verify", "admin")
    assert int(refused.headers["retry-after"]) > 0
    problem(refused, "overloaded")
    go_on.set()
    asking.join()
    assert ok(first[0])["whole"]
    assert ok(rest.call("POST", "/verify", "admin"))["whole"]


def test_a_verification_that_failed_leaves_room_for_the_next(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise RuntimeError

    monkeypatch.setattr(rest.node.node.database.log, "verify_log", broken)
    problem(rest.call("POST", "/verify", "admin"), "internal")
    monkeypatch.undo()
    assert ok(rest.call("POST", "/verify", "admin"))["whole"]
