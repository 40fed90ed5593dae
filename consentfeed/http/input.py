"""What comes in, as values: the body, the query and the ids of a request; what cannot be one is a problem."""

import json
import re
from typing import Annotated, Any, Final, NoReturn, TypeVar, get_origin
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta
from starlette.requests import Request

from consentfeed.errors import Problem

T = TypeVar("T")
Q = TypeVar("Q", bound=msgspec.Struct)
_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
# Small: to take two megabytes of fields apart holds up everybody for seconds, and anybody may send one.
FORM_BYTES: Final = 64 << 10
_FORM_FIELDS: Final = 100
# Python's $ also matches before a last line feed; JSON Schema, in which these are published, has no \Z.
END: Final = r"$(?!\n)"
# What PostgreSQL can hold. Lone surrogates do not get through the decoders.
Text = Annotated[str, Meta(pattern=r"^[^\x00]*" + END)]
# For what is shown on one line, in lists, terminals and files: no control characters.
Line = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]*" + END)]
_NAME: Final = r"[^@\s\x00-\x1f\x7f-\x9f]+"
Email = Annotated[str, Meta(max_length=320, pattern=f"^{_NAME}@{_NAME}{END}")]
Language = Annotated[str, Meta(max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*" + END)]
KEY: Final = r"^[a-z][a-z0-9-]{0,62}" + END
Key = Annotated[str, Meta(pattern=KEY)]
Version = Annotated[int, Meta(ge=1, le=999_999_999)]
Limit = Annotated[int, Meta(ge=1, le=1000, description="Entries on a page at most")]


async def read_body(request: Request, type: type[T]) -> T:
    """The JSON body as a value of the type, whatever Content-Type says; empty counts as {}. Raises Problem."""
    return decode(await request.body() or b"{}", type)


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
    """The decoder stops at the first thing that does not fit; whether it is JSON at all, this one says."""
    try:
        json.loads(raw.decode("utf-8", "surrogatepass"), parse_constant=_not_json)
    except (ValueError, RecursionError):
        return Problem("bad-json", str(error))
    if isinstance(error, msgspec.ValidationError):
        return Problem("invalid", str(error))
    # JSON by its grammar, but with half of a surrogate pair: no text that could be kept.
    return Problem("invalid", "Text must be valid Unicode, without lone surrogates.")


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def read_query(request: Request, type: type[Q], *, empty: bool = True) -> Q:
    """The query's parameters as a value of the type; lists are what may be repeated.

    An empty one is as if left out, as forms send them; not a list's with empty=False, where that would show too much.
    """
    found: dict[str, Any] = {}
    fields = {field.name: field.type for field in msgspec.structs.fields(type)}
    for name, value in _parameters(request):
        several = _is_list(fields.get(name))
        if not value and name in fields and (empty or not several):
            continue
        if several:
            found.setdefault(name, []).append(value)
        elif found.setdefault(name, value) != value:
            raise Problem("invalid", f"{name} may be given once.")
    try:
        return msgspec.convert(found, type, strict=False)
    except msgspec.ValidationError as error:
        known = f"; there are {', '.join(fields)}" if "unknown field" in str(error) else ""
        raise Problem("invalid", f"In the query: {error}{known}.") from None


def _parameters(request: Request) -> list[tuple[str, str]]:
    """Names and values; raises Problem for what is not UTF-8."""
    try:
        return parse_qsl(request.scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise Problem("invalid", "The query must be valid Unicode.") from None


def _is_list(type: Any) -> bool:
    return get_origin(type.__origin__ if get_origin(type) is Annotated else type) is list


def path_id(request: Request, detail: str) -> str:
    """The {id} of the path in its usual form; raises Problem not-found where it cannot be one."""
    found = checked_id(request.path_params["id"])
    if found is None:
        raise Problem("not-found", detail)
    return found


def checked_id(text: str) -> str | None:
    """A UUID in its usual form, or None."""
    return text.lower() if _UUID.fullmatch(text) else None
