"""What goes wrong is told: /readyz says why, and the metrics count it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from consentfeed import metrics
from consentfeed.errors import DatabaseAway, StatementFailed
from consentfeed.node import chores, guards
from consentfeed.postgres import migrations
from consentfeed.postgres.consents import Outcome, Recorded
from consentfeed.postgres.database import Database
from consentfeed.writes.queue import Decision
from consentfeed.writes.trail import Trail
from consentfeed.writes.writer import Writer
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.proxy import Proxy
from tests.support.rest import problem
from tests.support.seed import PASSWORD
from tests.support.waiting import wait_until


def shown(client: httpx.Client, name: str, **labels: str) -> float:
    """What /metrics says."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


def reasons(client: httpx.Client) -> list[str]:
    """Why the node is not ready, without what follows a colon."""
    answer = client.get("/readyz")
    said = answer.json()
    assert (answer.status_code, said["ready"]) == ((503, False) if said["reasons"] else (200, True))
    return [reason.split(":")[0] for reason in said["reasons"]]


@contextmanager
def grows(client: httpx.Client, name: str, by: float | None = None, **labels: str) -> Iterator[None]:
    """The counter grows meanwhile, by so much if that is given."""
    before = shown(client, name, **labels)
    yield
    wait_until(lambda: shown(client, name, **labels) > before, what=name)
    assert by is None or shown(client, name, **labels) == before + by


# Readiness


def test_a_node_that_cannot_read_the_log_is_behind_and_says_nothing_else(node: RunningNode, database: Sql) -> None:
    client = node.client()
    wait_until(lambda: reasons(client) == [])
    assert shown(client, "consentfeed_not_ready") == shown(client, "consentfeed_feed_lag_seconds") == 0
    with database.connect() as holder:
        holder.execute("LOCK TABLE consentfeed.events IN ACCESS EXCLUSIVE MODE")
        with (
            grows(client, "consentfeed_feed_failures_total"),
            grows(client, "consentfeed_database_errors_total", kind="busy"),
        ):
            wait_until(lambda: reasons(client) == ["behind"])
            assert shown(client, "consentfeed_not_ready", reason="behind") == 1
            assert shown(client, "consentfeed_not_ready", reason="deaf") == 0
            assert shown(client, "consentfeed_feed_lag_seconds") >= 3
    wait_until(lambda: reasons(client) == [])
    assert shown(client, "consentfeed_not_ready") == shown(client, "consentfeed_feed_lag_seconds") == 0


def test_a_node_that_hears_nothing_is_deaf(start_node: StartNode, database: Sql) -> None:
    proxy = Proxy.before(database.app_url)
    client = start_node(database_url=proxy.url(database.app_url)).client()
    wait_until(lambda: reasons(client) == [])
    with grows(client, "consentfeed_listener_reconnects_total"):
        proxy.freeze(b"consentfeed listener")
        wait_until(lambda: reasons(client) == ["deaf"])
        assert shown(client, "consentfeed_not_ready", reason="deaf") == 1
        assert shown(client, "consentfeed_listener_age_seconds") > 1
    proxy.thaw()
    wait_until(lambda: reasons(client) == [])
    proxy.close()


def test_a_database_that_loses_a_guard_is_damaged_until_it_is_mended(
    start_node: StartNode, database: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "_SECONDS", 0.2)
    client = start_node().client()
    wait_until(lambda: reasons(client) == [])
    for damage in (
        "ALTER TABLE consentfeed.consents DISABLE TRIGGER USER",
        "ALTER TABLE consentfeed.events_p0 DISABLE TRIGGER append_only",
        "REVOKE EXECUTE ON FUNCTION consentfeed.record_decisions FROM consentfeed_app",
    ):
        database.run(damage)
        wait_until(lambda: reasons(client) == ["damaged"])
        assert shown(client, "consentfeed_not_ready", reason="damaged") == 1
        assert migrations.migrate(database.url).mended
        wait_until(lambda: reasons(client) == [])


def test_a_node_that_shuts_down_says_so_first_and_refuses_what_is_new(start_node: StartNode, database: Sql) -> None:
    node = start_node(drain_seconds=5.0)
    client, service = node.client("csr"), node.client("service")
    wait_until(lambda: reasons(client) == [])
    consent = database.consents()[0]
    with ThreadPoolExecutor() as pool, database.connect() as holder:
        # What waits to be written keeps the node there.
        holder.execute("SELECT FROM consentfeed.consents WHERE id = %s FOR UPDATE", (consent,))
        posted = pool.submit(service.post, f"/api/v1/customer/consents/{consent}/grant")
        wait_until(lambda: shown(client, "consentfeed_decisions_waiting"))
        node.server.should_exit = True
        wait_until(lambda: reasons(client) == ["draining"])
        assert shown(client, "consentfeed_not_ready", reason="draining") == 1
        with grows(client, "consentfeed_refused_total", by=1, reason="draining"):
            problem(client.get("/api/v1/events", headers={"Accept": "text/event-stream"}), "draining")
        holder.rollback()
        assert posted.result().status_code == 200


# Counters


def test_streams_are_counted_as_they_begin_are_refused_and_end(start_node: StartNode) -> None:
    node = start_node(streams=1)
    client = node.client("csr")
    with grows(client, "consentfeed_streams_opened_total", by=1):
        tail = node.tail()
    with grows(client, "consentfeed_refused_total", by=1, reason="streams-of-node"):
        problem(client.get("/api/v1/events", headers={"Accept": "text/event-stream"}), "overloaded")
    with grows(client, "consentfeed_streams_closed_total", by=1, reason="client"):
        tail.close()


