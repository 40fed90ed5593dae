"""Signing in with a password, and out."""

from datetime import timedelta
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.database import Database
from consentfeed.edge import COOKIE, Endpoint, json_answer, refuse_foreign
from consentfeed.errors import Problem
from consentfeed.identity import Principal, Sessions, check_password, new_session_token
from consentfeed.inputs import Text, read_body
from consentfeed.shapes import SignedIn


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    """E-mail address and password."""

    email: Annotated[Text, msgspec.Meta(max_length=320)]
    password: Annotated[Text, msgspec.Meta(max_length=1000)]


class Login:
    """Password accounts and their sessions."""

    def __init__(self, database: Database, sessions: Sessions, *, hours: float, secure: bool) -> None:
        self._database = database
        self._sessions = sessions
        self._lifetime = timedelta(hours=hours)
        self._secure = secure

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint(
                "POST", "/api/v1/auth/login", self.login, "Sign in with a password", body=Credentials,
                answers={200: "Signed in"}, gives=SignedIn, answer_headers={"Set-Cookie": "The session"},
            ),
            Endpoint("GET", "/api/v1/auth/me", self.me, "Who is signed in", gives=SignedIn),
            Endpoint("POST", "/api/v1/auth/logout", self.logout, "Sign out", answers={204: "Signed out"}),
        ]  # fmt: skip

    async def login(self, request: Request, _nobody: None) -> Response:
        """Opens a session; one answer for a wrong address and a wrong password."""
        refuse_foreign(request)
        credentials = await read_body(request, Credentials)
        account = await self._database.find_user(credentials.email)
        if not await check_password(account, credentials.password) or account is None:
            raise _wrong()
        await self._end(request.cookies.get(COOKIE))  # or its streams would go on for who was signed in before
        token, digest = new_session_token()
        if await self._database.open_session(account.id, digest, self._lifetime) is None:
            raise _wrong()  # disabled just now
        answer = json_answer({"user": {"id": str(account.id), "email": account.email, "role": account.role}})
        secure = self._secure or request.url.scheme == "https"
        answer.headers["set-cookie"] = _cookie(token, int(self._lifetime.total_seconds()), secure=secure)
        return answer

    async def me(self, _request: Request, principal: Principal) -> Response:
        """The account of the session or token."""
        return json_answer({"user": {"id": principal.id, "email": principal.email, "role": principal.role}})

    async def logout(self, request: Request, _nobody: None) -> Response:
        """Ends the session of the cookie. A bearer token wins here too, and has no session that could end."""
        answer = Response(status_code=204)
        token = request.cookies.get(COOKIE)
        if token is None or "authorization" in request.headers:
            return answer
        refuse_foreign(request)
        await self._end(token)
        answer.headers["set-cookie"] = _cookie("", 0)
        return answer

    async def _end(self, token: str | None) -> None:
        """Ends the session of a cookie, if there is one."""
        principal = await self._sessions.by_cookie(token) if token else None
        if token and principal and principal.session:
            await self._database.end_session(principal.session)
            self._sessions.forget(token)


def _wrong() -> Problem:
    return Problem("wrong-password", "Check both, and try again.")


def _cookie(token: str, seconds: int, *, secure: bool = False) -> str:
    return f"{COOKIE}={token}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax" + "; Secure" * secure
