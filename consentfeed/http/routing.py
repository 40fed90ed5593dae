"""From a path and a method to an endpoint: what a request has to pass, and errors as problem answers."""

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from consentfeed import metrics
from consentfeed.errors import Busy, Crowded, DatabaseAway, Problem, ReadOnly, StatementFailed
from consentfeed.http.answer import failed, problem_answer
from consentfeed.http.authenticate import Authenticator
from consentfeed.http.endpoint import SAFE, Endpoint
from consentfeed.http.limits import LIST, Limits, kind_of
from consentfeed.http.origin import Origins
from consentfeed.http.paths import Paths
from consentfeed.http.streamed import Streamed
from consentfeed.http.terms import Sizes, Terms
from consentfeed.permissions import Principal
from consentfeed.stream.stream import Stream
from consentfeed.tracing import switch

if TYPE_CHECKING:
    from consentfeed.tracing.otel import RequestSpan

logger = structlog.get_logger()
# SQLSTATE classes and codes that blame a value: what got past the edge's own checks.
_BAD_VALUE: Final = ("22", "23514", "54000")


def _out_of_scope(scope: str) -> Problem:
    if not scope:
        return Problem("forbidden", "No token that is limited to scopes may do this.")
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    return Problem("forbidden", f"The token needs the scope {scope}.", challenge=challenge)


class Gate(NamedTuple):
    """What a request has to pass."""

    authenticate: Authenticator
    origins: Origins
    limits: Limits
    sizes: Sizes


class Guarded:
    """The ASGI application of an endpoint: authentication, role, errors."""

    def __init__(self, endpoint: Endpoint, gate: Gate) -> None:
        self._endpoint = endpoint
        self._gate = gate
        self._kind = kind_of(endpoint.path)
        self._terms = Terms(endpoint, gate.sizes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        tracer = switch.tracer
        span = None if tracer is None else tracer.request(scope["method"], self._endpoint.path)
        try:
            # Not kept in a variable: an open stream would hold it, with all that it has cached.
            response = await self._answer(Request(scope, self._terms.bounded(scope, receive), send), span)
        except Problem as problem:
            response = problem_answer(problem)
        except Crowded:
            response = problem_answer(
                Problem("overloaded", "Too many requests wait for PostgreSQL. Try again shortly.")
            )
        except ReadOnly:
            response = problem_answer(Problem("read-only", "PostgreSQL takes no writes now. Try again shortly."))
        except DatabaseAway:
            response = problem_answer(Problem("database-away", "PostgreSQL cannot be reached. Try again shortly."))
        except Busy:
            response = problem_answer(Problem("busy", "Another transaction is writing the same. Try again shortly."))
        except ClientDisconnect:
            return
        except StatementFailed as error:
            response = problem_answer(self._refused(error))
        except Exception as error:
            response = failed(self._endpoint.name, error)
        metrics.requests.labels(self._endpoint.name, response.status_code).inc()
        if span is not None:
            _end(span, response)
            span = None  # or an open stream would hold it
        await response(scope, receive, send)

    async def _answer(self, request: Request, span: "RequestSpan | None") -> Response:
        roles = self._endpoint.access.roles
        self._gate.origins.refuse_foreign(request, open=not roles)
        if not roles:
            return await self._handled(request, None)
        principal = await self._gate.authenticate(request)
        if span is not None:
            # Of services alone: whoever else sets it could have everything traced, and into others' traces.
            span.begin(request.headers.get("traceparent") if principal.role == "service" else None)
        if self._kind != LIST:  # whose route counts by itself what it finds in it
            self._gate.limits.principal(principal, self._kind)
        if principal.role not in roles:
            raise Problem("forbidden", f"This is for {', '.join(roles)}.")
        if principal.scopes is not None and (scope := self._endpoint.access.scope) not in principal.scopes:
            raise _out_of_scope(scope)
        return await self._handled(request, principal)

    async def _handled(self, request: Request, principal: Principal | None) -> Response:
        self._terms.check(request.scope)
        response = await self._endpoint.handle(request, principal)
        if request.method in SAFE and response.status_code < 300:
            try:
                self._terms.check_conditions(request.scope)
            except Problem:
                if isinstance(response, Streamed):
                    response.close()
                raise
        return response

    def _refused(self, error: StatementFailed) -> Problem:
        if error.sqlstate.startswith(_BAD_VALUE):
            return Problem("invalid", "A value in the request is not one that can be kept or looked for.")
        logger.error("statement failed", route=self._endpoint.name, sqlstate=error.sqlstate, reason=str(error))
        return Problem("internal")


def _end(span: "RequestSpan", response: Response) -> None:
    if isinstance(response, Stream):
        span.leave_out()
    else:
        span.end(response.status_code)


class Resource:
    """The ASGI application of a path: its endpoints by method, HEAD where GET is."""

    def __init__(self, endpoints: Sequence[Endpoint], gate: Gate) -> None:
        self._by_method = {endpoint.method: Guarded(endpoint, gate) for endpoint in endpoints}
        if "GET" in self._by_method:
            self._by_method["HEAD"] = self._by_method["GET"]

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answers by the method's endpoint."""
        guarded = self._by_method.get(scope["method"])
        if guarded is not None:
            return guarded(scope, receive, send)
        allowed = ", ".join(self._by_method)
        answer = problem_answer(Problem("method-not-allowed", f"Offered here: {allowed}."), {"allow": allowed})
        return answer(scope, receive, send)


def paths(endpoints: Sequence[Endpoint], gate: Gate) -> Paths:
    """The resources of all endpoints, by their paths."""
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    return Paths({path: Resource(group, gate) for path, group in by_path.items()})
