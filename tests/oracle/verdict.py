"""What was found out in a run."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

# What may be wrong; the first four are what the feed promises to everybody.
KINDS: Final = {
    "lost": "events that a reader should have got, and did not",
    "repeated": "events that a reader got twice",
    "order": "events or positions out of order",
    "unsignalled": "another history, or a gap, without a reset",
    "reset": "resets without a cause",
    "foreign": "events or positions that are not the reader's",
    "altered": "events that say something else than the table",
    "list": "lists, or what was made of them, that differ from the table",
    "claims": "writers told what is not so",
    "log": "a log that does not hold",
    "late": "readers, writers or nodes that did not recover",
    "error": "answers, ends of streams or of nodes that should not be",
    "idle": "readers or writers that did nothing",
}


class Violation(NamedTuple):
    """What is wrong, with whom, in words."""

    kind: str
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.who}: {self.kind}: {self.what}"


@dataclass
class Verdict:
    """violations, and what was counted, faults by their names; logs of the nodes, kept where something is wrong."""

    logs: Path
    violations: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, who: str, what: str) -> None:
        """Something is wrong."""
        assert kind in KINDS
        self.violations.append(Violation(kind, who, what))

    def __str__(self) -> str:
        """The first violations in words."""
        return "\n".join([f"{len(self.violations)} violations; logs in {self.logs}", *map(str, self.violations[:20])])
