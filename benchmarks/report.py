"""From the rounds' figures to the tables: medians, ratios, marks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.case import PRODUCT, Mark, Result

Setting = Mapping[str, str | int | float]
HEAD = ("case", "load", "figure", PRODUCT, "compared with", "theirs", "ratio", "mark", "met")
HOW_TO_READ = (
    "Medians of all rounds; every ratio is between two figures of this one run. Events that are missing, come twice or "
    "are not changes are counted in every round, and listed here only where there were some."
)


@dataclass(frozen=True)
class Row:
    """A mark, and what came of it."""

    case: str
    load: str
    figure: str
    product: float | None
    compared_with: str
    compared: float | None
    ratio: float | None
    mark: str
    met: bool | None  # None: not judged
    margin: float | None
    note: str = ""


def value_of(result: Result, side: str, figure: str) -> float | None:
    """The median of all rounds that have it."""
    values = [sides[side][figure] for sides in result.rounds if figure in sides.get(side, {})]
    return median(values) if values else None


def worst_of(result: Result, figure: str) -> float | None:
    """What must not happen must not happen in any round."""
    values = [abs(sides[PRODUCT][figure]) for sides in result.rounds if figure in sides.get(PRODUCT, {})]
    return max(values, default=None)


def row_of(result: Result, mark: Mark, cores: int) -> Row:
    zero = mark.most == 0
    product = worst_of(result, mark.figure) if zero else value_of(result, PRODUCT, mark.figure)
    compared = value_of(result, mark.against, mark.figure) if mark.against else None
    ratio = product / compared if product is not None and compared else None
    value = ratio if mark.against else product
    met, note = None if value is None else mark.met(value), ""
    if value is None:
        note = _why_not(result, mark)
        met = False if mark.against is None and result.rounds else None
    elif cores < mark.cores:
        met, note = None, f"not judged: fewer than {mark.cores} cores, the load takes what a node lacks"
    margin = mark.margin(value) if value is not None and met is not None and not zero else None
    title = result.case.title
    return Row(
        title, str(result.load), mark.figure, product, mark.against or "", compared, ratio, str(mark), met, margin, note
    )


def _why_not(result: Result, mark: Mark) -> str:
    if PRODUCT in result.missing:
        return result.missing[PRODUCT]
    if mark.against:
        return result.missing.get(mark.against, "not measured")
    return "not reached"


def rows_of(results: list[Result], cores: int) -> Iterator[Row]:
    for result in results:
        for mark in result.case.marks:
            yield row_of(result, mark, cores)


def number(value: float | None) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def summary(rows: Iterable[Row]) -> list[str]:
    """One line for each mark; those that nothing must be of, only where something was."""
    lines = [_line(HEAD), "| --- | --- | --- | ---: | --- | ---: | ---: | --- | --- |"]
    for row in rows:
        if row.mark == "≤ 0" and row.met:
            continue
        met = row.note if row.met is None else "yes" if row.met else "**no**"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        cells = (row.case, row.load, row.figure, number(row.product), row.compared_with)
        lines.append(_line((*cells, number(row.compared) if row.compared_with else "", ratio, row.mark, met)))
    return lines


def details(result: Result) -> list[str]:
    """All figures of a case, a column for each side."""
    case, rounds = result.case, result.rounds
    names = [PRODUCT, *case.compared]
    figures = dict.fromkeys(figure for sides in rounds for side in sides.values() for figure in side)
    lines = ["", f"## {case.title}", "", f"`{case.name}`: {result.load}. {case.why}", ""]
    lines += [f"- {side}: {why}" for side, why in result.missing.items()] + ([""] if result.missing else [])
    if figures:
        lines += [_line(["figure", *names]), _line(["---", *["---:"] * len(names)])]
    return lines + [_line([figure, *(number(value_of(result, side, figure)) for side in names)]) for figure in figures]


def markdown(setting: Setting, results: list[Result], cut: str) -> str:
    cores = int(setting["cores"])
    lines = ["# Benchmark results", "", *(f"- {name}: {value}" for name, value in setting.items()), ""]
    if cut:
        lines += [f"**{cut} This run is a look, not a result: the marks are for the whole loads.**", ""]
    lines += [HOW_TO_READ, ""]
    lines += summary(rows_of(results, cores))
    for result in results:
        lines += details(result)
    return "\n".join(lines) + "\n"


def document(setting: Setting, results: list[Result], cut: str) -> dict[str, object]:
    cases = [
        {"name": result.case.name, "load": asdict(result.load), "rounds": result.rounds, "missing": result.missing}
        for result in results
    ]
    marks = [asdict(row) for row in rows_of(results, int(setting["cores"]))]
    return {"setting": dict(setting), "cut": cut, "marks": marks, "cases": cases}


def write(into: Path, setting: Setting, results: list[Result], cut: str) -> str:
    """Writes latest.json and latest.md, and returns the latter."""
    into.mkdir(exist_ok=True)
    text = markdown(setting, results, cut)
    (into / "latest.md").write_text(text, encoding="utf-8")
    whole = json.dumps(document(setting, results, cut), indent=1, ensure_ascii=False)
    (into / "latest.json").write_text(whole + "\n", encoding="utf-8")
    return text
