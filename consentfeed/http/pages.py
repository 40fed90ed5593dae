"""The pages and what they are made of: files as they are, under a strict policy, and who is sent where."""

import re
from collections.abc import Awaitable
from os import PathLike, stat_result
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Message, Receive, Scope, Send

from consentfeed.errors import Busy, DatabaseAway, Problem
from consentfeed.http.authenticate import Authenticator
from consentfeed.http.endpoint import SAFE
from consentfeed.http.fields import MediaRange, field, prefers
from consentfeed.identity import cookies
from consentfeed.permissions import ACCESS

WEB: Final = Path(__file__).parent.parent / "web"
# Where each role goes after signing in.
HOMES: Final = {"customer": "/customer", "csr": "/csr", "admin": "/admin"}
PAGES: Final = (*HOMES.values(), "/account")
# The page about one consent.
EVIDENCE: Final = "/evidence/{id}"
_EVIDENCE: Final = re.compile("/evidence/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Where somebody who has a link chooses a password: for whoever is signed in, or nobody.
PASSWORD_PAGE: Final = "/password"  # noqa: S105
# What the service says of its routes and events, for who programs against it.
REFERENCE: Final = "/docs/api"
# Beside those of headers.py.
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cache-control": "no-cache",  # asked again each time: a deployment must not mix old modules with new ones
}


_HTML: Final = MediaRange("text", "html", {}, 1)
_JSON: Final = MediaRange("application", "json", {}, 1)
# What programs alone ask for, also in a browser.
_NO_PAGES: Final = ("/api/", "/web/")


class _File(FileResponse):
    """A file. A Range of it that cannot be sent is a problem; one in other units than bytes, or of another method than
    GET, means nothing (RFC 9110, 14.2)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        def unless_refused(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start" and message["status"] in (400, 416):
                raise HTTPException(416, headers={"content-range": f"bytes */{self.headers['content-length']}"})
            return send(message)

        unit = Headers(scope=scope).get("range", "").partition("=")[0].strip().lower()
        means_something = unit == "bytes" and scope["method"] == "GET"
        kept = [header for header in scope["headers"] if means_something or header[0] != b"range"]
        await super().__call__({**scope, "headers": kept}, receive, unless_refused)


class _Files(StaticFiles):
    """The files of web/, with our headers."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = _File(full_path, status_code, _HEADERS, stat_result=stat_result)
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            unchanged = NotModifiedResponse(response.headers)
            # Of these it drops most, and a browser replaces by them what it has kept of the file.
            unchanged.headers.update(_HEADERS)
            return unchanged
        return response


class Pages:
    """The sign-in page, the page of each role, that of a link, and the files they load."""

    def __init__(self, authenticate: Authenticator) -> None:
        self._authenticate = authenticate
        self._files = _Files(directory=WEB)
        self._missing = (WEB / "missing" / "missing.html").read_bytes()

    def routes(self) -> list[BaseRoute]:
        """The routes of this file. They are not part of the API, and no description lists them."""
        pages = [Route(path, self.page, name=path) for path in PAGES]
        return [
            Route("/", self.sign_in, name="/"),
            *pages,
            Route(PASSWORD_PAGE, self.password, name=PASSWORD_PAGE),
            Route(EVIDENCE, self.evidence, name=EVIDENCE),
            Route(REFERENCE, self.reference, name=REFERENCE),
            Mount("/web", self._files, name="/web"),
        ]

    async def sign_in(self, request: Request) -> Response:
        """The sign-in page; who is signed in already goes to the first page of the role."""
        role, reason = await self._role(request)
        if reason and "problem" not in request.query_params:
            return _to_sign_in(request, reason, request.query_params.get("to", ""))
        home = "/" if role is None else _home(role)
        return await self._file("signin", request) if home == "/" else _go(home)

    async def password(self, request: Request) -> Response:
        """The page for who has a link to choose a password."""
        return await self._file("password", request)

    async def reference(self, request: Request) -> Response:
        """The descriptions, to be read by people."""
        return await self._file("reference", request)

    async def page(self, request: Request) -> Response:
        """A page for certain roles; anybody else is sent to where they may be."""
        role, reason = await self._role(request)
        path = request.url.path
        if role == "":  # nobody's first page: the sign-in page leads back to it
            return _to_sign_in(request, reason, "" if path in HOMES.values() else path)
        if role is not None and role not in ACCESS[f"GET {path}"].roles:
            return _go(_home(role))
        return await self._file(path[1:], request)

    async def evidence(self, request: Request) -> Response:
        """The page about one consent; whether there is one, and who may see it, the API says."""
        (role, reason), path = await self._role(request), request.url.path
        if not _EVIDENCE.fullmatch(path):
            raise HTTPException(404)
        if role == "":
            return _to_sign_in(request, reason, path)
        if role is not None and role not in ACCESS[f"GET {EVIDENCE}"].roles:
            return _go(_home(role))
        return await self._file("evidence", request)

    def missing(self, scope: Scope) -> Response | None:
        """What a person's browser gets where there is no page; None for a program, which gets a problem."""
        accept = field(Request(scope), "accept")
        if scope["method"] not in SAFE or scope["path"].startswith(_NO_PAGES) or not prefers(accept, _HTML, _JSON):
            return None
        return Response(self._missing, 404, {**_HEADERS, "cache-control": "no-store"}, "text/html")

    async def _role(self, request: Request) -> tuple[str | None, str]:
        """The role, "" for nobody, and why the session has ended of which there is a cookie; None where PostgreSQL is
        away: the page itself says so, and holds no data."""
        try:
            return (await self._authenticate(request)).role, ""
        except Problem as problem:
            return "", str(problem.members.get("reason", ""))
        except (Busy, DatabaseAway):
            return None, ""

    async def _file(self, page: str, request: Request) -> Response:
        response = await self._files.get_response(f"{page}/{page}.html", request.scope)
        # Not even for the back button: after signing out it would show the last customer again.
        response.headers["cache-control"] = "no-store"
        return response


def is_page(path: str) -> bool:
    """Whether somebody who has signed in may be sent on to it."""
    return path in PAGES or _EVIDENCE.fullmatch(path) is not None


def _home(role: str) -> str:
    return HOMES.get(role, "/")


def _to_sign_in(request: Request, reason: str, to: str) -> Response:
    """To the sign-in page, which says once why the session has ended, and leads on to a page of ours."""
    query = {"to": to if is_page(to) else "", "problem": reason and f"session-{reason}"}
    answer = _go(
        "/" + "?" * any(query.values()) + urlencode({name: value for name, value in query.items() if value}, safe="/")
    )
    if reason:  # or it would be said again at each visit
        answer.headers["set-cookie"] = cookies.write("", 0, cookies.is_secure(request))
    return answer


def _go(path: str) -> Response:
    return RedirectResponse(path, 303)
