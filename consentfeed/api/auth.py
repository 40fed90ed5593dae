"""Signing in with a password, where that is offered, and out."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from consentfeed import metrics
from consentfeed.api.password_check import PasswordCheck
from consentfeed.api.shapes import User
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Text, read_body
from consentfeed.identity import cookies, passwords
from consentfeed.identity.browser_sessions import BrowserSessions
from consentfeed.identity.demo_accounts import DemoAccounts
from consentfeed.identity.signin import Demo, Ways
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import AccountQueries, EndedSession


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
        check: PasswordCheck,
        sessions: BrowserSessions,
        ways: Ways,
        demo: DemoAccounts,
        end_session_url: Callable[[Request, EndedSession], Awaitable[str | None]],
    ) -> None:
        self._accounts = accounts
        self._check = check
        self._sessions = sessions
        self._ways = ways
        self._demo = demo
        self._end_session_url = end_session_url

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint("GET", "/api/v1/auth/ways", self.ways, "How one may sign in", gives=Ways),
            Endpoint(
                "POST", "/api/v1/auth/login", self.login, "Sign in with a password", body=Credentials,
                answers={200: "Signed in"}, gives=SignedIn, answer_headers={"Set-Cookie": "The session"},
                problems=("passwords-off", "wrong-password", "account-disabled"),
            ),
            Endpoint("GET", "/api/v1/auth/me", self.me, "Who is signed in", gives=SignedIn),
            Endpoint(
                "POST", "/api/v1/auth/logout", self.logout, "Sign out", gives=Leave,
                answers={204: "Signed out", 200: "Signed out here; go there to sign out at the identity provider"},
            ),
        ]  # fmt: skip

    async def ways(self, _request: Request, _nobody: None) -> Response:
        """What the sign-in page offers."""
        accounts = await self._demo.open() if self._ways.password else []
        return json_answer(replace(self._ways, demo=Demo(accounts, passwords.DEMO) if accounts else None))

    async def login(self, request: Request, _nobody: None) -> Response:
        """Opens a session; one answer for a wrong address and a wrong password, of a disabled account too."""
        if not self._ways.password:
            raise Problem("passwords-off")
        credentials = await read_body(request, Credentials)
        account = await self._check(
            request, credentials.email, lambda: self._accounts.find_user(credentials.email), credentials.password
        )
        if account is None:
            raise Problem("wrong-password")
        # Told to whoever knows the password alone: to others it would say which addresses have an account.
        if account.is_disabled:
            metrics.sign_ins.labels("password", "account-disabled").inc()
            raise Problem("account-disabled")
        cookie = await self._sessions.open(request, account.id, password_hash=account.password_hash)
        if cookie is None:  # disabled just now, or the password changed
            raise Problem("wrong-password")
        metrics.sign_ins.labels("password", "signed-in").inc()
        user = {"id": str(account.id), "email": account.email, "role": account.role}
        return json_answer({"user": user}, headers={"set-cookie": cookie})

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
