"""Header fields that are lists (RFC 9110, 5.6): of media ranges and codings with weights, of entity tags, of names.

A client may have written them in any way: what is not well-formed counts as not there.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.types import Scope

# What can follow a part never begins as the part goes on, so no text takes much more than one walk through it. Without
# possessive quantifiers: those of Python before 3.11.5 now and then match what they must not (python/cpython#106052).
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_VALUE: Final = f"(?:{_WORD}|{_QUOTED})"
# A quote that is never closed goes on to the end.
_ELEMENT: Final = re.compile(f'(?:[^",]|{_QUOTED}?)+')
_RANGE: Final = re.compile(rf"({_WORD})/({_WORD})((?:[ \t]*;(?:[ \t]*{_WORD}={_VALUE})?)*)")
_CODING: Final = re.compile(rf"({_WORD})((?:[ \t]*;[ \t]*{_WORD}={_VALUE})?)")
_PARAMETER: Final = re.compile(rf";[ \t]*({_WORD})=({_VALUE})")
_WEIGHT: Final = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
# In a tag a backslash is a letter like any other.
_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_TAGS: Final = re.compile(rf"[ \t,]*({_TAG.pattern}[ \t]*(,[ \t,]*|$))*")


class MediaRange(NamedTuple):
    """Media types that a client takes, all in lower case, and how much it likes them: from 0, not at all, to 1."""

    type: str
    subtype: str
    parameters: Mapping[str, str]
    weight: float


def find(scope: Scope, name: bytes) -> bytes | None:
    """The first line of a field, as it came; None: there is none."""
    for field_name, value in scope["headers"]:  # a generator takes three times as long, and this is for each request
        if field_name == name:
            return bytes(value)
    return None


def field(request: Request, name: str) -> str:
    """The field as one line; several lines of it mean the same (RFC 9110, 5.3)."""
    return ", ".join(request.headers.getlist(name))


def elements(field: str) -> list[str]:
    """The elements of a list; a comma in a quoted string is none between two."""
    return [element for found in _ELEMENT.findall(field) if (element := found.strip(" \t"))]


def media_ranges(accept: str) -> list[MediaRange]:
    """What Accept lists (RFC 9110, 12.5.1)."""
    return [found for found in map(_media_range, elements(accept)) if found]


def _media_range(element: str) -> MediaRange | None:
    match = _RANGE.fullmatch(element)
    if match is None:
        return None
    parameters = {name.lower(): _unquoted(value).lower() for name, value in _PARAMETER.findall(match[3])}
    weight = parameters.pop("q", "1")
    if not _WEIGHT.fullmatch(weight):
        return None
    return MediaRange(match[1].lower(), match[2].lower(), parameters, float(weight))


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def prefers(accept: str, wanted: MediaRange, otherwise: MediaRange) -> bool:
    """Whether Accept names the wanted type and likes it no less than the one that is sent otherwise.

    A wildcard does not name it. At the same weight the named one is meant, or there was no need to name it.
    """
    ranges = media_ranges(accept)
    named = [one.weight for one in ranges if "*" not in one[:2] and _fits(one, wanted)]
    weight = max(named, default=0.0)
    return weight > 0 and weight >= _weight(otherwise, ranges)


def _weight(of: MediaRange, ranges: list[MediaRange]) -> float:
    """The weight of a type: that of the most specific range that it is in."""
    fitting = [one for one in ranges if _fits(one, of)]
    specific = max(fitting, key=lambda one: (one.type != "*", one.subtype != "*", len(one.parameters)), default=None)
    return specific.weight if specific else 0.0


def _fits(one: MediaRange, type: MediaRange) -> bool:
    return (
        one.type in ("*", type.type)
        and one.subtype in ("*", type.subtype)
        and one.parameters.items() <= type.parameters.items()
    )


def takes_coding(accept_encoding: str, coding: str) -> bool:
    """Whether Accept-Encoding names a coding and does not refuse it (RFC 9110, 12.5.3); a wildcard does not name it."""
    for match in map(_CODING.fullmatch, elements(accept_encoding)):
        if match and match[1].lower() == coding:
            parameters = {name.lower(): value for name, value in _PARAMETER.findall(match[2])}
            weight = parameters.get("q", "1")
            return bool(_WEIGHT.fullmatch(weight)) and float(weight) > 0
    return False


def strong_tags(if_match: str) -> list[str] | None:
    """The strong tags that If-Match lists, without their quotes; None: it is *, which any state fits (13.1.1)."""
    if if_match.strip() == "*":
        return None
    well_formed = _TAGS.fullmatch(if_match)
    return [tag for weak, tag in _TAG.findall(if_match) if not weak] if well_formed else []
