"""The pages and what they are made of: files as they are, under a strict policy, and who is sent where."""

from collections.abc import Awaitable
from os import PathLike, stat_result
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Message, Receive, Scope, Send

from consentfeed.errors import Busy, DatabaseAway, Problem
from consentfeed.http.authenticate import Authenticator
from consentfeed.permissions import ACCESS

WEB: Final = Path(__file__).parent.parent / "web"
# Where each role goes after signing in.
HOMES: Final = {"customer": "/customer", "csr": "/csr", "admin": "/admin"}
PAGES: Final = (*HOMES.values(), "/account")
# Beside those of headers.py.
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cache-control": "no-cache",  # asked again each time: a deployment must not mix old modules with new ones
}


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
    """The sign-in page, the page of each role, and the files they load."""

    def __init__(self, authenticate: Authenticator) -> None:
        self._authenticate = authenticate
        self._files = _Files(directory=WEB)

    def routes(self) -> list[BaseRoute]:
        """The routes of this file. They are not part of the API, and no description lists them."""
        pages = [Route(path, self.page, name=path) for path in PAGES]
        return [Route("/", self.sign_in, name="/"), *pages, Mount("/web", self._files, name="/web")]

    async def sign_in(self, request: Request) -> Response:
        """The sign-in page; who is signed in already goes to the first page of the role."""
        role = await self._role(request)
        home = "/" if role is None else _home(role)
        return await self._file("signin", request) if home == "/" else _go(home)

    async def page(self, request: Request) -> Response:
        """A page for certain roles; anybody else is sent to where they may be."""
        role, path = await self._role(request), request.url.path
        if role == "" and path not in HOMES.values():
            return _go(f"/?to={path}")  # nobody's first page: the sign-in page leads back to it
        if role is not None and role not in ACCESS[f"GET {path}"].roles:
            return _go(_home(role))
        return await self._file(path[1:], request)

    async def _role(self, request: Request) -> str | None:
        """The role, "" for nobody; None where PostgreSQL is away: the page itself says so, and holds no data."""
        try:
            return (await self._authenticate(request)).role
        except Problem:
            return ""
        except (Busy, DatabaseAway):
            return None

    async def _file(self, page: str, request: Request) -> Response:
        response = await self._files.get_response(f"{page}/{page}.html", request.scope)
        # Not even for the back button: after signing out it would show the last customer again.
        response.headers["cache-control"] = "no-store"
        return response


def _home(role: str) -> str:
    return HOMES.get(role, "/")


def _go(path: str) -> Response:
    return RedirectResponse(path, 303)
