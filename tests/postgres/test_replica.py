"""Reads from a real hot standby, which lags, stops, comes back, is promoted, or another's: nobody gets what is old."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from consentfeed import metrics
from consentfeed.feed.history import PAGE
from consentfeed.log.position import ORIGIN
from consentfeed.postgres import replica as replicas
from consentfeed.postgres.database import Database
from consentfeed.postgres.replica import Replica
from consentfeed.postgres.replica_monitor import ReplicaMonitor
from tests.support.database import Sql
from tests.support.node import RunningNode, nodes
from tests.support.node_process import NodeProcess
from tests.support.ports import free_port
from tests.support.proxy import Proxy
from tests.support.rest import GRANT
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql_calls import CALLS
from tests.support.standby import Pair, at, pair, primary
from tests.support.tail import Tail
from tests.support.waiting import wait_until

# What reads may be of; and what they never are of.
SERVED = (
    "list_consents", "about_consents", "customer_consents", "consents_at", "count_consents", "list_customers",
    "about_customers", "consent_history", "customer_history", "log_history", "decisions_by_day", "events_after",
    "list_rights_requests", "rights_history", "kept_events", "verify_log", "log_head", "judge_place",
    "export_lines", "export_cells",
)  # fmt: skip
NEVER = ("check_consents", "record_decisions", "record_accesses", "find_sessions", "one_consent", "customer_place")
_FLIP = (
    "UPDATE consentfeed.consents SET status = CASE status WHEN 'granted' THEN 'revoked' ELSE 'granted' END"
    " WHERE customer_id = ANY (%s::uuid[])"
)


@pytest.fixture(scope="module")
def standing() -> Iterator[Pair]:
    """A primary and its standby, for all tests that leave both as they were."""
    with pair() as both:
        yield both


@pytest.fixture
def both(standing: Pair) -> Iterator[Pair]:
    """Both, the standby up to date before and after."""
    standing.catch_up()
    yield standing
    standing.resume()


@pytest.fixture
def new_pair() -> Iterator[Pair]:
    """A pair for tests that ruin it."""
    with pair() as ours:
        yield ours


Start = Callable[..., RunningNode]


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts a node that reads from the standby of a pair; returns when it does."""
    with_nodes: list[Any] = []

    def go(ours: Pair, *, usable: bool = True, url: str | None = None, **settings: Any) -> RunningNode:
        with_nodes.append(nodes(ours.database))
        node: RunningNode = with_nodes[-1].__enter__()(replica_url=url or ours.url, **settings)
        if usable:
            wait_until(lambda: reason(node) == "", what="the replica is usable")
        return node

    yield go
    for one in reversed(with_nodes):
        one.__exit__(None, None, None)


def replica(node: RunningNode) -> Replica:
    assert node.node.replica
    return node.node.replica


def reason(node: RunningNode) -> str:
    return replica(node).unusable


def reads(source: str) -> float:
    return metrics.total(metrics.reads, source=source)


def fallbacks(why: str) -> float:
    return metrics.total(metrics.replica_fallbacks, reason=why)


def get(node: RunningNode, path: str, role: str = "csr", **options: Any) -> httpx.Response:
    answer = node.client(role).get(f"/api/v1{path}", **options)
    assert answer.status_code == 200, answer.text
    return answer


def statuses(node: RunningNode) -> dict[str, str]:
    """The list, as clients see it."""
    return {one["id"]: one["status"] for one in get(node, "/consents?limit=1000").json()["consents"]}


def table(database: Sql) -> dict[str, str]:
    return dict(database.run("SELECT id::text, status FROM consentfeed.consents"))


def called(log: str) -> set[str]:
    """Which functions a server was asked for by the service."""
    return {name for name in CALLS if f"consentfeed.{name}(" in log}


