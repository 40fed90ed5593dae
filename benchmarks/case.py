"""What a case is: a load, who is put under it, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.bench import Bench

PRODUCT = "consentfeed"
Figures = Mapping[str, float]
Sides = dict[str, Figures]  # by who was measured; PRODUCT is one of them


class BenchError(Exception):
    """The benchmark cannot go on; the text says why."""


@dataclass(frozen=True)
class Cut:
    """What a run leaves out of the loads, for a look, never for a result; and whether it takes full ones."""

    streams: int | None = None
    rows: int | None = None
    full: bool = False


@dataclass(frozen=True)
class Load:
    """How much; 0 where a case has no such thing."""

    streams: int = 0
    rate: float = 0.0  # events or decisions a second
    burst: int = 1  # so many of them at a time
    rows: int = 0  # events or decisions in all
    full: int = 0  # as many as the mark is for, where that takes too long to be the default

    def cut(self, by: Cut) -> Load:
        streams = self.streams if by.streams is None else min(self.streams, by.streams)
        rows = self.full if by.full and self.full else self.rows
        rows = rows if by.rows is None else min(rows, by.rows)
        return replace(self, streams=streams, rows=rows)

    def __str__(self) -> str:
        of_full = f"of {self.full:,} " if self.rows < self.full else ""
        parts = [
            f"{self.streams:,} streams" if self.streams else "",
            f"{self.rate:,g}/s" if self.rate else "",
            f"{self.rows:,} {of_full}rows" if self.rows else "",
        ]
        text = " × ".join(part for part in parts if part) or "as much as it can"
        return f"{text}, {self.burst} at a time" if self.burst > 1 else text


@dataclass(frozen=True)
class Mark:
    """What a figure of the product must reach: by itself, or as a multiple of somebody else's."""

    figure: str
    least: float | None = None
    most: float | None = None
    against: str | None = None
    cores: int = 1  # on fewer it is not judged

    def __str__(self) -> str:
        bound = f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"
        return f"{bound} × {self.against}" if self.against else bound

    def met(self, value: float) -> bool:
        return value >= self.least if self.least is not None else value <= (self.most or 0.0)

    def margin(self, value: float) -> float:
        """How far from the mark: 1 is just met, 2 twice as good."""
        if self.least is not None:
            return value / self.least
        return (self.most or 0.0) / value if value and self.most else float(self.met(value))


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    why: str  # what it measures, and why a user cares
    load: Load
    compared: tuple[str, ...]
    marks: tuple[Mark, ...]
    measure: Callable[[Bench, Load], Sides]  # one round


@dataclass
class Result:
    """What came of a case: the sides of each round, and why some are missing."""

    case: Case
    load: Load
    rounds: list[Sides] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
