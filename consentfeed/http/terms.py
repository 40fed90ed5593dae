"""What a request may bring to a route, and how much of it."""

from typing import Final, NamedTuple

from starlette.types import Message, Receive, Scope

from consentfeed.errors import Problem
from consentfeed.http.endpoint import SAFE, Endpoint
from consentfeed.http.fields import elements, find
from consentfeed.http.limits import REVOKE, kind_of
from consentfeed.settings import Settings

_CONDITIONS: Final = frozenset({b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"})

_NONE: Final = frozenset({"identity"})


class Sizes(NamedTuple):
    """How large a request may be: bytes of a body, bytes of a body of many decisions, parameters of a query."""

    body_bytes: int
    many_bytes: int
    query_parameters: int

    @classmethod
    def of(cls, settings: Settings) -> "Sizes":
        """Those of the settings."""
        return cls(settings.body_bytes, settings.bulk_body_bytes, settings.query_parameters)


class Terms:
    """What a request to one endpoint may bring. What would be passed over is refused: whoever sent it means it."""

    def __init__(self, endpoint: Endpoint, sizes: Sizes) -> None:
        self._has_body = endpoint.body is not None
        most = sizes.many_bytes if endpoint.many else sizes.body_bytes
        self._body_bytes = min(most, endpoint.body_bytes or most)
        self._parameters = sizes.query_parameters
        # Nothing that it does not need stands in the way of a revocation.
        revokes = kind_of(endpoint.path) == REVOKE
        honoured = {name.lower().encode() for name in endpoint.headers}
        self._unhonoured = frozenset() if revokes else _CONDITIONS - honoured
        self._refuses_queries = endpoint.query is None and not revokes

    def check(self, scope: Scope) -> None:
        """Raises Problem for what is not to be brought."""
        query = scope["query_string"]
        if query.count(b"&") >= self._parameters:
            raise Problem("invalid", f"The query may have {self._parameters} parameters at most.")
        if self._refuses_queries and query.strip(b"&"):
            raise Problem("invalid", "There are no parameters here.")
        if scope["method"] not in SAFE:
            self._check_encoding(scope)
            self.check_conditions(scope)

    def check_conditions(self, scope: Scope) -> None:
        """Raises Problem for a condition that the endpoint does not look at. Where nothing is changed, this comes after
        all that else may be wrong (RFC 9110, 13.2.1)."""
        for name, _ in scope["headers"]:
            if name in self._unhonoured:
                raise Problem("invalid", f"{name.decode().title()} is not looked at here: leave it out.")

    def _check_encoding(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"content-encoding" and {coding.lower() for coding in elements(value.decode("latin-1"))} - _NONE:
                raise Problem("encoded-body", "Send the body as it is, without Content-Encoding.")

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
