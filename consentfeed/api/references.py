"""References: what the operator's other systems call a customer. They are exact: A-1 is not a-1."""

from typing import Annotated, Final

from msgspec import Meta

from consentfeed.api.letters import trimmed
from consentfeed.errors import Problem
from consentfeed.http.input import Line

_LONGEST: Final = 64
# As it comes: with what may stand around it.
ReferenceText = Annotated[
    Line, Meta(max_length=100, description="Unique; at most 64 characters; kept without blanks around it")
]


def reference(text: str, where: str = "$.reference") -> str:
    """The reference as it is kept; raises Problem where it is none."""
    kept = trimmed(text)
    if not 1 <= len(kept) <= _LONGEST or not kept.isprintable():
        raise Problem("invalid", f"Not a reference: 1 to 64 printable characters - at `{where}`")
    return kept
