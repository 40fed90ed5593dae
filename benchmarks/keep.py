"""Makes the last run the one that the docs show: python -m benchmarks.keep

The README shows five numbers of it, docs/performance.md all marks and the plot. Without a run since the kept one, the
pages are written from the kept one again.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.case import PRODUCT, Result
from benchmarks.cases import ALL_PEERS, CASES
from benchmarks.load import Load
from benchmarks.program import HERE, python
from benchmarks.report import Row, number, summary, value_of
from tests.support.process import ROOT

RESULTS = HERE / "results"
BEGIN, END = "<!-- the kept run -->", "<!-- and its end -->"


class Comparison(NamedTuple):
    """A figure of a case, of the product and of all that a reader might pick instead.

    text: what the figure means, with `{streams}`, `{rate}` and `{offered}` of the load. partly: for a server that never
    reached this figure, the one that is shown instead, and what it counts.
    """

    case: str
    figure: str
    text: str
    best: Callable[[list[float]], float]
    partly: tuple[str, str] = ("", "")


COMPARISONS = (
    Comparison(
        "fan-out",
        "deliveries/s",
        "Events delivered per second to {streams} streams, of {offered} offered",
        max,
    ),
    Comparison(
        "fan-out",
        "last stream p99 ms",
        "Milliseconds until all of these streams have an event (p99)",
        min,
    ),
    Comparison(
        "fan-out",
        "server CPU s per million",
        "Server CPU seconds for a million of these deliveries, PostgreSQL's not counted",
        min,
    ),
    Comparison(
        "idle",
        "KB resident per stream",
        "KB of server memory per stream, of {streams} streams without events",
        min,
    ),
    Comparison(
        "connecting",
        "seconds until all are up",
        "Seconds until {streams} clients are connected, with {rate} events/s to each",
        min,
        partly=("streams up", "connected"),
    ),
)


def comparisons(kept: dict[str, Any]) -> str:
    """The README's table: a line for each comparison, a column for each server; the best of a line in bold."""
    sides = (PRODUCT, *ALL_PEERS)
    head = [f"|  | {' | '.join(sides)} |", f"| --- |{' ---: |' * len(sides)}"]
    return "\n".join([*head, *(_line(comparison, _result(kept, comparison.case), sides) for comparison in COMPARISONS)])


def _result(kept: dict[str, Any], name: str) -> Result:
    (case,) = [case for case in CASES if case.name == name]
    (entry,) = [entry for entry in kept["cases"] if entry["name"] == name]
    return Result(case, Load(**entry["load"]), entry["rounds"], entry["missing"])


def _line(comparison: Comparison, result: Result, sides: tuple[str, ...]) -> str:
    values = {side: value_of(result, side, comparison.figure) for side in sides}
    best = comparison.best([value for value in values.values() if value is not None])
    cells = [_cell(comparison, result, side, value, value == best) for side, value in values.items()]
    streams, rate = result.load.streams, result.load.rate
    text = comparison.text.format(streams=f"{streams:,}", rate=f"{rate:g}", offered=f"{streams * rate:,.0f}")
    return f"| {text} | {' | '.join(cells)} |"


def _cell(comparison: Comparison, result: Result, side: str, value: float | None, best: bool) -> str:
    if value is None:
        figure, counted = comparison.partly
        return f"only {number(value_of(result, side, figure))} {counted}"
    text = f"**{number(value)}**" if best else number(value)
    rounds = sum(comparison.figure in sides.get(side, {}) for sides in result.rounds)
    return text if rounds == len(result.rounds) else f"{text} ({rounds} of {len(result.rounds)} rounds)"


def machine(kept: dict[str, Any]) -> str:
    """What the run was made with."""
    return ", ".join(f"{name} {value}" for name, value in kept["setting"].items())


def numbers(kept: dict[str, Any]) -> str:
    """What the README says of the kept run."""
    return f"{comparisons(kept)}\n\nMedians. The machine and the run: {machine(kept)}."


def marks(kept: dict[str, Any]) -> str:
    """What docs/performance.md says of the kept run: its marks as a table and as a plot."""
    rows = [Row(**mark) for mark in kept["marks"]]
    judged = [row for row in rows if row.met is not None and row.mark != "≤ 0"]
    met = f"{sum(bool(row.met) for row in judged)} of {len(judged)} marks are met."
    plot = "![How far each mark is from being just met](../benchmarks/results/kept.svg)"
    return "\n".join([f"{met} The machine and the run: {machine(kept)}.", "", *summary(rows), "", plot])


PAGES = {ROOT / "README.md": numbers, ROOT / "docs" / "performance.md": marks}


def shown(page: str, section: str) -> str:
    """A page with the section about the kept run in it."""
    text, found = re.subn(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{section}\n\n{END}", page, flags=re.DOTALL)
    if found != 1:
        raise ValueError(f"The page has no place for the kept run: {BEGIN} and {END}")
    return text


def read_kept() -> dict[str, Any]:
    """The kept run."""
    kept: dict[str, Any] = json.loads((RESULTS / "kept.json").read_text("utf-8"))
    return kept


def refusal(last: dict[str, Any]) -> str:
    """Why a run cannot be kept, or ""."""
    if last["cut"]:
        return f"This run is a look, not a result. {last['cut']}"
    absent = {case.name for case in CASES if case.kept} - {entry["name"] for entry in last["cases"]}
    return f"This run lacks cases: {', '.join(sorted(absent))}." if absent else ""


def keep_last() -> None:
    """Keeps the last run in place of the one before."""
    if reason := refusal(json.loads((RESULTS / "latest.json").read_text("utf-8"))):
        sys.exit(reason)
    for kind in ("json", "md"):
        shutil.copyfile(RESULTS / f"latest.{kind}", RESULTS / f"kept.{kind}")
    subprocess.run(python("plot", str(RESULTS / "kept.json")), cwd=ROOT, check=True)


def main() -> None:
    if (RESULTS / "latest.json").exists():
        keep_last()
    kept = read_kept()
    for path, section in PAGES.items():
        path.write_text(shown(path.read_text("utf-8"), section(kept)), encoding="utf-8")


if __name__ == "__main__":
    main()
