"""What comes in, as values: the body, the query and the ids of a request; what cannot be one is a problem."""

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, TypeVar, get_origin
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta
from starlette.requests import Request

from consentfeed.errors import Problem
from consentfeed.http.wrong import wrong_members

T = TypeVar("T")
Q = TypeVar("Q", bound=msgspec.Struct)
_DIGITS: Final = re.compile("[0-9]{1,18}")
_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
# Small: to take two megabytes of fields apart holds up everybody for seconds, and anybody may send one.
FORM_BYTES: Final = 64 << 10
_FORM_FIELDS: Final = 100
# Python's $ also matches before a last line feed; JSON Schema, in which these are published, has no \Z.
END: Final = r"$(?!\n)"
# What PostgreSQL can hold. Lone surrogates do not get through the decoders.
Text = Annotated[str, Meta(pattern=r"^[^\x00]*" + END)]
# For a query, where what is empty is left out.
Filled = Annotated[str, Meta(min_length=1, pattern=r"^[^\x00]*" + END)]
# For what is shown on one line, in lists, terminals and files: no control characters.
Line = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]*" + END)]
# A tag as people and programs write it (BCP 47, and with _ as POSIX has it).
Language = Annotated[str, Meta(max_length=35, pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*" + END)]
Time = Annotated[datetime, Meta(tz=True)]
KEY: Final = r"^[a-z][a-z0-9-]{0,62}" + END
Key = Annotated[str, Meta(pattern=KEY)]
Version = Annotated[int, Meta(ge=1, le=999_999_999)]
Limit = Annotated[int, Meta(ge=1, le=1000, description="Entries on a page at most")]


async def read_body(request: Request, type: type[T]) -> T:
    """The JSON body as a value of the type, whatever Content-Type says; empty counts as {}. Raises Problem, which says
    of each member what is wrong with it."""
    raw = await request.body() or b"{}"
    try:
        return decode(raw, type)
    except Problem as problem:
        if problem.code == "invalid":
            problem.members["errors"] = wrong_members(raw, type, problem.detail)
        raise


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the last of each name; whatever is none is as an empty one. Raises Problem."""
    raw = await request.body()
    try:
        return dict(parse_qsl(raw.decode("latin-1"), errors="replace", max_num_fields=_FORM_FIELDS))
    except ValueError:
        return {}


def decode(raw: bytes | msgspec.Raw, type: type[T]) -> T:
    """JSON as a value of the type; raises Problem bad-json or invalid."""
    try:
        str(raw, "utf-8")  # the decoder looks only at text that it keeps
        return msgspec.json.decode(raw, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _why(bytes(raw), error) from None


def _why(raw: bytes, error: Exception) -> Problem:
    """The decoder stops at the first thing that does not fit; whether it is JSON at all, a walk through it says that
    builds nothing: two megabytes of empty lists, from anybody, would hold up everybody for a fifth of a second."""
    try:
        raw.decode("utf-8", "surrogatepass")
        # Half of a surrogate pair is JSON to the grammar, and not to the decoder: for this walk it is another letter.
        grammatical = raw.replace(b"\\ud", b"\\u0").replace(b"\\uD", b"\\u0")
        msgspec.json.decode(grammatical, type=msgspec.Raw)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return Problem("bad-json", str(error))
    if isinstance(error, msgspec.ValidationError):
        return Problem("invalid", str(error))
    # JSON by its grammar, but with half of a surrogate pair: no text that could be kept.
    return Problem("invalid", "Text must be valid Unicode, without lone surrogates.")


def read_query(request: Request, type: type[Q]) -> Q:
    """The query's parameters as a value of the type; lists are what may be repeated. Raises Problem.

    A type that lets unknown ones pass lets empty ones pass too, as OAuth wants both (RFC 6749, 3.1). Elsewhere an empty
    one is a mistake: a filter whose value was lost would show everything.
    """
    lenient = not type.__struct_config__.forbid_unknown_fields
    kinds = _kinds(type)
    found: dict[str, Any] = {}
    for name, value in _parameters(request):
        kind = kinds.get(name)
        if lenient and (kind is None or not value):
            continue
        if kind is not None and not value.strip():
            raise Problem("invalid", f"{name} is empty: give it a value, or leave it out.")
        if kind is list:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Problem("invalid", f"{name} may be given once.")
        else:
            found[name] = _number(name, value) if kind is int else value
    try:
        return msgspec.convert(found, type)
    except msgspec.ValidationError as error:
        known = f"; there are {', '.join(kinds)}" if "unknown field" in str(error) else ""
        raise Problem("invalid", f"In the query: {error}{known}.") from None


def _number(name: str, value: str) -> int:
    if not _DIGITS.fullmatch(value):
        raise Problem("invalid", f"{name} is a number in decimal digits.")
    return int(value)


def _parameters(request: Request) -> list[tuple[str, str]]:
    """Names and values; raises Problem for what is not UTF-8."""
    try:
        return parse_qsl(request.scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise Problem("invalid", "The query must be valid Unicode.") from None


@cache
def _kinds(type: type[msgspec.Struct]) -> dict[str, Any]:
    """What each parameter is: list where it may be repeated, int, or anything else that is written as text."""
    return {field.encode_name: _kind(field.type) for field in msgspec.structs.fields(type)}


def _kind(type: Any) -> Any:
    plain = type.__origin__ if get_origin(type) is Annotated else type
    return get_origin(plain) or plain


def path_id(request: Request, detail: str) -> str:
    """The {id} of the path in its usual form; raises Problem not-found where it cannot be one."""
    found = checked_id(request.path_params["id"])
    if found is None:
        raise Problem("not-found", detail)
    return found


def checked_id(text: str) -> str | None:
    """A UUID in its usual form, or None."""
    return text.lower() if _UUID.fullmatch(text) else None
