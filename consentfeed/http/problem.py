"""A problem as the description of the API shows it (RFC 9457)."""

from msgspec import UNSET, Struct, UnsetType


class Problem(Struct):
    """What went wrong (RFC 9457); ignored: what could not be understood of a revocation."""

    type: str
    title: str
    status: int
    detail: str | UnsetType = UNSET
    ignored: list[str] | UnsetType = UNSET
