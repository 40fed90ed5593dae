"""What a check of `consentfeed doctor` answers."""

from typing import Literal

import msgspec

Severity = Literal["ok", "warning", "problem"]


class Finding(msgspec.Struct, frozen=True):
    """How bad it is, what was seen, and in a sentence what to do about it; an empty cure where all is well."""

    severity: Severity
    seen: str
    cure: str = ""


def ok(seen: str) -> Finding:
    """All is well."""
    return Finding("ok", seen)


def warning(seen: str, cure: str) -> Finding:
    """It serves, and may not always."""
    return Finding("warning", seen, cure)


def problem(seen: str, cure: str) -> Finding:
    """It does not serve as it should, or not safely."""
    return Finding("problem", seen, cure)


def graded(value: float, limits: tuple[float, float], seen: str, cure: str) -> Finding:
    """A warning where the value is above the first limit, a problem where it is above the second."""
    if value > limits[1]:
        return problem(seen, cure)
    return warning(seen, cure) if value > limits[0] else ok(seen)
