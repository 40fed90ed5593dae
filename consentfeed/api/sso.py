"""Single sign-on: a browser is sent to the identity provider, and comes back as somebody."""

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consentfeed import metrics
from consentfeed.errors import Busy, DatabaseAway, Problem, StatementFailed, TokenRefused
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import read_query
from consentfeed.http.limits import Limits
from consentfeed.identity import cookies
from consentfeed.identity.browser_sessions import SignIns
from consentfeed.identity.claims import Reader
from consentfeed.identity.jwt import Claims
from consentfeed.identity.oidc import Provider, Returned, SignInFailed, Trip
from consentfeed.postgres.accounts import AccountQueries, EndedSession, Outside
from consentfeed.settings import Settings

_PATH: Final = "/api/v1/auth/sso"
_CALLBACK: Final = _PATH + "/callback"
_COOKIE: Final = "consentfeed_sso"
_TRIP_SECONDS: Final = 600
_LONGEST_SID: Final = 500  # what an index holds, whatever the letters


class Start(msgspec.Struct, forbid_unknown_fields=True):
    """Where to go after signing in."""

    to: Annotated[str, Meta(description="A page of this site, such as /csr; anything else is ignored")] = ""


class Kept(msgspec.Struct):
    """What the browser keeps, sealed, while it is at the provider."""

    trip: Trip
    target: str


class SingleSignOn:
    """Signing in by the provider, and out there. pages: where one may go on to."""

    def __init__(
        self,
        accounts: AccountQueries,
        provider: Provider | None,
        signins: SignIns,
        settings: Settings,
        limits: Limits,
        pages: Collection[str],
    ) -> None:
        self._accounts = accounts
        self._provider = provider
        self._signins = signins
        self._issuer = settings.issuer or ""
        self._public_url = settings.public_url
        self._reader = Reader(settings)
        self._limits = limits
        self._pages = frozenset(pages)
        key = hashlib.sha256(b"consentfeed single sign-on\0" + (settings.secret or "").encode()).digest()
        self._seal = Fernet(base64.urlsafe_b64encode(key))

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint(
                "GET", _PATH, self.start, "Sign in by the identity provider", query=Start,
                answers={303: "On to the identity provider"}, problems=["not-found"],
            ),
            Endpoint(
                "GET", _CALLBACK, self.finish, "Come back from the identity provider", query=Returned,
                answers={303: "Signed in, and on to a page; or to the sign-in page, told what is the matter"},
                problems=["not-found"],
            ),
        ]  # fmt: skip

    async def start(self, request: Request, _nobody: None) -> Response:
        """Sends the browser to the provider, with what it has to bring back."""
        provider, asked = self._configured(), read_query(request, Start)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        trip = Trip(state, nonce, verifier, self._home(request) + _CALLBACK)
        try:
            answer = _go(await provider.way_in(trip))
        except SignInFailed as failed:
            return _back(failed.code)
        kept = Kept(trip, asked.to if asked.to in self._pages else "/")
        sealed = self._seal.encrypt(msgspec.json.encode(kept)).decode()
        return _keep(request, answer, sealed, _TRIP_SECONDS)

    async def finish(self, request: Request, _nobody: None) -> Response:
        """Signs in whom the provider sends back, if it was this browser that was sent there; once."""
        provider, told = self._configured(), read_query(request, Returned)
        return _keep(request, await self._finish(request, provider, told), "", 0)

    async def _finish(self, request: Request, provider: Provider, told: Returned) -> Response:
        kept = self._kept(request)
        if kept is None or not secrets.compare_digest(kept.trip.state.encode(), told.state.encode()):
            return _back("sso-expired")
        # Before the provider is asked: what the browser kept can be copied, and brought again with whatever code.
        self._limits.sign_in(request)
        try:
            cookie = await self._sign_in(request, await provider.claims(kept.trip, told))
        except SignInFailed as failed:
            if failed.code == "sso-refused":
                self._limits.sign_in_failed(request)
            return _back(failed.code)
        except (Busy, DatabaseAway):
            return _back("sso-away")
        answer = _go(kept.target)
        answer.headers.append("set-cookie", cookie)
        metrics.sign_ins.labels("sso", "signed-in").inc()
        return answer

    async def _sign_in(self, request: Request, claims: Claims) -> str:
        """A session for whom the claims are about: the value of Set-Cookie; raises SignInFailed."""
        try:
            person = self._reader.person(claims)
            outside = self._outside(claims)
        except (TokenRefused, ValueError, OverflowError, OSError):
            raise SignInFailed("sso-refused") from None
        except Problem as problem:
            raise SignInFailed(f"sso-{problem.code}") from None
        if person.role == "service":  # a program's: there is no page for it
            raise SignInFailed("sso-no-role")
        try:
            refused = await self._accounts.admit_account(person.id, outside, person.email, person.role, person.customer)
        except StatementFailed:  # the same person signs in as two at once, or a claim is none that can be kept
            refused = "sso-refused"
        if refused:
            raise SignInFailed(refused)
        cookie = await self._signins.open(request, person.id, outside)
        if cookie is None:
            raise SignInFailed("account-disabled")  # just now
        return cookie

    def _outside(self, claims: Claims) -> Outside:
        """What is kept of the claims, to recognise a logout; raises an error for a time that is none."""
        sid = claims.get("sid")
        if not isinstance(sid, str) or not sid.isprintable() or len(sid) > _LONGEST_SID:
            sid = None
        return Outside(self._issuer, claims["sub"], sid, datetime.fromtimestamp(claims["iat"], UTC))

    async def leave(self, request: Request, ended: EndedSession) -> str | None:
        """Where a browser signs out at the provider too; None: nowhere."""
        if self._provider is None or ended.issuer != self._issuer:
            return None
        return await self._provider.way_out(ended.sid or ended.subject or "", self._home(request) + "/")

    def _configured(self) -> Provider:
        if self._provider is None:
            raise Problem("not-found", "No identity provider is configured here.")
        return self._provider

    def _home(self, request: Request) -> str:
        """Where browsers find us."""
        return self._public_url or str(request.base_url).rstrip("/")

    def _kept(self, request: Request) -> Kept | None:
        """What the browser was sent away with, if it was from here and lately."""
        try:
            return msgspec.json.decode(
                self._seal.decrypt(cookies.read(request, _COOKIE) or "", _TRIP_SECONDS), type=Kept
            )
        except (InvalidToken, ValueError):
            return None


def _keep(request: Request, answer: Response, sealed: str, seconds: int) -> Response:
    answer.headers.append("set-cookie", cookies.write(sealed, seconds, cookies.is_secure(request), _COOKIE))
    return answer


def _go(location: str) -> Response:
    return RedirectResponse(location, 303)


def _back(code: str) -> Response:
    """To the sign-in page, which says what is the matter."""
    metrics.sign_ins.labels("sso", code).inc()
    return _go(f"/?problem={code}")
