"""Names of people and companies: in any script, on one line, with nothing that moves the text around them."""

from typing import Annotated, Final

from msgspec import Meta

from consentfeed.api.letters import DIRECTIONS, JOINERS, has_letter, trimmed
from consentfeed.errors import Problem
from consentfeed.http.input import Line

NameText = Annotated[
    Line, Meta(min_length=1, max_length=200, description="Kept without blanks around it; at least one letter")
]
_LINE_ENDS: Final = frozenset("\u2028\u2029")


def name(text: str, where: str = "$.name") -> str:
    """The name as it is kept; raises Problem where it is none."""
    kept = trimmed(text, keep=JOINERS + "".join(DIRECTIONS))
    if DIRECTIONS.intersection(kept):
        raise Problem("invalid", f"A name holds no characters that turn the direction of writing - at `{where}`")
    if _LINE_ENDS.intersection(kept):
        raise Problem("invalid", f"A name stands on one line - at `{where}`")
    if not has_letter(kept):
        raise Problem("invalid", f"A name has at least one letter, and must not be blank - at `{where}`")
    return kept


def optional_name(text: str | None, where: str = "$.name") -> str | None:
    """The same of an account; a blank one is none."""
    return None if text is None or not text.strip() else name(text, where)
