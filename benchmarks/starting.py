"""How long `consentfeed serve` takes until it is ready, beside Python that imports the same modules and ends."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.bench import Bench
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.growing import grown
from benchmarks.load import Load
from benchmarks.meters import CpuMeter
from tests.support.database import Sql
from tests.support.process import ROOT

IMPORTS = "its imports alone"
TIMES = 5


def start(bench: Bench, load: Load) -> Sides:
    database = grown(bench, f"replay_{load.rows}", load.rows, 0)
    rounds = [(_served(bench, database), _imported()) for _ in range(TIMES)]
    served, used = zip(*(one for one, _ in rounds), strict=True)
    figures: Figures = {"seconds until ready": statistics.median(served), "CPU s until ready": statistics.median(used)}
    return {PRODUCT: figures, IMPORTS: {"seconds until ready": statistics.median(other for _, other in rounds)}}


def _served(bench: Bench, database: Sql) -> tuple[float, float]:
    """Seconds, and those of the processor."""
    begin = time.monotonic()
    with bench.product(database=database) as node:
        return time.monotonic() - begin, CpuMeter(node.pid).total


def _imported() -> float:
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", "import consentfeed.cli.main, consentfeed.node.wiring"], cwd=ROOT, check=True)
    return time.monotonic() - begin