def test_lists_search_histories_exports_old_pages_and_verification_come_from_it_and_nothing_else(
    both: Pair, start: Start
) -> None:
    customers = [both.database.new_customer() for _ in range(25)]
    while both.database.head() < 2 * PAGE + 100:
        both.database.run(_FLIP, customers)
    consent = both.database.consents(customers[0])[0]
    both.set(hot_standby_feedback="on")
    both.catch_up()
    node = start(both, memory_events=10)
    wait_until(lambda: replica(node).keeps_exports)
    primary_before, before = len(both.asked(both.primary)), reads("replica")
    for path in (
        "/consents?limit=5", "/consents?q=nim", f"/consents?customer={CUSTOMER}&at=2026-01-01T00:00:00Z",
        "/customers?limit=1", "/customers?q=nim", f"/consents/{consent}/history", f"/customers/{customers[0]}/history",
        "/history", "/rights-requests",
    ):  # fmt: skip
        node.client("csr").get(f"/api/v1{path}")
    get(node, "/customer/consents", "customer")
    get(node, "/statistics", "admin")
    assert node.client("admin").post("/api/v1/verify").json()["whole"]
    for accept in ("application/x-ndjson", "text/csv"):
        assert get(node, "/exports/consents", "service", headers={"Accept": accept}).text
    page = get(node, "/events?limit=1000", headers={"Last-Event-ID": "0-00000000"}).json()
    assert len(page["events"]) == PAGE
    assert reads("replica") - before >= 15
    asked = both.asked(both.primary)[primary_before:]
    served = called(both.asked(both.standby))
    assert served >= {*SERVED} - {"rights_history"}
    # Marks, places and heads are asked of both; the page that is not full, and what is newer, of the primary.
    assert called(asked).isdisjoint({*SERVED} - {"log_head", "judge_place", "events_after"})

    asked_before = len(both.asked(both.standby))
    checks = [{"customer_id": CUSTOMER, "purpose": "marketing", "channel": "sms"}]
    assert node.client("service").post("/api/v1/checks", json={"checks": checks}).status_code == 200
    assert node.client("customer").post(f"/api/v1/customer/consents/{consent}/grant").status_code in {200, 404}
    get(node, f"/events?after={both.database.head_id()}")
    assert len(get(node, f"/events?after={both.database.event_id(2 * PAGE + 10)}").json()["events"]) > 50
    get(node, f"/consents/{consent}")
    get(node, f"/customers/{CUSTOMER}")
    asked = both.asked(both.standby)[asked_before:]
    assert called(asked) <= {"log_head", "judge_place"}
    assert called(both.asked(both.standby)).isdisjoint(NEVER)


def test_what_is_read_there_writes_nothing_and_runs_where_nothing_can_be_written(both: Pair) -> None:
    volatile = both.database.run(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'consentfeed'::regnamespace AND proname = ANY (%s)"
        " AND provolatile = 'v'",
        list(SERVED),
    )
    assert volatile == [("about_consents",)], "which explains a query, and runs none"
    consent = both.database.consents()[0]
    for name in SERVED:
        call = CALLS[name][0].replace("%(consent)s", f"'{consent}'")
        Sql.run_as(both.url, f"SELECT {call}")


def test_a_list_of_a_standby_that_lags_and_the_stream_from_its_position_are_the_table(both: Pair, start: Start) -> None:
    consents = both.database.consents(OTHER)
    node = start(both, replica_lag_seconds=3600)
    # As if this node had not read them yet either; what it has shown is tried below.
    replica(node).newest = lambda: ORIGIN
    both.pause()
    before = table(both.database)
    for consent in consents:
        both.database.set(consent, "granted" if before[consent] != "granted" else "revoked")
    wanted = table(both.database)
    served = reads("replica")
    answer = get(node, "/consents?limit=1000")
    held = {one["id"]: one["status"] for one in answer.json()["consents"]}
    assert (held, reads("replica")) == (before, served + 1)
    tail = node.tail(after=answer.headers["consentfeed-position"])
    tail.wait(lambda t: t.seqs and t.seqs[-1] == both.database.head())
    for block in tail.events:
        held[block.data["consent"]["id"]] = block.data["consent"]["status"]
    assert held == wanted


