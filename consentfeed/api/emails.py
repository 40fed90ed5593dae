"""E-mail addresses: cleaned at their ends, and refused where something stands in them that belongs to none."""

import re
from typing import Annotated, Final

from msgspec import Meta

from consentfeed.api.letters import is_invisible, trimmed
from consentfeed.errors import Problem
from consentfeed.http.input import Text

# As it comes: with what may stand around it.
EmailText = Annotated[Text, Meta(max_length=400, description="Kept without blanks, <…> and mailto: around it")]
_LONGEST: Final = 320
_SCHEME: Final = "mailto:"
_AROUND: Final = (("<", ">"), ('"', '"'), ("'", "'"))
# Letters of any script, and what RFC 5322 lets stand in an address without quotes.
_LOCAL: Final = re.compile(r"[^\s\x00-\x20\x7f-\xa0@<>()\[\]\\,;:\"]+")
# Between two dots of the domain.
_LABEL: Final = re.compile(r"[^\s\x00-\x2c./\x3a-\x40\x5b-\x5e`\x7b-\xa0]+")


def email(text: str, where: str = "$.email") -> str:
    """The address as it is kept; raises Problem where it is none."""
    address = unwrapped(text)
    local, _, domain = address.rpartition("@")
    fits = _LOCAL.fullmatch(local) and all(map(_LABEL.fullmatch, domain.split("."))) and len(address) <= _LONGEST
    if not fits or any(map(is_invisible, address)):
        raise Problem("invalid", f"Not an e-mail address, such as nimal@example.com - at `{where}`")
    return address


def unwrapped(text: str) -> str:
    """Without what comes along when an address is copied: blanks, what is invisible, <…>, quotes, mailto:."""
    before = None
    while text != before:
        before, text = text, trimmed(text)
        if text[: len(_SCHEME)].lower() == _SCHEME:
            text = text[len(_SCHEME) :]
        for opening, closing in _AROUND:
            if len(text) > 1 and text[0] == opening and text[-1] == closing:
                text = text[1:-1]
    return text
