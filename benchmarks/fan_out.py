"""Every event to every stream: how many deliveries a second, how late, at what cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from benchmarks.bench import DRAIN_SECONDS, READY_SECONDS, Bench
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.error import BenchError
from benchmarks.load import Load
from benchmarks.meters import CpuMeter, postmaster
from benchmarks.peers import PEERS, Peer
from benchmarks.program import Program, python
from benchmarks.running import Running, of_node, product, sample_frame
from tests.support.tokens import bearer

OURS = (PRODUCT, "floor")
ONE_PROCESS = "one process"


def against(*peers: str) -> Any:
    """The measurement of a case: the product, then each of these peers."""

    def measure(bench: Bench, load: Load) -> Sides:
        sides: Sides = {PRODUCT: _product(bench, load)}
        return sides | of_peers(bench, load, peers, lambda running: fan_out(bench, running, load))

    return measure


def of_peers(bench: Bench, load: Load, names: tuple[str, ...], measure: Any) -> Sides:
    """What is not installed, or fails, is left out, and the table says why."""
    sides: Sides = {}
    frame = sample_frame(bench)
    for peer in (PEERS[name] for name in names):
        if lacks := peer.lacks():
            bench.missing[peer.name] = lacks
            continue
        try:
            sides[peer.name] = _of_peer(bench, load, peer, frame, measure)
        except BenchError as error:
            bench.missing[peer.name] = f"{peer.name} failed: {error}"
    return sides


def _of_peer(bench: Bench, load: Load, peer: Peer, frame: str, measure: Any) -> Figures:
    with peer.start(bench, load, frame) as running:
        figures: Figures = measure(running)
        return figures


def _product(bench: Bench, load: Load, settings: Mapping[str, str] = {}) -> Figures:
    with product(bench, settings=settings) as (running, node):
        database = CpuMeter(postmaster(node.database))
        figures = dict(fan_out(bench, running, load))
        return figures | {"PostgreSQL CPU s per million": database.read() / figures["million deliveries"]}


def fan_out(bench: Bench, running: Running, load: Load) -> Figures:
    with running.watch(bench, load.streams) as watching:
        watching.expect("ready", READY_SECONDS)
        cpu = CpuMeter(*running.pids)
        with running.publish(load, bench.seconds) as publisher:
            offer = publisher.result(bench.patience)
            # A peer that is overrun would take minutes; its rate is known by then.
            arrivals = watching.drained(bench.patience if running.name in OURS else 2 * bench.seconds)
        cpu_seconds = cpu.read()
    rate = offer["rate"] if "rate" in offer else offer["events"] / offer["seconds"]
    return delivered(arrivals, load, offer["events"], rate) | {
        "server CPU s per million": cpu_seconds / (arrivals["frames"] / 1e6),
        "million deliveries": arrivals["frames"] / 1e6,
    }


def delivered(arrivals: dict[str, Any], load: Load, events: int, rate: float) -> dict[str, float]:
    if arrivals["latency_ms"] is None:
        raise BenchError(f"Of {events} events nothing arrived: {arrivals}")
    last = arrivals["last_ms"] or {}
    return {
        "deliveries/s": arrivals["deliveries_per_second"],
        "events/s made": rate,
        "share of the offer": arrivals["deliveries_per_second"] / (load.streams * load.rate),
        "p50 ms": arrivals["latency_ms"]["p50"],
        "p99 ms": arrivals["latency_ms"]["p99"],
        **{f"last stream {name} ms": last[name] for name in ("p50", "p99") if last},
        "deliveries missing": load.streams * events - arrivals["frames"],
        "gaps and repeats": arrivals["gaps"] + arrivals["repeats"],
        "streams ended": arrivals["ended"],
    }


def asked(bench: Bench, load: Load) -> Sides:
    """From the moment at which a decision is asked for over REST; the floor from when its event is due."""
    with bench.product() as node:
        token = bearer("service")
        query = "SELECT id::text, status = 'granted' FROM consentfeed.consents ORDER BY id LIMIT 400"
        consents = node.database.run(query)
        with of_node(node).watch(bench, load.streams, stamp="reference") as watching:
            watching.expect("ready", READY_SECONDS)
            with Program(*python("ask"), str(load.rate), str(bench.seconds), str(node.port)) as asker:
                asker.say(json.dumps({"token": token, "consents": consents}))
                offer = asker.result(bench.seconds + DRAIN_SECONDS)
            arrivals = watching.drained(bench.patience)
    sides: Sides = {PRODUCT: delivered(arrivals, load, offer["events"], offer["rate"])}
    return sides | of_peers(bench, load, ("floor",), lambda running: fan_out(bench, running, load))


def workers(bench: Bench, load: Load) -> Sides:
    """The same streams on one process, and on two that share its port."""
    return {PRODUCT: _product(bench, load, {"workers": "2"}), ONE_PROCESS: _product(bench, load)}


def two_nodes(bench: Bench, load: Load) -> Sides:
    """The same streams on one node and shared by two; both times with a load generator for each half."""
    return {PRODUCT: _nodes(bench, load, 2), "one node": _nodes(bench, load, 1)}


def _nodes(bench: Bench, load: Load, count: int) -> Figures:
    with product(bench) as (first, node), ExitStack() as stack:
        halves = [first, first]
        if count == 2:
            halves[1] = of_node(stack.enter_context(bench.product(database=node.database)))
        with halves[0].watch(bench, load.streams // 2) as one, halves[1].watch(bench, load.streams // 2) as two:
            for half in (one, two):
                half.expect("ready", READY_SECONDS)
            with first.publish(load, bench.seconds) as publisher:
                offer = publisher.result(bench.patience)
            arrivals = [half.drained(bench.patience) for half in (one, two)]
    whole = arrivals[0] | {
        name: arrivals[0][name] + arrivals[1][name] for name in ("frames", "gaps", "repeats", "ended")
    }
    whole["last_ms"] = None  # no half knows the last of all
    whole["deliveries_per_second"] = sum(half["deliveries_per_second"] for half in arrivals)
    return delivered(whole, load, offer["events"], offer["rate"])
