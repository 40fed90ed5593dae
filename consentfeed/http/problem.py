"""A problem as the description of the API shows it (RFC 9457)."""

from msgspec import UNSET, Struct, UnsetType

from consentfeed.http.wrong import Wrong


class Problem(Struct):
    """What went wrong (RFC 9457); errors: all that is wrong with the members of a body, where it is that; ignored: what
    could not be understood of a revocation."""

    type: str
    title: str
    status: int
    detail: str | UnsetType = UNSET
    errors: list[Wrong] | UnsetType = UNSET
    ignored: list[str] | UnsetType = UNSET
