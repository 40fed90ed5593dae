"""Measures consentfeed against what it is compared with, in one run, and writes the table.

python benchmarks/run.py [--case fan-out|saturated|rest]… [--rounds 3] [--seconds 10]
                         [--streams 1000]

Needs Linux and gcc. All load goes to 127.0.0.1 and ends by itself. README.md says how to read it.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from harness import (
    HERE,
    BenchError,
    CpuMeter,
    Product,
    Program,
    build,
    free_port,
    product,
    raise_file_limit,
)
from report import Case, Figures, Round, write

CONNECTIONS = 64
CONSENTS_EACH = 8
FEED = "/api/v1/events"
DRAIN_SECONDS = 60
TOGGLE_ONE = """
    UPDATE consentfeed.consents
    SET status = CASE WHEN status = 'granted' THEN 'revoked' ELSE 'granted' END
    WHERE id = (SELECT id FROM consentfeed.consents ORDER BY id LIMIT 1)
"""
REVOKE_ALL = """
    UPDATE consentfeed.consents SET status = 'revoked'
    WHERE status = 'granted' AND id::text = ANY(%s)
"""


@dataclass
class Bench:
    """Where the programs and the files of this run are, and how much load is wanted."""

    home: Path
    seconds: float
    streams: int
    versions: dict[str, str] = field(default_factory=dict)

    def file(self, name: str, text: str) -> Path:
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def patience(self) -> float:
        """How long one measurement may take at most, a backlog included."""
        return 5 * self.seconds + DRAIN_SECONDS

    def watch(self, port: int, token: str) -> Program:
        """The streams; it says "ready" when all are open."""
        return Program(
            *(self.home / "sse_load", "--port", str(port), "--path", FEED),
            *("--streams", str(self.streams), "--token-file", self.file("token", token)),
            *("--seconds", str(2 * self.patience)),
        )


def look_at(bench: Bench, running: Product) -> None:
    with psycopg.connect(running.database_url) as connection:
        version = connection.execute("SHOW server_version").fetchone()
    bench.versions["PostgreSQL"] = str(version[0]).split()[0] if version else "unknown"


def sample_frame(running: Product, token: str) -> str:
    """One frame as the product really sends it, for the floor to send."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    url = running.base_url + FEED
    with (
        httpx.stream("GET", url, headers=headers, timeout=20, trust_env=False) as answer,
        psycopg.connect(running.database_url, autocommit=True) as connection,
    ):
        answer.raise_for_status()
        text = ""
        for part in answer.iter_text():
            if not text:  # the first bytes: from now on nothing is missed
                connection.execute(TOGGLE_ONE)
            text += part
            for block in text.split("\n\n")[:-1]:
                if "event: consent-updated" in block:
                    return block.lstrip("\n") + "\n\n"
    raise BenchError("The product's stream ended without a frame.")


def delivered(bench: Bench, load: dict[str, Any], events: int, rate: float) -> dict[str, float]:
    latency = load["latency_ms"]
    if latency is None:
        raise BenchError(f"Of {events} events nothing arrived: {load}")
    return {
        "deliveries/s": load["deliveries_per_second"],
        "events/s offered": rate,
        "latency p50 ms": latency["p50"],
        "latency p99 ms": latency["p99"],
        "deliveries missing": bench.streams * events - load["frames"],
        "gaps and repeats": load["gaps"] + load["repeats"],
        "streams ended": load["ended"],
    }


def fan_out_product(bench: Bench, rate: float) -> tuple[Figures, str]:
    """The figures, and a frame."""
    with product() as running:
        look_at(bench, running)
        token = running.token("csr", "csr@sltmobitel.lk")
        frame = sample_frame(running, token)
        with bench.watch(running.port, token) as load:
            load.expect("ready", DRAIN_SECONDS)
            meter = CpuMeter(running)
            own, postgres = meter.read()
            command = (sys.executable, HERE / "publish.py", str(rate), str(bench.seconds))
            with Program(*command) as publisher:
                publisher.say(running.database_url)
                made = publisher.result(bench.patience)
            load.say("drain")
            result = load.result(bench.patience)
            own_after, postgres_after = meter.read()
    figures = delivered(bench, result, made["events"], made["rate"])
    millions = result["frames"] / 1e6
    figures["server CPU s per million"] = (own_after - own) / millions
    figures["PostgreSQL CPU s per million"] = (postgres_after - postgres) / millions
    return figures, frame


def fan_out_floor(bench: Bench, rate: float, frame: str) -> Figures:
    port = free_port()
    with Program(
        *(bench.home / "floor", "--port", str(port), "--rate", str(rate)),
        *("--seconds", str(bench.seconds), "--frame-file", bench.file("frame", frame)),
    ) as floor:
        floor.expect("listening", 10)
        with bench.watch(port, "none") as load:
            load.expect("ready", DRAIN_SECONDS)
            floor.say("start")
            made = floor.result(bench.patience)
            load.say("drain")
            result = load.result(bench.patience)
    figures = delivered(bench, result, made["events"], rate)
    figures["server CPU s per million"] = made["cpu_seconds"] / (result["frames"] / 1e6)
    figures["would block"] = made["would_block"] + made["cut"]
    return figures


