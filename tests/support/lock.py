"""The lock in requirements/: what it pins, and the day up to which it knows releases."""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parents[2] / "requirements"
_PIN = re.compile(r"^(?P<requirement>[^\s#-].*?)(?P<hashes>(?: \\\n +--hash=\S+)*)$", re.MULTILINE)
_DAY = re.compile(r"^# +make lock BEFORE=(\d{4}-\d\d-\d\d)$", re.MULTILINE)


class Pin(NamedTuple):
    """One package in a file of the lock; one with a marker is for some machines alone."""

    requirement: Requirement
    hashes: tuple[str, ...]  # algorithm:digest

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        return str(self.requirement.specifier).removeprefix("==")

    def serves(self, environment: dict[str, str] | None = None) -> bool:
        """Whether it is installed on this machine, or on one that differs by the given values of markers."""
        return self.requirement.marker is None or self.requirement.marker.evaluate(environment)


@cache
def pins(file: Path) -> list[Pin]:
    """All that a file of the lock lets pip install."""
    return [
        Pin(Requirement(match["requirement"]), tuple(re.findall(r"--hash=(\S+)", match["hashes"])))
        for match in _PIN.finditer(file.read_text())
    ]


def day(file: Path) -> date:
    """The lock knows no release of this day or later."""
    match = _DAY.search(file.read_text())
    assert match, f"{file} does not say of which day it is: run make lock"
    return date.fromisoformat(match[1])
