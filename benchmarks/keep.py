"""Makes the last run the one that the README shows: python -m benchmarks.keep"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

from benchmarks.program import HERE, ROOT, python
from benchmarks.report import Row, summary

RESULTS = HERE / "results"
README = ROOT / "README.md"
BEGIN, END = "<!-- the kept run -->", "<!-- and its end -->"


def section() -> str:
    """What the README says of the kept run: its machine, its table, its plot."""
    kept = json.loads((RESULTS / "kept.json").read_text("utf-8"))
    rows = [Row(**mark) for mark in kept["marks"]]
    judged = [row for row in rows if row.met is not None and row.mark != "≤ 0"]
    machine = ", ".join(f"{name} {value}" for name, value in kept["setting"].items())
    met = f"{sum(bool(row.met) for row in judged)} of {len(judged)} marks are met."
    plot = "![How far each mark is from being just met](benchmarks/results/kept.svg)"
    return "\n".join([f"{met} The machine and the run: {machine}.", "", *summary(rows), "", plot])


def shown(readme: str) -> str:
    """The README with the kept run in it."""
    text, found = re.subn(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{section()}\n\n{END}", readme, flags=re.DOTALL)
    if found != 1:
        raise ValueError(f"The README has no place for it: {BEGIN} and {END}")
    return text


def main() -> None:
    last = json.loads((RESULTS / "latest.json").read_text("utf-8"))
    if last["cut"]:
        sys.exit(f"This run is a look, not a result. {last['cut']}")
    for kind in ("json", "md"):
        shutil.copyfile(RESULTS / f"latest.{kind}", RESULTS / f"kept.{kind}")
    subprocess.run(python("plot", str(RESULTS / "kept.json")), cwd=ROOT, check=True)
    README.write_text(shown(README.read_text("utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