def test_whoever_re_reads_because_an_event_came_sees_it(both: Pair, start: Start) -> None:
    consent = both.database.consents()[0]
    node = start(both, replica_lag_seconds=3600)
    tail, old = node.tail(), fallbacks("behind")
    both.pause()
    for status in ("granted", "revoked", "granted"):
        both.database.set(consent, status)
        tail.wait(partial(_ends_with, status))
        assert statuses(node)[consent] == status
    assert fallbacks("behind") == old + 3
    both.resume()
    both.catch_up()
    served = reads("replica")
    assert statuses(node)[consent] == "granted"
    assert reads("replica") == served + 1


def _ends_with(status: str, tail: Tail) -> bool:
    return bool(tail.events) and tail.events[-1].data["consent"]["status"] == status


def test_whoever_has_written_sees_it_although_no_event_of_it_was_read_or_made(both: Pair, start: Start) -> None:
    customer, consent = str(uuid4()), both.database.consents()[1]
    both.catch_up()
    node = start(both, replica_lag_seconds=3600)
    replica(node).newest = lambda: ORIGIN
    both.pause()
    # Without an event, which would be asked for itself.
    registered = node.client("service").put(f"/api/v1/customers/{customer}", json={"name": "Quite Another"})
    assert registered.status_code == 201
    assert [one["id"] for one in get(node, "/customers?q=quite").json()["customers"]] == [customer]
    client = node.client("csr")
    assert client.post(f"/api/v1/consents/{consent}/grant", json=GRANT).status_code == 200
    assert statuses(node)[consent] == "granted"
    both.resume()
    both.catch_up()
    served = reads("replica")
    wait_until(lambda: get(node, "/customers?q=quite") and reads("replica") > served, what="it is read again")


def test_one_that_lags_more_than_it_may_is_left_alone_until_it_has_caught_up(both: Pair, start: Start) -> None:
    node = start(both, replica_lag_seconds=1)
    both.pause()
    both.database.run("CREATE TABLE written (nothing integer); DROP TABLE written")  # no event tells of it
    wait_until(lambda: reason(node) == "lags")
    client = node.client()
    assert 'consentfeed_replica_unusable{reason="lags"} 1.0' in client.get("/metrics").text
    wait_until(lambda: metrics.total(metrics.replica_lag) >= 1)
    before = reads("replica")
    assert statuses(node) == table(both.database)
    assert reads("replica") == before
    both.resume()
    wait_until(lambda: reason(node) == "")
    assert 'consentfeed_replica_unusable{reason="lags"} 0.0' in client.get("/metrics").text
    assert statuses(node) == table(both.database)
    assert reads("replica") == before + 1


def test_the_lag_counts_at_each_read_and_not_only_when_it_was_last_looked_at(both: Pair, start: Start) -> None:
    node = start(both, replica_lag_seconds=3600)
    replica(node).most_seconds = 0.0
    replica(node)._unusable = ""
    before = fallbacks("lags")
    assert statuses(node) == table(both.database)
    assert fallbacks("lags") == before + 1


@pytest.mark.parametrize("mode", ["hole", "refuse"])
def test_one_that_hangs_or_refuses_costs_nobody_more_than_a_moment(both: Pair, start: Start, mode: str) -> None:
    with Proxied(both) as proxy:
        node = start(both, url=proxy.url(both.url))
        assert statuses(node) == table(both.database)
        before = fallbacks("away")
        with proxy.hard_to_pass(mode):
            if mode == "refuse":
                proxy.cut()
            assert statuses(node) == table(both.database)
            wait_until(lambda: reason(node) == "away")
            assert statuses(node) == table(both.database)
        assert fallbacks("away") > before
        wait_until(lambda: reason(node) == "", 30)
        served = reads("replica")
        assert statuses(node) == table(both.database)
        assert reads("replica") == served + 1


