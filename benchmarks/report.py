"""From the rounds' figures to the table: medians, ratios, marks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

Figures = Mapping[str, float]
HEAD = ("case", "figure", "product", "compared with", "ratio", "mark", "met")


@dataclass(frozen=True)
class Round:
    product: Figures
    compared: Figures


@dataclass(frozen=True)
class Case:
    title: str
    compared_with: str
    ratio_of: str  # the figure that counts
    least_ratio: float
    nothing_in: tuple[str, ...]  # figures of the product that must be 0 in every round
    rounds: list[Round] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    case: str
    figure: str
    product: float | None
    compared: float | None
    ratio: float | None
    mark: str
    met: bool | None


def _median(rounds: list[Figures], figure: str) -> float | None:
    values = [figures[figure] for figures in rounds if figure in figures]
    return median(values) if values else None


def rows_of(case: Case) -> list[Row]:
    rows = []
    sides = [side for pair in case.rounds for side in (pair.product, pair.compared)]
    for figure in dict.fromkeys(name for side in sides for name in side):
        product = _median([pair.product for pair in case.rounds], figure)
        compared = _median([pair.compared for pair in case.rounds], figure)
        ratio, mark, met = None, "", None
        if product is not None and compared:
            ratio = product / compared
        if figure == case.ratio_of:
            mark, met = f"≥ {case.least_ratio}", ratio is not None and ratio >= case.least_ratio
        elif figure in case.nothing_in:
            mark, met = "0", all(pair.product.get(figure) == 0 for pair in case.rounds)
        rows.append(Row(case.title, figure, product, compared, ratio, mark, met))
    return rows


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def markdown(setting: Mapping[str, str | int | float], cases: list[Case]) -> str:
    lines = ["# Benchmark results", ""]
    lines += [f"- {name}: {value}" for name, value in setting.items()]
    lines += [f"- {case.title}: compared with {case.compared_with}" for case in cases]
    lines += ["", "Medians of all rounds; every ratio is between two figures of this one run.", ""]
    lines += ["| " + " | ".join(HEAD) + " |", "| --- | --- | ---: | ---: | ---: | --- | --- |"]
    for row in (row for case in cases for row in rows_of(case)):
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        cells = (row.case, row.figure, _number(row.product), _number(row.compared), ratio)
        lines.append("| " + " | ".join((*cells, row.mark, met)) + " |")
    return "\n".join(lines) + "\n"


def write(into: Path, setting: Mapping[str, str | int | float], cases: list[Case]) -> str:
    """Writes latest.json and latest.md, and returns the latter."""
    into.mkdir(exist_ok=True)
    text = markdown(setting, cases)
    table = [asdict(row) for case in cases for row in rows_of(case)]
    document = {"setting": setting, "table": table, "cases": [asdict(case) for case in cases]}
    (into / "latest.md").write_text(text, encoding="utf-8")
    whole = json.dumps(document, indent=1, ensure_ascii=False)
    (into / "latest.json").write_text(whole + "\n", encoding="utf-8")
    return text
