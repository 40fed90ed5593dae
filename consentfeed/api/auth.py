"""Signing in with a password, where that is offered, and out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated
from weakref import WeakValueDictionary

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed import metrics
from consentfeed.api.shapes import User
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Text, read_body
from consentfeed.http.limits import Limits, address_of
from consentfeed.identity import cookies
from consentfeed.identity.browser_sessions import BrowserSessions
from consentfeed.identity.passwords import check_password
from consentfeed.identity.signin import Ways
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import Account, AccountQueries, EndedSession


class SignedIn(Struct):
    """The account of a session or token."""

    user: User


class Leave(Struct):
    """Where to go to sign out at the identity provider too."""

    location: str


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    """E-mail address and password."""

    email: Annotated[Text, msgspec.Meta(max_length=320)]
    password: Annotated[Text, msgspec.Meta(max_length=1000)]


class AuthApi:
    """Signing in with a password, who is signed in, and signing out.

    end_session_url: where the browser goes to end a provider's session there too; None: nowhere.
    """

    def __init__(
        self,
        accounts: AccountQueries,
        limits: Limits,
        sessions: BrowserSessions,
        ways: Ways,
        end_session_url: Callable[[Request, EndedSession], Awaitable[str | None]],
    ) -> None:
        self._accounts = accounts
        self._limits = limits
        self._sessions = sessions
        self._ways = ways
        self._end_session_url = end_session_url
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint("GET", "/api/v1/auth/ways", self.ways, "How one may sign in", gives=Ways),
            Endpoint(
                "POST", "/api/v1/auth/login", self.login, "Sign in with a password", body=Credentials,
                answers={200: "Signed in"}, gives=SignedIn, answer_headers={"Set-Cookie": "The session"},
                problems=("passwords-off", "wrong-password"),
            ),
            Endpoint("GET", "/api/v1/auth/me", self.me, "Who is signed in", gives=SignedIn),
            Endpoint(
                "POST", "/api/v1/auth/logout", self.logout, "Sign out", gives=Leave,
                answers={204: "Signed out", 200: "Signed out here; go there to sign out at the identity provider"},
            ),
        ]  # fmt: skip

    async def ways(self, _request: Request, _nobody: None) -> Response:
        """What the sign-in page offers."""
        return json_answer(self._ways)

    async def login(self, request: Request, _nobody: None) -> Response:
        """Opens a session; one answer for a wrong address and a wrong password."""
        if not self._ways.password:
            raise Problem("passwords-off")
        credentials = await read_body(request, Credentials)
        # One attempt at a time for each address: else as many passwords as somebody sends at once would be checked
        # before the first failure counts. Another address has another lock, and waits for nobody.
        lock = self._locks.setdefault(address_of(request), asyncio.Lock())
        async with lock:
            account = await self._authenticate(request, credentials)
        cookie = await self._sessions.open(request, account.id)
        if cookie is None:  # disabled just now
            raise Problem("wrong-password")
        metrics.sign_ins.labels("password", "signed-in").inc()
        user = {"id": str(account.id), "email": account.email, "role": account.role}
        return json_answer({"user": user}, headers={"set-cookie": cookie})

    async def _authenticate(self, request: Request, credentials: Credentials) -> Account:
        """The account whose password it is; raises Problem."""
        self._limits.sign_in(request, credentials.email)
        account = await self._accounts.find_user(credentials.email)
        if not await check_password(account, credentials.password) or account is None:
            self._limits.sign_in_failed(request, credentials.email)
            metrics.sign_ins.labels("password", "wrong-password").inc()
            raise Problem("wrong-password")
        return account

    async def me(self, _request: Request, principal: Principal) -> Response:
        """The account of the session or token."""
        return json_answer({"user": {"id": principal.id, "email": principal.email, "role": principal.role}})

    async def logout(self, request: Request, _nobody: None) -> Response:
        """Ends the session of the cookie. A bearer token wins here too, and has no session that could end."""
        if cookies.read(request) is None or "authorization" in request.headers:
            return Response(status_code=204)
        session = await self._sessions.end(request)
        location = await self._end_session_url(request, session) if session and session.issuer else None
        answer = json_answer({"location": location}) if location else Response(status_code=204)
        answer.headers["set-cookie"] = cookies.write("", 0, cookies.is_secure(request))
        return answer
