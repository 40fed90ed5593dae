"""What a request may bring to a route, and how much of it."""

from typing import NamedTuple

from starlette.types import Message, Receive, Scope

from consentfeed.errors import Problem
from consentfeed.http.endpoint import Endpoint
from consentfeed.settings import Settings


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
    """What a request to one endpoint may bring."""

    def __init__(self, endpoint: Endpoint, sizes: Sizes) -> None:
        self._has_body = endpoint.body is not None
        most = sizes.many_bytes if endpoint.many else sizes.body_bytes
        self._body_bytes = min(most, endpoint.body_bytes or most)
        self._parameters = sizes.query_parameters

    def check(self, scope: Scope) -> None:
        """Raises Problem for what is not to be brought."""
        if scope["query_string"].count(b"&") >= self._parameters:
            raise Problem("invalid", f"The query may have {self._parameters} parameters at most.")

    def bounded(self, scope: Scope, receive: Receive) -> Receive:
        """The request's body as it comes; receiving more than there may be raises Problem, as early as it is known."""
        if not self._has_body:
            return receive
        announced = next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
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