def test_a_stream_that_the_node_ends_is_not_counted_as_the_clients(start_node: StartNode) -> None:
    node = start_node(lifetime_seconds=0.5)
    client = node.client()
    before = shown(client, "consentfeed_streams_closed_total", reason="client")
    with grows(client, "consentfeed_streams_closed_total", by=1, reason="lifetime"):
        tail = node.tail()
        assert tail.ended.wait(10)
    wait_until(lambda: shown(client, "consentfeed_streams_open") == 0)
    assert shown(client, "consentfeed_streams_closed_total", reason="client") == before


def test_decisions_that_may_not_wait_are_counted(start_node: StartNode, database: Sql) -> None:
    client = start_node(write_waiting=1).client("service")
    decisions = [{"action": "revoke", "consent_id": consent} for consent in database.consents()[:2]]
    with grows(client, "consentfeed_refused_total", by=1, reason="decisions"):
        problem(client.post("/api/v1/decisions", json={"decisions": decisions}), "overloaded")


def _decision(consent: str) -> Decision:
    return Decision(
        consent_id=consent, action="grant", actor_kind="service", actor_id="x", method="api", principal=consent,
        route="",
    )  # fmt: skip


def test_batches_that_are_repeated_or_halved_are_counted() -> None:
    races = [StatementFailed("40001")]

    async def record(decisions: str) -> Recorded:
        if races:
            raise races.pop()
        if "poison" in decisions:
            raise StatementFailed("XX000")
        return Recorded([(nth, Outcome(None, "{}", None)) for nth in range(decisions.count("consent_id"))], [])

    async def go() -> list[object]:
        writer = Writer(record, batch=10, waiting=10, busy_seconds=1)
        outcomes = writer.decide([_decision("sound"), _decision("poison")])
        running = asyncio.create_task(writer.run())
        found = await outcomes
        running.cancel()
        return list(found)

    repeated, halved = metrics.total(metrics.batches_repeated), metrics.total(metrics.batches_halved)
    sound, poisoned = asyncio.run(go())
    assert isinstance(sound, Outcome)
    assert isinstance(poisoned, Exception)
    assert metrics.total(metrics.batches_repeated) == repeated + 1
    assert metrics.total(metrics.batches_halved) == halved + 1


def test_a_trail_that_cannot_be_written_is_counted(node: RunningNode, database: Sql) -> None:
    client = node.client("csr")
    database.run("REVOKE EXECUTE ON FUNCTION consentfeed.record_accesses(jsonb) FROM consentfeed_app")
    with grows(client, "consentfeed_trail_failures_total", by=1):
        problem(client.get("/api/v1/consents"), "internal")


def test_a_full_trail_is_counted(monkeypatch: pytest.MonkeyPatch, node: RunningNode, database: Sql) -> None:
    client = node.client("csr")
    monkeypatch.setattr("consentfeed.writes.trail._WAITING", 0)
    with grows(client, "consentfeed_refused_total", by=1, reason="trail"):
        problem(client.get("/api/v1/consents"), "overloaded")
    assert isinstance(node.node.trail, Trail)


def test_work_in_the_background_that_fails_is_counted(
    monkeypatch: pytest.MonkeyPatch, start_node: StartNode, database: Sql
) -> None:
    monkeypatch.setattr(chores, "_EXPIRE_SECONDS", 0.05)
    client = start_node().client()
    with grows(client, "consentfeed_chores_failed_total", chore="expire"):
        database.run("REVOKE EXECUTE ON FUNCTION consentfeed.expire_consents(integer) FROM consentfeed_app")


def test_a_database_that_is_away_is_counted_and_so_is_the_wait_for_it() -> None:
    async def ask() -> None:
        database = Database("postgresql://nobody@127.0.0.1:1/none", 1)
        await database.open()
        with pytest.raises(DatabaseAway):
            await database.log.log_head()
        await database.close()

    away = metrics.total(metrics.database_errors, kind="away")
    waits = _count(metrics.database_wait)
    asyncio.run(ask())
    assert metrics.total(metrics.database_errors, kind="away") == away + 1
    assert _count(metrics.database_wait) == waits + 1


def _count(histogram: object) -> float:
    (family,) = histogram.collect()  # type: ignore[attr-defined]
    return next(float(sample.value) for sample in family.samples if sample.name.endswith("_count"))


def test_sign_ins_are_counted_by_outcome_and_name_nobody(node: RunningNode) -> None:
    client = node.client()
    for password, outcome in ((PASSWORD, "signed-in"), ("not the password", "wrong-password")):
        with grows(client, "consentfeed_sign_ins_total", by=1, way="password", outcome=outcome):
            client.post("/api/v1/auth/login", json={"email": "csr@example.com", "password": password})
    assert "csr@example.com" not in client.get("/metrics").text


def test_what_an_alert_watches_is_shown_before_it_has_happened(node: RunningNode) -> None:
    text = node.client().get("/metrics").text
    for series in ('resets_total{reason="forked"}', 'database_errors_total{kind="away"}', "history_lost_total "):
        assert f"\nconsentfeed_{series}" in text
