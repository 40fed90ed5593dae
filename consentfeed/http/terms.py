"""What a request may bring to a route, and how much of it."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from consentfeed.errors import Problem
from consentfeed.http.endpoint import SAFE, Endpoint
from consentfeed.http.fields import elements, find
from consentfeed.settings import Settings

_CONDITIONS: Final = frozenset({b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"})

_NONE: Final = frozenset({"identity"})
_OBJECTIONS: Final = "consentfeed.objections"


class Sizes(NamedTuple):
    """How large a request may be: bytes of a body, bytes of a body of many decisions, parameters of a query."""

    body_bytes: int
    many_bytes: int
    query_parameters: int

    @classmethod
    def of(cls, settings: Settings) -> "Sizes":
        """Those of the settings."""
        return cls(settings.body_bytes, settings.bulk_body_bytes, settings.query_parameters)


class Objection(NamedTuple):
    """What a request brings that its route would pass over: what it is called, and why it is refused elsewhere."""

    name: str
    problem: Problem


class Terms:
    """What a request to one endpoint may bring. What would be passed over is refused: whoever sent it means it."""

    def __init__(self, endpoint: Endpoint, sizes: Sizes) -> None:
        self._has_body = endpoint.body is not None
        most = sizes.many_bytes if endpoint.many else sizes.body_bytes
        self._body_bytes = min(most, endpoint.body_bytes or most)
        self._parameters = sizes.query_parameters
        self._lenient = endpoint.lenient
        self._unhonoured = _CONDITIONS - {name.lower().encode() for name in endpoint.headers}
        self._has_parameters = endpoint.query is not None

    def check(self, scope: Scope) -> None:
        """Raises Problem for what is not to be brought; where the endpoint is lenient, it is kept for objections()."""
        if scope["query_string"].count(b"&") >= self._parameters:
            raise Problem("invalid", f"The query may have {self._parameters} parameters at most.")
        found = [*self._parameters_objected(scope)]
        if scope["method"] not in SAFE:
            found += [*self._encodings_objected(scope), *self._conditions_objected(scope)]
        if self._lenient:
            scope[_OBJECTIONS] = found
        elif found:
            raise found[0].problem

    def check_conditions(self, scope: Scope) -> None:
        """Raises Problem for a condition that the endpoint does not look at. Where nothing is changed, this comes after
        all that else may be wrong (RFC 9110, 13.2.1)."""
        for objection in self._conditions_objected(scope):
            raise objection.problem

    def _parameters_objected(self, scope: Scope) -> Iterator[Objection]:
        query = scope["query_string"]
        if not self._has_parameters and query.strip(b"&"):
            for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
                yield Objection(name, Problem("invalid", "There are no parameters here."))

    def _conditions_objected(self, scope: Scope) -> Iterator[Objection]:
        for name, _ in scope["headers"]:
            if name in self._unhonoured:
                title = name.decode().title()
                yield Objection(title, Problem("invalid", f"{title} is not looked at here: leave it out."))

    @staticmethod
    def _encodings_objected(scope: Scope) -> Iterator[Objection]:
        for name, value in scope["headers"]:
            if name == b"content-encoding" and {coding.lower() for coding in elements(value.decode("latin-1"))} - _NONE:
                problem = Problem("encoded-body", "Send the body as it is, without Content-Encoding.")
                yield Objection("Content-Encoding", problem)

    def bounded(self, scope: Scope, receive: Receive) -> Receive:
        """The request's body as it comes; receiving more than there may be raises Problem, as early as it is known."""
        if not self._has_body:
            return receive
        announced = int(find(scope, b"content-length") or 0)
        received = 0

        async def counted() -> Message:
            nonlocal received
            self._refuse_larger(announced)
            message = await receive()
            received += len(message.get("body", b""))
            self._refuse_larger(received)
            return message

        return counted

    def _refuse_larger(self, size: int) -> None:
        if size > self._body_bytes:
            raise Problem("body-too-large", f"At most {self._body_bytes} bytes.")


def objections(request: Request) -> Sequence[Objection]:
    """What a request to a lenient endpoint has brought that it does not look at."""
    found: Sequence[Objection] = request.scope[_OBJECTIONS]
    return found