def fan_out(bench: Bench, case: Case, rate: float) -> None:
    figures, frame = fan_out_product(bench, rate)
    case.rounds.append(Round(figures, fan_out_floor(bench, rate, frame)))


def answered(bench: Bench, running: Product, token: str, requests: list[str]) -> dict[str, Any]:
    with Program(
        *(bench.home / "rest_load", "--port", str(running.port)),
        *("--connections", str(CONNECTIONS), "--seconds", str(bench.seconds)),
        *("--requests", bench.file("requests", "\n".join(requests))),
        *("--token-file", bench.file("token", token)),
    ) as load:
        result = load.result(bench.seconds + DRAIN_SECONDS)
    if result["latency_ms"] is None:
        raise BenchError(f"No request was answered: {result}")
    return result


def decisions(ids: list[str]) -> list[str]:
    """For each connection a slice: it grants each of its own consents, then revokes each."""
    each = len(ids) // CONNECTIONS
    return [
        f"POST /api/v1/customer/consents/{id_}/{action} {{}}"
        for first in range(0, each * CONNECTIONS, each)
        for action in ("grant", "revoke")
        for id_ in ids[first : first + each]
    ]


def last_position(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT max(seq) FROM consentfeed.events").fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def rest_once(bench: Bench, settings: dict[str, str], *, nothing: bool) -> Figures:
    with product(settings) as running:
        look_at(bench, running)
        token = running.token("service")
        with psycopg.connect(running.database_url, autocommit=True) as connection:
            limit = CONNECTIONS * CONSENTS_EACH
            query = "SELECT id::text FROM consentfeed.consents ORDER BY id LIMIT %s"
            ids = [row[0] for row in connection.execute(query, (limit,))]
            if len(ids) < CONNECTIONS:
                raise BenchError(f"{len(ids)} consents are too few for {CONNECTIONS} connections.")
            connection.execute(REVOKE_ALL, (ids,))
            before = last_position(connection)
            result = answered(bench, running, token, decisions(ids))
            changes = last_position(connection) - before
        figures = {
            "requests/s": result["requests_per_second"],
            "latency p50 ms": result["latency_ms"]["p50"],
            "latency p99 ms": result["latency_ms"]["p99"],
            "answers other than 200": result["answers"] - result["statuses"].get("200", 0),
            "connections failed": result["failures"] + result["unanswered"],
            "requests without a change": result["answers"] - changes,
        }
        if nothing:
            idle = answered(bench, running, token, ["GET /healthz"])
            figures["GET /healthz requests/s"] = idle["requests_per_second"]
        return figures


def rest(bench: Bench, case: Case) -> None:
    batched = rest_once(bench, {}, nothing=True)
    single = rest_once(bench, {"CONSENTFEED_WRITE_BATCH": "1"}, nothing=False)
    case.rounds.append(Round(batched, single))


def cases_of(streams: int) -> dict[str, Case]:
    floor = "floor.c, one write() per client and event"
    whole = ("deliveries missing", "gaps and repeats", "streams ended")
    changes = ("answers other than 200", "connections failed", "requests without a change")
    single = "the same product with CONSENTFEED_WRITE_BATCH=1, a transaction per request"
    return {
        "fan-out": Case(f"{streams:,} streams × 200/s", floor, "deliveries/s", 0.7, whole),
        "saturated": Case(f"{streams:,} streams × 600/s", floor, "deliveries/s", 0.7, whole),
        "rest": Case(f"REST, {CONNECTIONS} connections", single, "requests/s", 5, changes),
    }


def measure(bench: Bench, name: str, case: Case) -> None:
    if name == "rest":
        rest(bench, case)
    else:
        fan_out(bench, case, 200.0 if name == "fan-out" else 600.0)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures consentfeed; see README.md.")
    parser.add_argument("--case", action="append", choices=sorted(cases_of(0)), help="default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of load per measurement")
    parser.add_argument("--streams", type=int, default=1000)
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0 or options.streams < 1:
        parser.error("--rounds, --seconds and --streams must be positive")
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda number, _: sys.exit(128 + number))  # and stop everything
    cases = {n: c for n, c in cases_of(options.streams).items() if n in (options.case or [n])}
    with tempfile.TemporaryDirectory(prefix="consentfeed-load-") as home:
        bench = Bench(Path(home), options.seconds, options.streams)
        try:
            raise_file_limit(options.streams + 500)
            build(bench.home)
            for number in range(1, options.rounds + 1):
                for name, case in cases.items():
                    print(f"round {number}/{options.rounds}: {name}", file=sys.stderr, flush=True)
                    measure(bench, name, case)
        except BenchError as error:
            sys.exit(f"benchmark: {error}")
    setting = {
        "cores": len(os.sched_getaffinity(0)),
        "Python": platform.python_version(),
        **bench.versions,
        "rounds": options.rounds,
        "seconds of load": options.seconds,
    }
    print(write(HERE / "results", setting, list(cases.values())))


if __name__ == "__main__":
    main()
