"""How much a case asks for, and what a run leaves out of it."""

from __future__ import annotations

from dataclasses import dataclass, replace


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
