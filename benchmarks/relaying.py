"""Many nodes on one PostgreSQL: what they ask it for the feed, and how late an event is, with NATS and without."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack

import httpx

from benchmarks.bench import READY_SECONDS, Bench
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.load import Load
from benchmarks.meters import CpuMeter, postmaster, resident
from benchmarks.node import Node
from benchmarks.running import of_node, sql_events
from tests.support.nats import nats_server

MANY, SOME = 16, 4
ONE = "one node"
SOME_WITHOUT, SOME_WITH = f"{SOME} nodes without NATS", f"{SOME} nodes with NATS"
MANY_WITHOUT = f"{MANY} nodes without NATS"
READS = re.compile(r"^consentfeed_feed_reads_total (\S+)$", re.MULTILINE)
# What one machine can hold of so many: each node keeps its connections.
SMALL = {"pool_size": "3"}


def nodes(bench: Bench, load: Load) -> Sides:
    """The product is many nodes with NATS; the last node started follows, and its streams are measured."""
    with nats_server() as nats:
        with_nats = {**SMALL, "nats_url": nats.url}
        sides: Sides = {PRODUCT: _measured(bench, load, MANY, with_nats)}
    sides[ONE] = _measured(bench, load, 1, SMALL)
    sides[SOME_WITHOUT] = _measured(bench, load, SOME, SMALL)
    sides[MANY_WITHOUT] = _measured(bench, load, MANY, SMALL)
    with nats_server() as nats:
        sides[SOME_WITH] = _measured(bench, load, SOME, {**SMALL, "nats_url": nats.url})
    return sides


def _measured(bench: Bench, load: Load, count: int, settings: Mapping[str, str]) -> Figures:
    with ExitStack() as stack:
        first = stack.enter_context(bench.product(settings=settings))
        more = [
            stack.enter_context(bench.product(settings=settings, database=first.database)) for _ in range(count - 1)
        ]
        running = [first, *more]
        with of_node(running[-1]).watch(bench, load.streams) as watching:
            watching.expect("ready", READY_SECONDS)
            reads, cpu = _reads(running), CpuMeter(postmaster(first.database))
            with sql_events(first, load, bench.seconds) as publisher:
                offer = publisher.result(bench.patience)
            arrivals = watching.drained(bench.patience)
            events = offer["events"]
            return {
                "reads of the log per event": (_reads(running) - reads) / events,
                "PostgreSQL CPU ms per event": 1000 * cpu.read() / events,
                "MB resident of a node": resident(running[-1].pid) / 1e6,
                "p50 ms": arrivals["latency_ms"]["p50"],
                "p99 ms": arrivals["latency_ms"]["p99"],
                "events/s made": offer["rate"],
                "deliveries missing": load.streams * events - arrivals["frames"],
                "gaps and repeats": arrivals["gaps"] + arrivals["repeats"],
                "streams ended": arrivals["ended"],
            }


def _reads(running: list[Node]) -> float:
    found = (READS.search(httpx.get(f"{node.url}/metrics", trust_env=False).text) for node in running)
    return sum(float(one[1]) for one in found if one)
