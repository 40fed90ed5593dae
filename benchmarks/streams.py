"""Streams as such: what an idle one costs, how fast they connect, whether many of single customers slow each other."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.bench import READY_SECONDS, Bench, feed_head
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.error import BenchError
from benchmarks.fan_out import of_peers
from benchmarks.load import Load
from benchmarks.meters import CpuMeter, kernel, postmaster, resident
from benchmarks.program import Program
from benchmarks.publish import CONNECTIONS
from benchmarks.running import MANY, Running, product, sql_events
from tests.support.database import Sql
from tests.support.tokens import bearer

SETTLE_SECONDS = 2.0
CONNECT_SECONDS = 60.0
REGISTER = """
    SELECT count(consentfeed.register_customer(
        gen_random_uuid(), 'Bench ' || nth, 'bench' || nth || '@example.com', NULL, 'en'))
    FROM generate_series(1, %s) AS nth
"""
ONE_EACH = """
    SELECT DISTINCT ON (customer.id) customer.id::text, consent.id::text
    FROM consentfeed.customers AS customer
    JOIN consentfeed.consents AS consent ON consent.customer_id = customer.id
    WHERE customer.email LIKE 'bench%%'
    ORDER BY customer.id, consent.id
    LIMIT %s
"""


def idle(bench: Bench, load: Load) -> Sides:
    return _of_all(bench, load, _idle)


def _of_all(bench: Bench, load: Load, measure: Callable[[Bench, Running, Load], Figures]) -> Sides:
    """The product, and each of the peers."""
    with product(bench) as (running, _):
        sides: Sides = {PRODUCT: measure(bench, running, load)}
    names = ("nchan", "Pushpin", "better-sse", "naive")
    return sides | of_peers(bench, load, names, lambda running: measure(bench, running, load))


def _idle(bench: Bench, running: Running, load: Load) -> Figures:
    with running.watch(bench, 1) as first:  # what is loaded once and for all
        first.expect("ready", READY_SECONDS)
    time.sleep(SETTLE_SECONDS)
    before, kernel_before = resident(*running.pids), kernel()
    with running.watch(bench, load.streams) as watching:
        watching.expect("ready", READY_SECONDS)
        time.sleep(SETTLE_SECONDS)
        after, kernel_after = resident(*running.pids), kernel()
        watching.say("stop")
        watching.result(READY_SECONDS)
    return {
        "KB resident per stream": (after - before) / load.streams / 1024,
        "KB of the kernel per stream, both ends": (kernel_after - kernel_before) / load.streams / 1024,
    }


def connecting(bench: Bench, load: Load) -> Sides:
    return _of_all(bench, load, _connecting)


def _connecting(bench: Bench, running: Running, load: Load) -> Figures:
    with running.publish(load, CONNECT_SECONDS) as publisher:
        time.sleep(SETTLE_SECONDS / 2)
        with running.watch(bench, load.streams, seconds=CONNECT_SECONDS) as watching:
            figures = _until_ready(watching)
        publisher.kill()
    return figures


def _until_ready(watching: Program) -> dict[str, float]:
    """How long it took; where it did not end in time, how far it got."""
    line = watching.line(CONNECT_SECONDS + SETTLE_SECONDS)
    if line.startswith("ready"):
        seconds = float(line.split()[1])
        watching.say("stop")
        arrivals = watching.result(READY_SECONDS)
        return {
            "streams up": arrivals["connected"],
            "seconds until all are up": seconds,
            "refused": arrivals["refused"],
        }
    arrivals = Program.parsed(line)
    return {"streams up": arrivals["connected"], "refused": arrivals["refused"]}


def singles(bench: Bench, load: Load) -> Sides:
    """As many events for many streams as for a tenth of them, each event for one stream."""
    database, new = bench.cluster.kept("singles")
    if new:
        database.run(REGISTER, load.streams)
        database.run("ANALYZE")
    few = Load(max(load.streams // 10, CONNECTIONS * load.burst), load.rate, load.burst)
    return {
        PRODUCT: _singles(bench, database, load),
        "a tenth of the streams": _singles(bench, database, few),
    }


def _singles(bench: Bench, database: Sql, load: Load) -> Figures:
    pairs = database.run(ONE_EACH, load.streams)
    with bench.product(settings=MANY, database=database) as node:
        heads = "".join(feed_head(node.port, bearer("customer", customer)) for customer, _ in pairs)
        with bench.load(node.port, heads, len(pairs), number="none") as watching:
            watching.expect("ready", READY_SECONDS)
            own, postgres = CpuMeter(node.pid), CpuMeter(postmaster(database))
            with sql_events(node, load, bench.seconds, [consent for _, consent in pairs]) as publisher:
                offer = publisher.result(bench.patience)
            arrivals = watching.drained(bench.patience)
            cpu = own.read(), postgres.read()
    if not arrivals["frames"]:
        raise BenchError(f"Of {offer['events']} events nothing arrived: {arrivals}")
    thousands = offer["events"] / 1000
    return {
        "server CPU s per 1,000 events": cpu[0] / thousands,
        "PostgreSQL CPU s per 1,000 events": cpu[1] / thousands,
        "events/s made": offer["rate"],
        "p99 ms": arrivals["latency_ms"]["p99"],
        "deliveries missing": offer["events"] - arrivals["frames"],
        "streams ended": arrivals["ended"],
    }
