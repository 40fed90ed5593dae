"""What every route shares: what it is as a value, who asks, and errors as problem answers."""

import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from consentfeed import metrics
from consentfeed.errors import RETRY_AFTER, Busy, DatabaseAway, Problem, StatementFailed
from consentfeed.identity import Principal, Sessions
from consentfeed.policy import ACCESS, Access

log = structlog.get_logger()
COOKIE: Final = "consentfeed_session"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# SQLSTATE classes and codes that blame a value: what got past the edge's own checks.
_BAD_VALUE: Final = ("22", "23514", "54000")


@dataclass(frozen=True)
class Endpoint:
    """A route as a value: what it is, and what goes in and out; who may use it stands in policy.ACCESS.

    query and body are the types of what comes in, gives that of a success; headers go by name to what they say.
    """

    method: str
    path: str
    handle: Callable[[Request, Any], Awaitable[Response]]
    summary: str
    body: type | None = None
    answers: Mapping[int, str] = field(default_factory=lambda: {200: "Done"})
    query: type | None = None
    gives: type | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    answer_headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises KeyError for a route that policy.ACCESS does not name."""
        self.access  # noqa: B018

    @property
    def name(self) -> str:
        """Method and path, as in "GET /healthz"."""
        return f"{self.method} {self.path}"

    @property
    def access(self) -> Access:
        """Who may use it."""
        return ACCESS[self.name]


class Json(Response):
    """JSON that is encoded already, and that no cache keeps: it is about people."""

    media_type = "application/json"

    def __init__(self, content: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status, {"cache-control": "no-store", **(headers or {})})


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Json(msgspec.json.encode(value), status, headers)


def problem_answer(problem: Problem, more: Mapping[str, str] | None = None) -> Response:
    """A problem as RFC 9457 has it, with Retry-After where trying again may help."""
    headers = {"cache-control": "no-store", **(more or {})}
    if problem.code in RETRY_AFTER:
        headers["retry-after"] = str(RETRY_AFTER[problem.code])
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    body = msgspec.json.encode(problem.as_dict())
    return Response(body, problem.status, headers, "application/problem+json")


class Authenticator:
    """Finds out who asks: a bearer token wins over the cookie."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def __call__(self, request: Request) -> Principal:
        """Who asks; raises Problem signed-out or foreign-origin."""
        authorization = request.headers.get("authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            principal = await self._sessions.by_token(token.strip()) if scheme.lower() == "bearer" else None
        else:
            cookie = request.cookies.get(COOKIE)
            if cookie:
                refuse_foreign(request)
            principal = await self._sessions.by_cookie(cookie) if cookie else None
            # A page that was opened for somebody else: another tab of this browser has signed in anew.
            if principal and request.headers.get("consentfeed-user", principal.id) != principal.id:
                principal = None
        if principal is None:
            raise Problem("signed-out", "Sign in, or send a bearer token that has not expired.")
        return principal


def refuse_foreign(request: Request) -> None:
    """Raises Problem foreign-origin for an unsafe request from another site."""
    origin = request.headers.get("origin")
    if request.method in _SAFE or origin is None:
        return
    # Host alone: behind a proxy that ends TLS this side does not know its own scheme.
    if origin.partition("://")[2] != request.headers.get("host"):
        raise Problem("foreign-origin", "Requests that change something must come from this site's own pages.")


class Guarded:
    """The ASGI application of an endpoint: authentication, role, errors. Plain calls only, so that a stream's send may
    be stepped by hand."""

    def __init__(self, endpoint: Endpoint, authenticate: Authenticator) -> None:
        self._endpoint = endpoint
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request = Request(scope, receive, send)
        try:
            response = await self._answer(request)
        except Problem as problem:
            response = problem_answer(problem)
        except DatabaseAway:
            response = problem_answer(Problem("database-away", "PostgreSQL cannot be reached. Try again shortly."))
        except Busy:
            response = problem_answer(Problem("busy", "Another transaction is writing the same. Try again shortly."))
        except ClientDisconnect:
            return
        except StatementFailed as error:
            response = problem_answer(self._refused(error))
        except Exception as error:
            # Where, but not the message: it may quote what somebody sent.
            where = traceback.format_tb(error.__traceback__)
            log.error("request failed", route=self._endpoint.name, error=type(error).__name__, where=where)
            response = problem_answer(Problem("internal"))
        metrics.requests.labels(self._endpoint.name, response.status_code).inc()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        roles = self._endpoint.access.roles
        if not roles:
            return await self._endpoint.handle(request, None)
        principal = await self._authenticate(request)
        if principal.role not in roles:
            raise Problem("forbidden", f"This is for {', '.join(roles)}.")
        return await self._endpoint.handle(request, principal)

    def _refused(self, error: StatementFailed) -> Problem:
        if error.sqlstate.startswith(_BAD_VALUE):
            return Problem("invalid", "A value in the request is not one that can be kept or looked for.")
        log.error("statement failed", route=self._endpoint.name, sqlstate=error.sqlstate)
        return Problem("internal")


class Resource:
    """The ASGI application of a path: its endpoints by method, HEAD where GET is."""

    def __init__(self, endpoints: Sequence[Endpoint], authenticate: Authenticator) -> None:
        self._by_method = {endpoint.method: Guarded(endpoint, authenticate) for endpoint in endpoints}
        if "GET" in self._by_method:
            self._by_method["HEAD"] = self._by_method["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers by the method's endpoint."""
        guarded = self._by_method.get(scope["method"])
        if guarded is not None:
            await guarded(scope, receive, send)
            return
        allowed = ", ".join(self._by_method)
        answer = problem_answer(Problem("method-not-allowed", f"Offered here: {allowed}."), {"allow": allowed})
        await answer(scope, receive, send)


def routes(endpoints: Sequence[Endpoint], authenticate: Authenticator) -> list[Route]:
    """The Starlette routes of all endpoints, one for each path."""
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    return [Route(path, Resource(group, authenticate), name=path) for path, group in by_path.items()]
