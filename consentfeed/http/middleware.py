"""What every request passes first, and every answer carries: problems, pages and streams alike."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from consentfeed.errors import Problem
from consentfeed.http.answer import HEADERS, OVER_HTTPS, failed, problem_answer
from consentfeed.http.hosts import Hosts
from consentfeed.http.limits import Limits, kind_of
from consentfeed.http.target import is_canonical

# A node that is asked much is not ill.
_UNCOUNTED: Final = frozenset({"/healthz", "/readyz"})
_ONE_WAY: Final = "Write the path without empty or dot segments, and without letters or slashes in percent-encoding."
_CODES: Final = {404: "not-found", 405: "method-not-allowed", 416: "range-not-satisfiable"}


class Routed(Starlette):
    """Starlette without its layers: Front and Guarded do what they would, and each layer costs every open stream memory
    and every request time. Therefore, too, what only passes a request on is no coroutine of its own, here and below."""

    def __init__(self, routes: Sequence[BaseRoute], lifespan: Lifespan[Starlette]) -> None:
        super().__init__(routes=routes, lifespan=lifespan)
        # A path with a slash too many is not there, rather than somewhere else.
        self.router.redirect_slashes = False

    def build_middleware_stack(self) -> ASGIApp:
        """The routes alone."""
        return self.router.app


class Front:
    """The outermost ASGI application. missing: the page in place of one that is not there, for people; origins: whose
    pages may use it too; https: every request counts as come over it."""

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        hosts: Hosts,
        missing: Callable[[Scope], Response | None],
        *,
        origins: list[str],
        https: bool,
    ) -> None:
        self._app = app
        self._missing = missing
        self._limits = limits
        self._hosts = hosts
        self._https = https
        # Outside of the limits, so that those pages too can read that they shall wait.
        self._next = _with_cors(self._checked, origins) if origins else self._checked

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Passes everything on, and adds the headers to what is answered."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        if self._https:
            scope["scheme"] = "https"
        headers = OVER_HTTPS if scope["scheme"] == "https" else HEADERS

        def with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                own = message["headers"] = list(message["headers"])
                names = {name for name, _ in own}
                own += [header for header in headers if header[0] not in names]
            return send(message)

        return self._next(scope, receive, with_headers)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] not in _UNCOUNTED:
                self._limits.address(scope, kind_of(scope["path"]))
            self._hosts.refuse_others(scope)
            if not is_canonical(scope["raw_path"]):
                raise Problem("not-found", _ONE_WAY)
            await self._app(scope, receive, send)
        except Problem as problem:
            await self._answer(scope, problem)(scope, receive, send)
        except HTTPException as error:  # what no endpoint of ours raises: no such path, or no such file
            code = _CODES.get(error.status_code, "bad-request")
            await self._answer(scope, Problem(code), error.headers)(scope, receive, send)
        except Exception as error:  # of a page: Guarded has its own
            await failed(scope["path"], error)(scope, receive, send)

    def _answer(self, scope: Scope, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
        page = self._missing(scope) if problem.status == 404 else None
        return page or problem_answer(problem, headers)


def _with_cors(app: ASGIApp, origins: list[str]) -> ASGIApp:
    """The application, also for pages of these origins."""
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PUT"],
        allow_headers=[
            "Authorization", "Content-Type", "Consentfeed-User", "Idempotency-Key", "If-Match", "If-None-Match",
            "Last-Event-ID",
        ],
        allow_credentials=True,  # the origins are exact ones: settings refuse any wildcard
        expose_headers=[
            "Consentfeed-About", "Consentfeed-Behind", "Consentfeed-Heartbeat", "Consentfeed-Position", "ETag",
            "Retry-After",
        ],
    )  # fmt: skip
