"""Clients that come from behind: many at once after a restart, and one that reads everything."""

from __future__ import annotations

import os
import subprocess
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from benchmarks.bench import Bench, feed_head
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.cluster import counting, statements
from benchmarks.error import BenchError
from benchmarks.growing import grown
from benchmarks.load import Load
from benchmarks.meters import CpuMeter, postmaster
from benchmarks.publish import TOGGLE, some_consents
from benchmarks.running import MANY
from consentfeed.embedded.binaries import find_binaries
from tests.support.database import Sql
from tests.support.tokens import bearer

BURST = 100
COPY = "SELECT seq, hash, customer_id, body FROM consentfeed.events WHERE seq > 0 ORDER BY seq"


def storm(bench: Bench, load: Load) -> Sides:
    few = Load(max(load.streams // 10, 1), rows=load.rows)
    return {PRODUCT: _storm(bench, load), "a tenth of the clients": _storm(bench, few)}


def _storm(bench: Bench, load: Load) -> Figures:
    """All come back to a node that has just started, each somebody else, with the same position."""
    with bench.cluster.database() as database, counting(database):
        position = database.event_id(database.head())
        _make_events(database, load.rows)
        behind = database.head() - int(position.partition("-")[0])
        with bench.product(settings=MANY, database=database) as node:
            before, cpu, theirs = statements(database), CpuMeter(node.pid), CpuMeter(postmaster(database))
            people = [bearer("csr", str(uuid4())) for _ in range(load.streams)]
            heads = "".join(feed_head(node.port, token, f"Last-Event-ID: {position}") for token in people)
            with bench.load(node.port, heads, load.streams, frames=load.streams * behind) as watching:
                watching.expect("ready", bench.patience)
                arrivals = _with_frames(watching.result(bench.patience))
            queries, seconds_used, seconds_of_database = statements(database) - before, cpu.read(), theirs.read()
    return {
        "seconds until all are caught up": arrivals["until_last"],
        "queries to PostgreSQL": queries,
        "PostgreSQL CPU s": seconds_of_database,
        "deliveries/s": arrivals["frames"] / arrivals["until_last"],
        "server CPU s": seconds_used,
        "deliveries missing": load.streams * behind - arrivals["frames"],
        "gaps and repeats": arrivals["gaps"] + arrivals["repeats"],
    }


def _with_frames(arrivals: dict[str, Any]) -> dict[str, Any]:
    if not arrivals["frames"]:
        raise BenchError(f"Nothing arrived: {arrivals}")
    return arrivals


def _make_events(database: Sql, count: int) -> None:
    ids = some_consents(database.url, BURST)
    for rest in range(count, 0, -BURST):
        database.run(TOGGLE, ids[: min(rest, BURST)])


def replay(bench: Bench, load: Load) -> Sides:
    """One client from the first event on, and psql reading the same rows."""
    database = grown(bench, f"replay_{load.rows}", load.rows, 0)
    total = int(database.value("SELECT count(*) FROM consentfeed.events WHERE seq > 0"))
    return {PRODUCT: _replayed(bench, database, total), r"psql \copy": _copied(database, total)}


def _replayed(bench: Bench, database: Sql, total: int) -> Figures:
    with bench.product(database=database) as node:
        cpu, postgres = CpuMeter(node.pid), CpuMeter(postmaster(database))
        # Every kind, as psql reads every row. Frames of consents are counted; of all others the ids are looked at.
        of_consents = int(database.value("SELECT count(*) FROM consentfeed.events WHERE consent_id IS NOT NULL"))
        head = feed_head(node.port, bearer("csr"), "Last-Event-ID: 0-00000000", path="/api/v1/events?kind=all")
        with bench.load(node.port, head, 1, frames=of_consents, seconds=600) as watching:
            watching.expect("ready", 60)
            arrivals = _with_frames(watching.result(610))
        seconds_used, postgres_used = cpu.read(), postgres.read()
    return {
        "events/s": (total - of_consents + arrivals["frames"]) / arrivals["until_last"],
        "seconds": arrivals["until_last"],
        "server CPU s": seconds_used,
        "PostgreSQL CPU s": postgres_used,
        "deliveries missing": of_consents - arrivals["frames"],
        "gaps and repeats": arrivals["gaps"] + arrivals["repeats"],
    }


def _copied(database: Sql, total: int) -> Figures:
    parts = urlsplit(database.url)
    url = urlunsplit(parts._replace(netloc=f"{parts.username}@{parts.hostname}:{parts.port}"))
    command = [str(find_binaries() / "psql"), url, "-qXc", rf"\copy ({COPY}) TO '/dev/null'"]
    begin = time.monotonic()
    subprocess.run(command, env=os.environ | {"PGPASSWORD": parts.password or ""}, check=True)
    seconds = time.monotonic() - begin
    return {"events/s": total / seconds, "seconds": seconds}
