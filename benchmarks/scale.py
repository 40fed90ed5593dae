"""What a deployment of a given size needs, computed from what was measured: python -m benchmarks.scale

Takes the last run as the one that is counted with, where it has all cases, and writes docs/scale.md. Nothing here is
measured: each line is a product of a load and of costs that the run's table shows.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any

from benchmarks.case import PRODUCT
from benchmarks.keep import RESULTS, machine, shown
from benchmarks.relaying import MANY, MANY_WITHOUT, ONE
from tests.support.process import ROOT

COUNTED = RESULTS / "scale.json"
PAGE = ROOT / "docs" / "scale.md"
CASES = ("fan-out", "idle", "rest", "relay")
# A machine of the table, and how full it is to be at most: the rest is for reconnects and for others that fail.
CORES, MEMORY_GB, FULL = 16, 64, 0.5
FEED_MB = 64  # CONSENTFEED_MEMORY_BYTES
SECOND = 1e6


@dataclass(frozen=True)
class Costs:
    """Microseconds of a processor for one; KB of memory of a stream, MB of a node that has only started."""

    delivery: float
    decision: float
    decision_in_postgres: float
    read_in_postgres: float  # one node that reads one event from the table
    stream_kb: float
    node_mb: float


@dataclass(frozen=True)
class Size:
    """An operator: who follows everything, who follows oneself, and decisions a second in the busiest minute."""

    name: str
    desks: int
    phones: int
    decisions: float


SIZES = (
    Size("10 million customers: 2,000 desks, 20,000 phones, 20 decisions/s", 2_000, 20_000, 20),
    Size("100 million customers: 20,000 desks, 200,000 phones, 200 decisions/s", 20_000, 200_000, 200),
    Size("100 million customers: 100,000 desks, 900,000 phones, 500 decisions/s", 100_000, 900_000, 500),
    Size("the same as ten logs, one for each region", 10_000, 90_000, 50),
)


def costs(run: dict[str, Any]) -> Costs:
    """From the figures of a run."""

    def figure(case: str, side: str, name: str) -> float:
        (entry,) = [entry for entry in run["cases"] if entry["name"] == case]
        return float(median(sides[side][name] for sides in entry["rounds"]))

    cpu = "PostgreSQL CPU ms per event"
    reads = 1000 * (figure("relay", MANY_WITHOUT, cpu) - figure("relay", ONE, cpu)) / (MANY - 1)
    return Costs(
        delivery=figure("fan-out", PRODUCT, "server CPU s per million"),
        decision=figure("rest", PRODUCT, "node CPU µs per decision"),
        decision_in_postgres=figure("rest", PRODUCT, "PostgreSQL CPU µs per decision"),
        read_in_postgres=max(reads, 0.0),
        stream_kb=figure("idle", PRODUCT, "KB resident per stream"),
        node_mb=figure("relay", ONE, "MB resident of a node"),
    )


@dataclass(frozen=True)
class Need:
    """deliveries: a second; the rest cores, GB and machines."""

    deliveries: float
    cores: float
    memory_gb: float
    machines: int
    postgres: float
    postgres_with_nats: float


def need(size: Size, cost: Costs) -> Need:
    """Each event goes to every desk, and to the customer's own phone."""
    deliveries = size.decisions * (size.desks + 1)
    cores = (deliveries * cost.delivery + size.decisions * cost.decision) / SECOND
    streams_gb = (size.desks + size.phones) * cost.stream_kb / 1e6
    machines = max(2, ceil(cores / (CORES * FULL)), ceil(streams_gb / (MEMORY_GB * FULL)))
    # A worker for each core that is used, and two at least: one fails.
    nodes = max(2, ceil(cores / FULL))
    memory_gb = streams_gb + nodes * (cost.node_mb + FEED_MB) / 1000
    written = size.decisions * cost.decision_in_postgres / SECOND
    read = size.decisions * cost.read_in_postgres / SECOND
    return Need(deliveries, cores, memory_gb, machines, written + nodes * read, written + read)


def table(run: dict[str, Any]) -> str:
    """The section of docs/scale.md."""
    cost = costs(run)
    lines = [
        f"The machine and the run: {machine(run)}.",
        "",
        "| measured | in the case | |",
        "| --- | --- | ---: |",
        f"| a delivery | `fan-out` | {cost.delivery:.1f} µs of a core |",
        f"| a decision over REST, in the node | `rest` | {cost.decision:.0f} µs of a core |",
        f"| a decision over REST, in PostgreSQL | `rest` | {cost.decision_in_postgres:.0f} µs of a core |",
        f"| a node that reads an event, in PostgreSQL | `relay` | {cost.read_in_postgres:.0f} µs of a core |",
        f"| an open stream | `idle` | {cost.stream_kb:.1f} KB |",
        f"| a node without streams | `relay` | {cost.node_mb:.0f} MB |",
        "",
        "| size | deliveries/s | cores of nodes | GB of nodes | machines | cores of PostgreSQL | the same with NATS |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for size in SIZES:
        one = need(size, cost)
        lines.append(
            f"| {size.name} | {one.deliveries:,.0f} | {one.cores:,.1f} | {one.memory_gb:,.1f} | {one.machines:,} |"
            f" {one.postgres:,.2f} | {one.postgres_with_nats:,.2f} |"
        )
    return "\n".join(lines)


def read_counted() -> dict[str, Any]:
    """The run that is counted with."""
    run: dict[str, Any] = json.loads(COUNTED.read_text("utf-8"))
    return run


def main() -> None:
    latest = RESULTS / "latest.json"
    if latest.exists() and set(CASES) <= {entry["name"] for entry in json.loads(latest.read_text("utf-8"))["cases"]}:
        shutil.copyfile(latest, COUNTED)
    PAGE.write_text(shown(PAGE.read_text("utf-8"), table(read_counted())), encoding="utf-8")


if __name__ == "__main__":
    main()