class Proxied(Proxy):
    """A way to the standby that can be disturbed."""

    def __init__(self, both: Pair) -> None:
        super().__init__(both.standby.port)

    def __enter__(self) -> "Proxied":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def test_a_query_that_replay_cancels_is_asked_of_the_primary(both: Pair, start: Start) -> None:
    both.set(max_standby_streaming_delay="100ms", hot_standby_feedback="off")
    before = fallbacks("conflict")

    async def go() -> tuple[Any, str]:
        standby = Replica(both.url, 2, 3600)
        database = Database(both.database.app_url, 2, replica=standby)
        await database.open()
        try:
            monitor = ReplicaMonitor(database.pool, standby)
            while standby.unusable:
                await monitor.look()
            long = "SELECT pg_sleep(60) FROM consentfeed.consents LIMIT 1"
            asking = asyncio.create_task(standby.fetch(long, seconds=60))
            sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
            await asyncio.to_thread(wait_until, lambda: both.here(sleeping))
            await asyncio.to_thread(both.database.run, "LOCK TABLE consentfeed.consents; SELECT txid_current()")
            return await asyncio.wait_for(asking, 30), standby.unusable
        finally:
            await database.close()

    rows, unusable = asyncio.run(go())
    assert (rows, unusable) == (None, "")
    assert fallbacks("conflict") == before + 1
    both.set(max_standby_streaming_delay="30s")


def test_an_export_is_read_there_only_where_long_reads_are_let_end(both: Pair, start: Start) -> None:
    both.set(hot_standby_feedback="off")
    node = start(both)
    before = fallbacks("cancels-exports")
    assert get(node, "/exports/consents", "service").text.count("\n") > 1
    assert fallbacks("cancels-exports") == before + 1
    both.set(hot_standby_feedback="on")
    wait_until(lambda: replica(node).keeps_exports)
    served = reads("replica")
    answer = get(node, "/exports/consents", "service")
    assert reads("replica") >= served + 1
    assert answer.headers["consentfeed-position"] == both.database.head_id()
    both.pause()
    consent = both.database.consents()[0]
    both.database.set(consent, "revoked" if table(both.database)[consent] == "granted" else "granted")
    wait_until(lambda: node.node.feed.head.seq == both.database.head())
    answer = get(node, "/exports/consents", "service")
    assert answer.headers["consentfeed-position"] == both.database.head_id()


def test_one_that_stops_is_missed_by_nobody_and_read_again_when_it_is_back(new_pair: Pair, start: Start) -> None:
    node = start(new_pair)
    wanted = table(new_pair.database)
    assert statuses(node) == wanted
    new_pair.standby.crash()
    for _ in range(3):
        assert statuses(node) == wanted
    wait_until(lambda: reason(node) == "away")
    assert node.client().get("/readyz").status_code == 200
    new_pair.standby.start()
    wait_until(lambda: reason(node) == "", 60)
    served = reads("replica")
    assert statuses(node) == wanted
    assert reads("replica") == served + 1

    # Promoted: others may write there from now on.
    monitors_look = replica(node).judge
    replica(node).judge = lambda *_: None  # type: ignore[method-assign]
    before = fallbacks("not-standby")
    new_pair.standby.promote()
    assert statuses(node) == wanted
    assert fallbacks("not-standby") == before + 1, "each read asks, also before the monitor has looked"
    replica(node).judge = monitors_look  # type: ignore[method-assign]
    wait_until(lambda: reason(node) == "not-standby")
    assert statuses(node) == wanted


def test_a_node_starts_without_it_and_uses_it_when_it_comes(new_pair: Pair, start: Start) -> None:
    new_pair.standby.crash()
    node = start(new_pair, usable=False)
    wait_until(lambda: reason(node) == "away")
    assert statuses(node) == table(new_pair.database)
    new_pair.standby.start()
    wait_until(lambda: reason(node) == "", 60)


