"""What a case is: a load, who is put under it, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.bench import Bench
from benchmarks.load import Load

PRODUCT = "consentfeed"
Figures = Mapping[str, float]
Sides = dict[str, Figures]  # by who was measured; PRODUCT is one of them


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
    kept: bool = True  # False: newer than the kept run, which need not have it


@dataclass
class Result:
    """What came of a case: the sides of each round, and why some are missing."""

    case: Case
    load: Load
    rounds: list[Sides] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
