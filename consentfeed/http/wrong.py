"""Everything that is wrong with a body: the decoder stops at the first member that does not fit."""

import re
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, Struct, StructMeta, UnsetType

# How the decoder ends its messages: where it was, as in "- at `$.languages[2]`".
_PLACE: Final = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)


class Wrong(Struct):
    """A member that does not fit: where it stands (RFC 6901, as a fragment), and why."""

    pointer: str
    detail: str


def wrong_members(raw: bytes, type: Any, error: str) -> list[Wrong]:
    """Of each member the first thing that is wrong, and the first that is not known; error is what the decoder said of
    the whole. What is no object has this one alone."""
    try:
        str(raw, "utf-8")
        # What is asked for as no object has no members.
        members = msgspec.json.decode(raw, type=_parts(type)) if isinstance(type, StructMeta) else None
    except (msgspec.DecodeError, UnicodeDecodeError):  # no object, or half of a surrogate pair
        members = None
    if members is None:
        return [wrong(error)]
    found = [_unknown(raw, type), *(_member(members, field) for field in _fields(type))]
    return [one for one in found if one] or [wrong(error)]


def wrong(error: str, member: str = "") -> Wrong:
    """What the decoder says, of a member where one is named, as the answer has it."""
    detail, place = _PLACE.fullmatch(error).groups()  # type: ignore[union-attr]
    path = re.sub(r"\[\.\.\.\].*", "", (f".{member}" if member else "") + (place or ""))
    return Wrong("#" + re.sub(r"[.\[]", "/", path.replace("]", "")), detail)


def _unknown(raw: bytes, type: Any) -> Wrong | None:
    try:
        msgspec.json.decode(raw, type=_parts(type, strict=type.__struct_config__.forbid_unknown_fields))
    except msgspec.ValidationError as error:
        return wrong(str(error))
    return None


def _member(members: Any, field: msgspec.structs.FieldInfo) -> Wrong | None:
    value = getattr(members, field.name)
    if value is UNSET:
        return Wrong(f"#/{field.encode_name}", "This member is missing") if field.required else None
    try:
        msgspec.json.decode(value, type=field.type)
    except msgspec.ValidationError as error:
        return wrong(str(error), field.encode_name)
    return None


def _fields(type: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(type)


@cache
def _parts(type: Any, *, strict: bool = False) -> Any:
    """The same object, its members as they came; strict: with no others. What it passes over costs nothing."""
    fields = [(one.name, Raw | UnsetType, UNSET) for one in _fields(type)]
    names = {one.name: one.encode_name for one in _fields(type)}
    return msgspec.defstruct("Parts", fields, rename=names, forbid_unknown_fields=strict)
