"""A route as a value: what it is, who may use it, what goes in and what comes out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from consentfeed.permissions import ACCESS, Access

# Methods that change nothing.
SAFE: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Endpoint:
    """A route as a value: what it is, and what goes in and out; who may use it stands in permissions.ACCESS.

    query, body and headers are the types of what comes in, gives that of a success; takes and media say how body and
    success are written. many: a body of many decisions, which has a size of its own; body_bytes: the body is at most so
    large, whatever the settings allow. lenient: what it would refuse of parameters, codings and conditions it passes
    over, and its function is told of it (terms.objections). problems are the codes of what can go wrong and does not
    follow from the rest.
    """

    method: str
    path: str
    handle: Callable[[Request, Any], Awaitable[Response]]
    summary: str
    body: type | None = None
    answers: Mapping[int, str] = field(default_factory=lambda: {200: "Done"})
    query: type | None = None
    gives: type | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    takes: str = "application/json"
    many: bool = False
    body_bytes: int | None = None
    lenient: bool = False
    media: Sequence[str] = ("application/json",)
    problems: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Raises KeyError for a route that permissions.ACCESS does not name."""
        self.access  # noqa: B018

    @property
    def name(self) -> str:
        """Method and path, as in "GET /healthz"."""
        return f"{self.method} {self.path}"

    @property
    def access(self) -> Access:
        """Who may use it."""
        return ACCESS[self.name]
