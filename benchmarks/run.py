"""Measures consentfeed against what it is compared with, in one run, and writes the table.

    python -m benchmarks.run [--case NAME]… [--rounds 3] [--seconds 10] [--streams N] [--rows N] [--full]

Needs Linux and gcc. All load goes to 127.0.0.1 and ends by itself. README.md says how to read it.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import psycopg

from benchmarks import peers, report
from benchmarks.bench import Bench, raise_file_limit
from benchmarks.case import PRODUCT, Case, Result
from benchmarks.cases import CASES
from benchmarks.cluster import cluster
from benchmarks.error import BenchError
from benchmarks.load import Cut
from benchmarks.program import HERE, build, python

OTHER_FILES = 1000  # beside the streams
FAILURES = (BenchError, psycopg.Error, httpx.HTTPError, subprocess.SubprocessError, OSError)


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.run", description="Measures consentfeed; see README.md.")
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES], help="default: all")
    parser.add_argument("--list", action="store_true", help="say what the cases are, and measure nothing")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of load per measurement")
    parser.add_argument("--streams", type=int, help="at most; for a look, not for results")
    parser.add_argument("--rows", type=int, help="at most; for a look, not for results")
    parser.add_argument("--full", action="store_true", help="growth to 10,000,000 events: an hour, 20 GB")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.seconds <= 0 or 0 in (options.streams, options.rows):
        parser.error("--rounds, --seconds, --streams and --rows must be positive")
    return options


def list_cases() -> None:
    for case in CASES:
        print(f"{case.name}: {case.title}, {case.load}\n  {case.why}")
        for mark in case.marks:
            print(f"  {mark.figure} {mark}")


def measure(bench: Bench, result: Result) -> None:
    """One round of one case; what fails is a line of the table, and the run goes on."""
    bench.missing = result.missing
    try:
        result.rounds.append(result.case.measure(bench, result.load))
    except FAILURES as error:
        print(f"{result.case.name}: {error}", file=sys.stderr, flush=True)
        result.missing[PRODUCT] = f"failed: {type(error).__name__}: {error}".splitlines()[0]


def run(bench: Bench, cases: list[Case], options: argparse.Namespace) -> tuple[list[Result], str]:
    """The results and the tables, which are written after each round: a run that is ended leaves those it had."""
    results = [Result(case, case.load.cut(bench.cut)) for case in cases]
    text = ""
    for nth in range(1, options.rounds + 1):
        for result in results:
            print(f"round {nth}/{options.rounds}: {result.case.name}", file=sys.stderr, flush=True)
            measure(bench, result)
        text = report.write(HERE / "results", setting_of(bench, nth, options), results, note_of_cut(options))
    return results, text


def setting_of(bench: Bench, rounds: int, options: argparse.Namespace) -> dict[str, str | int | float]:
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": model[0].partition(":")[2].strip() if model else platform.machine(),
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "PostgreSQL": bench.cluster.version(),
        **peers.versions(),
        "rounds": rounds,
        "seconds of load": options.seconds,
    }


def note_of_cut(options: argparse.Namespace) -> str:
    limits = {"streams": options.streams, "rows": options.rows}
    parts = [f"{value:,} {name}" for name, value in limits.items() if value]
    return f"Cut to {' and '.join(parts)} at most." if parts else ""


def draw_plot() -> None:
    if importlib.util.find_spec("matplotlib") is None:
        print("No plot: pip install 'consentfeed[bench]', then python -m benchmarks.plot.", file=sys.stderr)
        return
    subprocess.run(python("plot"), cwd=HERE.parent, check=False)


def main() -> None:
    options = options_of()
    if options.list:
        list_cases()
        return
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda number, _: sys.exit(128 + number))  # and stop everything
    cut = Cut(options.streams, options.rows, options.full)
    cases = [case for case in CASES if case.name in (options.case or [case.name])]
    with tempfile.TemporaryDirectory(prefix="consentfeed-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        try:
            raise_file_limit(max(case.load.cut(cut).streams for case in cases) + OTHER_FILES)
            build(home)
            with cluster() as running:
                bench = Bench(home, running, options.seconds, cut)
                results, text = run(bench, cases, options)
        except BenchError as error:
            sys.exit(f"benchmark: {error}")
    print(text)
    draw_plot()
    if any(PRODUCT in result.missing for result in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
