"""Conditions of a write on what is there (RFC 9110, 13.1): If-Match with the tag that was read, or If-None-Match: *."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import Meta
from starlette.requests import Request

from consentfeed.errors import Problem
from consentfeed.http.fields import field, strong_tags

# What an endpoint that honours them lists in its headers.
IF_MATCH: Final[Mapping[str, Any]] = {
    "If-Match": Annotated[str, Meta(description="The tag, in quotes, as it was read; 412 where it has changed since")]
}
CONDITIONS: Final[Mapping[str, Any]] = {
    **IF_MATCH,
    "If-None-Match": Annotated[Literal["*"], Meta(description="412 where there is one already")],
}

# No tag is empty: what is weak or misshapen fits nothing, nor does what must be there and must not.
_NEVER: Final = [""]


def expected_tags(request: Request) -> list[str] | None:
    """What state_fits() in SQL takes: None where any state will do, [] where nothing may be there yet."""
    if "if-none-match" in request.headers:
        if field(request, "if-none-match").strip() != "*":
            raise Problem("invalid", "If-None-Match is looked at as * alone.")
        return _NEVER if "if-match" in request.headers else []
    if "if-match" not in request.headers:
        return None
    tags = strong_tags(field(request, "if-match"))
    return ["*"] if tags is None else tags or _NEVER


def tag_header(tag: str) -> dict[str, str]:
    """ETag of an answer."""
    return {"etag": f'"{tag}"'}
