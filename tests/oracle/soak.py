"""`make soak`: the oracle until there are enough events and faults; prints a verdict, counts, and how to repeat it."""

import os
import platform
import re
import resource
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import httpx
import psycopg

from tests.oracle.faults import FAULTS, left_out
from tests.oracle.node import Node
from tests.oracle.oracle import Oracle, run
from tests.oracle.verdict import KINDS, Verdict

_ENDS_NODES = ("node_is_killed", "nodes_are_rolled")
_COUNTED = {
    "log": "events in the log at the end",
    "checkpoints": "checkpoints that were signed, the root of each computed from the table",
    "deliveries": "events that the receiver of webhooks was sent, each compared with the table",
    "deliveries that failed": "times that this receiver failed, hung, forgot, lied or restarted",
    "event": "events that readers were told, each compared with the table",
    "position": "positions alone that they were told (heartbeats, pages)",
    "first": "streams that were opened",
    "goodbyes": "goodbyes",
    "silences": "streams and requests given up for silence",
    "start": "starts from the origin or from a list, each list compared with the table",
    "reset: forked": "resets: forked",
    "reset: unknown": "resets: unknown",
    "reset: pruned": "resets: pruned",
    "histories": "times that a part of the history was lost (failovers, restores)",
    "done": "decisions told as done, each found in the log once",
    "nothing": "decisions told as changing nothing",
    "refused": "decisions told as refused, none of them in the log",
    "unknown": "decisions of which nobody was told",
}


class Gauge(NamedTuple):
    """How it stands: events made; memory (MB), descriptors and tasks of the larger node; memory of this process."""

    seconds: float
    events: int
    node: float
    handles: int
    tasks: int
    oracle: float


class Course:
    """Says when it is enough, looks at the nodes now and then, and tells what is going on."""

    def __init__(self, events: int, faults: int, seconds: float) -> None:
        self.began = time.monotonic()
        self.gauges: list[Gauge] = []
        self.left_out: list[str] = []
        self.total = 0
        self._events, self._faults, self._ends = events, faults, self.began + seconds
        self._head = 0

    def goes_on(self, oracle: Oracle, count: int) -> bool:
        """Asked before each fault."""
        world = oracle.world
        head = len(world.history.facts)
        # What was lost with a history was made all the same.
        self.total += max(head - self._head, 0)
        self._head = head
        self.left_out = [why for name in FAULTS if not oracle.verdict.counts[name] and (why := left_out(world, name))]
        pids = [node.pid for node in world.nodes]
        largest = max(map(_memory, pids)), max(map(_handles, pids)), max(map(_tasks, world.nodes))
        self.gauges.append(Gauge(self.seconds, self.total, *largest, _memory(os.getpid())))
        click.echo(f"{self.seconds:6.0f} s  {self.total:9,} events, {count} faults, {oracle.last}", err=True)
        return time.monotonic() < self._ends and (self.total < self._events or count < self._faults)

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began


def _memory(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def _handles(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def _tasks(node: Node) -> int:
    """What it says itself, or 0 where it does not answer now."""
    try:
        metrics = httpx.get(f"http://127.0.0.1:{node.port}/metrics", timeout=5).text
    except httpx.HTTPError:
        return 0
    match = re.search(r"^consentfeed_tasks (\d+)", metrics, re.MULTILINE)
    return int(match[1]) if match else 0


def _report(seed: str, again: str, which: str, course: Course, verdict: Verdict) -> Iterator[str]:
    faults = sum(verdict.counts[name] for name in FAULTS)
    yield f"# Soak of {time.strftime('%Y-%m-%d')}\n"
    yield f"{'Nothing was violated' if not verdict.violations else f'{len(verdict.violations)} VIOLATIONS'}:"
    yield f"{course.total:,} events, {faults} faults, {course.seconds:,.0f} s; seed `{seed}`: `make soak SEED={again}`."
    yield f"{which} on one PostgreSQL {psycopg.pq.version() // 10000}; {platform.machine()}, {os.cpu_count()} cores,"
    yield f"Python {platform.python_version()}.\n"
    yield from _table(("violation", "times"), ((what, _times(verdict, kind)) for kind, what in KINDS.items()))
    yield from _table(("counted", "times"), ((what, f"{verdict.counts[name]:,}") for name, what in _COUNTED.items()))
    yield from _table(("fault", "times"), ((name, verdict.counts[name]) for name in FAULTS))
    yield from (f"Left out: {why}." for why in course.left_out)
    step = max(len(course.gauges) // 12, 1)
    yield from _table(
        ("seconds", "events", "larger node, MB", "its descriptors", "its tasks", "oracle, MB"),
        ((f"{one.seconds:.0f}", f"{one.events:,}", f"{one.node:.0f}", one.handles, one.tasks, f"{one.oracle:.0f}")
         for one in course.gauges[::step]),
    )  # fmt: skip
    if verdict.violations:
        yield str(verdict)


def _times(verdict: Verdict, kind: str) -> int:
    return sum(violation.kind == kind for violation in verdict.violations)


def _table(head: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(map(str, row))} |"
    yield ""


@click.command()
@click.option("--seed", help="To repeat a run; else a new one.")
@click.option("--events", default=1_000_000, show_default=True, help="How many events there have to be.")
@click.option("--faults", default=200, show_default=True, help="How many faults there have to be.")
@click.option("--seconds", default=3600.0, show_default=True, help="Goes on for so long at most.")
@click.option("--customers", default=400, show_default=True, help="Four consents each.")
@click.option("--steady", is_flag=True, help="No fault ends a node: how one of them grows can be seen.")
@click.option("--nodes", default=2, show_default=True, help="How many; the last of them has two workers.")
@click.option("--nats", is_flag=True, help="Nodes are sent events by NATS, three servers of it, whose faults come too.")
@click.option("--bulk", default=1000, show_default=True, help="Decisions in one request at most.")
def soak(
    seed: str | None,
    events: int,
    faults: int,
    seconds: float,
    customers: int,
    steady: bool,
    nodes: int,
    nats: bool,
    bulk: int,
) -> None:
    """Writes, reads and breaks things until there is enough of both, or the time is over."""
    seed = seed or secrets.token_hex(4)
    course = Course(events, faults, seconds)
    click.echo(f"seed {seed}", err=True)
    without = _ENDS_NODES if steady else ()
    verdict = run(
        seed, goes_on=course.goes_on, settle_every=10, without=without,
        customers=customers, bulk=bulk, pace=100, nodes=nodes, nats=nats,
    )  # fmt: skip
    again = f"{seed} NODES={nodes}{' NATS=1' if nats else ''}"
    which = f"{nodes} nodes{' with NATS' if nats else ''}"
    print("\n".join(_report(seed, again, which, course, verdict)))
    sys.exit(bool(verdict.violations))


if __name__ == "__main__":
    soak()
