"""The marks as a picture: how far each is from being just met.

python -m benchmarks.plot [latest.json [latest.svg]]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "consentfeed"  # the same picture for the same figures
from matplotlib import pyplot  # noqa: E402

RESULTS = Path(__file__).resolve().parent / "results"
MET, MISSED = "#1b7f4b", "#b3261e"


def label(mark: dict[str, Any]) -> str:
    return f"{mark['case']}\n{mark['figure']} {mark['mark']}"


def draw(marks: list[dict[str, Any]], into: Path, machine: str) -> None:
    """A bar for each mark that was judged; right of the line it is met."""
    judged = [mark for mark in marks if mark["margin"]]
    figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.5 * len(judged)), layout="constrained")
    axes.barh(
        [label(mark) for mark in judged],
        [mark["margin"] for mark in judged],
        color=[MET if mark["met"] else MISSED for mark in judged],
    )
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=1)
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel(f"times as good as the mark asks (log scale); {machine}")
    figure.savefig(into, metadata={"Date": None})
    pyplot.close(figure)


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS / "latest.json"
    into = Path(sys.argv[2]) if len(sys.argv) > 2 else source.with_suffix(".svg")
    read = json.loads(source.read_text("utf-8"))
    draw(read["marks"], into, f"{read['setting']['cores']} cores")


if __name__ == "__main__":
    main()
