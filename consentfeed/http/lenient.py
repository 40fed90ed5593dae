"""Reading a body as far as it can be understood, for what nothing may stand in the way of."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final, TypeVar, get_args

import msgspec

from consentfeed.errors import Problem
from consentfeed.http.input import decode

S = TypeVar("S", bound=msgspec.Struct)
_Members = dict[str, msgspec.Raw]
# Half of a surrogate pair, in escapes; an escaped backslash and a whole pair are passed by.
_HALF: Final = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)", re.DOTALL)
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MOST: Final = 100


def decode_leniently(raw: bytes | msgspec.Raw, type: type[S], within: str = "") -> tuple[S, list[str]]:
    """What of a JSON object fits the type, and the names of what was left out: unknown members, and those whose value
    does not fit. Raises Problem where what is left lacks a member that the type needs."""
    try:
        members = msgspec.json.decode(_HALF.sub(_unkept, bytes(raw)), type=_Members)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        members, ignored = {}, [within.rstrip(".") or "body"]
    else:
        ignored = []
    kinds = _kinds(type)
    values: dict[str, Any] = {}
    for name, member in members.items():
        try:
            if name not in kinds:
                raise Problem("invalid")
            values[name] = decode(member, kinds[name])
        except Problem:
            part = _struct(kinds.get(name))
            if part is None or not bytes(member).lstrip().startswith(b"{"):
                ignored.append(within + name)
            else:
                values[name], parts = decode_leniently(member, part, f"{within}{name}.")
                ignored += parts
    try:
        return type(**values), ignored
    except TypeError:  # one that is needed is not there
        return decode(raw, type), ignored


def shown(names: Iterable[str]) -> list[str]:
    """The names as an answer shows them, each once: what is no plain name is not repeated to whoever has sent it."""
    return [*dict.fromkeys(name if _PLAIN.fullmatch(name) else "?" for name in names)][:_MOST]


def _unkept(match: re.Match[bytes]) -> bytes:
    """For half a pair NUL, which no text of ours may hold either: it spoils its own member, and not the whole body."""
    return b"\\u0000" if match[1] else match[0]


@cache
def _kinds(type: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(type)}


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    return next(_structs(kind), None)


def _structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    for part in (kind, *get_args(kind)):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            yield part