def test_workers_show_how_far_it_lags_also_where_nothing_is_known_of_it(both: Pair, tmp_path: Path) -> None:
    settings = {"replica_url": at(both.url, free_port()), "workers": "2"}
    with NodeProcess(both.database.app_url, tmp_path / "log", settings) as node:
        node.start("/readyz")
        answer = httpx.get(f"{node.url}/metrics", timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        families = text_string_to_metric_families(answer.text)
        lags = [
            one
            for family in families
            for one in family.samples
            if one.name == "consentfeed_replica_lag_seconds" and one.labels.get("worker")
        ]
        assert len(lags) == 2
        assert all(0 <= one.value < 600 for one in lags)


def test_one_of_another_cluster_is_never_read(both: Pair, start: Start) -> None:
    with primary() as (server, other), server.standby() as foreign:
        for consent in other.consents()[:2]:
            other.set(consent, "granted")
        foreign.start()
        node = start(both, usable=False, url=at(both.url, foreign.port))
        wait_until(lambda: reason(node) == "other-log")
        assert statuses(node) == table(both.database)
        # Also before anybody has looked.
        replica(node).judge = lambda *_: None  # type: ignore[method-assign]
        replica(node)._unusable = ""
        before = metrics.total(metrics.replica_fallbacks)
        assert statuses(node) == table(both.database)
        assert metrics.total(metrics.replica_fallbacks) > before


def test_one_that_is_behind_a_restore_of_the_primary_is_not_read_until_it_has_it(new_pair: Pair, start: Start) -> None:
    database, name = new_pair.database, new_pair.database.name
    first, second, third, _ = database.consents()
    database.set(first, "granted")
    new_pair.primary.sql(f"CREATE DATABASE dump TEMPLATE {name} STRATEGY file_copy")
    database.set(second, "granted")
    new_pair.catch_up()
    node = start(new_pair, replica_lag_seconds=3600)
    tail = node.tail()
    new_pair.pause()
    new_pair.primary.sql(f"DROP DATABASE {name} WITH (FORCE)")
    new_pair.primary.sql(f"ALTER DATABASE dump RENAME TO {name}")
    assert tail.wait_event("reset", 30)
    wait_until(lambda: reason(node) == "other-log")
    # Connections to the database that was dropped are noticed as they are used.
    wait_until(lambda: node.client("csr").get("/api/v1/consents").status_code == 200)
    # It has an event that was lost, and would be taken for right by its number.
    assert statuses(node) == table(database)
    database.set(third, "granted")
    tail.wait(lambda t: t.events and t.events[-1].data["consent"]["id"] == third)
    replica(node).judge = lambda *_: None  # type: ignore[method-assign]
    replica(node)._unusable = ""
    assert statuses(node) == table(database)
    del replica(node).judge
    new_pair.resume()
    wait_until(lambda: reason(node) == "", 60)
    assert statuses(node) == table(database)


def test_the_command_verifies_on_a_standby_when_its_url_is_given(both: Pair) -> None:
    async def go() -> int:
        database = Database(both.url, 1)
        await database.open()
        try:
            return (await database.log.verify_log()).head.seq
        finally:
            await database.close()

    both.catch_up()
    assert asyncio.run(go()) == both.database.head()


def test_nothing_is_asked_where_none_is_set(both: Pair) -> None:
    with nodes(both.database) as go:
        node = go()
        before = metrics.total(metrics.reads)
        assert statuses(node) == table(both.database)
        assert node.node.replica is None
        assert metrics.total(metrics.reads) == before


def test_reasons_are_those_of_the_metric() -> None:
    assert set(replicas.REASONS) == {"unknown", "away", "not-standby", "other-schema", "other-log", "lags"}
