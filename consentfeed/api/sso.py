"""Single sign-on: a browser is sent to the identity provider, and comes back as somebody."""

import secrets
from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consentfeed import metrics
from consentfeed.api.sso_cookie import PendingSignIn, SsoCookie
from consentfeed.errors import Busy, DatabaseAway, Problem
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, read_query
from consentfeed.http.limits import Limits
from consentfeed.identity.authorization import AuthorizationRequest, AuthorizationResponse, SignInFailed
from consentfeed.identity.oidc import OidcClient
from consentfeed.identity.provider_sessions import ProviderSessions
from consentfeed.postgres.accounts import EndedSession
from consentfeed.settings import Settings

_PATH: Final = "/api/v1/auth/sso"
_CALLBACK: Final = _PATH + "/callback"


class StartQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Where to go after signing in."""

    to: Annotated[Filled, Meta(description="A page of this site, such as /csr; anything else is ignored")] = ""


class SsoApi:
    """Signing in by the provider, and out there. oidc: None where no provider is configured; is_page: whether one may
    go on to a path."""

    def __init__(
        self,
        oidc: OidcClient | None,
        sessions: ProviderSessions,
        settings: Settings,
        limits: Limits,
        is_page: Callable[[str], bool],
    ) -> None:
        self._oidc = oidc
        self._sessions = sessions
        self._issuer = settings.issuer
        self._public_url = settings.public_url
        self._limits = limits
        self._is_page = is_page
        self._cookie = SsoCookie(settings.secret or "")

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint(
                "GET", _PATH, self.start, "Sign in by the identity provider", query=StartQuery,
                answers={303: "On to the identity provider"}, problems=["not-found"],
            ),
            Endpoint(
                "GET", _CALLBACK, self.finish, "Come back from the identity provider", query=AuthorizationResponse,
                answers={303: "Signed in, and on to a page; or to the sign-in page, told what is the matter"},
                problems=["not-found"],
            ),
        ]  # fmt: skip

    async def start(self, request: Request, _nobody: None) -> Response:
        """Sends the browser to the provider, with what it has to bring back."""
        oidc, query = self._require_client(), read_query(request, StartQuery)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        authorization = AuthorizationRequest(state, nonce, verifier, self._base_url(request) + _CALLBACK)
        try:
            answer = _redirect(await oidc.authorization_url(authorization))
        except SignInFailed as failure:
            return _to_sign_in_page(failure.code)
        # Only to pages of ours: a link to the sign-in must not be able to lead elsewhere.
        target = query.to if self._is_page(query.to) else "/"
        self._cookie.write(request, answer, PendingSignIn(authorization, target))
        return answer

    async def finish(self, request: Request, _nobody: None) -> Response:
        """Signs in whom the provider sends back, if it was this browser that was sent there; once."""
        oidc, response = self._require_client(), read_query(request, AuthorizationResponse)
        answer = await self._finish(request, oidc, response)
        self._cookie.delete(request, answer)
        return answer

    async def _finish(self, request: Request, oidc: OidcClient, response: AuthorizationResponse) -> Response:
        pending = self._cookie.read(request)
        if pending is None or not secrets.compare_digest(pending.request.state.encode(), response.state.encode()):
            return _to_sign_in_page("sso-expired")
        # Before the provider is asked: the cookie can be copied, and brought again with whatever code.
        self._limits.sign_in(request)
        try:
            cookie = await self._sessions.open(request, await oidc.redeem(pending.request, response))
        except SignInFailed as failure:
            if failure.code == "sso-refused":
                self._limits.sign_in_failed(request)
            return _to_sign_in_page(failure.code)
        except (Busy, DatabaseAway):
            return _to_sign_in_page("sso-away")
        answer = _redirect(pending.target)
        answer.headers.append("set-cookie", cookie)
        metrics.sign_ins.labels("sso", "signed-in").inc()
        return answer

    async def end_session_url(self, request: Request, session: EndedSession) -> str | None:
        """Where a browser signs out at the provider too; None: nowhere."""
        if self._oidc is None or session.issuer != self._issuer:
            return None
        return await self._oidc.end_session_url(session.sid or session.subject or "", self._base_url(request) + "/")

    def _require_client(self) -> OidcClient:
        """The provider's client; raises Problem not-found where no provider is configured."""
        if self._oidc is None:
            raise Problem("not-found", "No identity provider is configured here.")
        return self._oidc

    def _base_url(self, request: Request) -> str:
        """The URL at which browsers find us."""
        return self._public_url or str(request.base_url).rstrip("/")


def _redirect(location: str) -> Response:
    return RedirectResponse(location, 303)


def _to_sign_in_page(code: str) -> Response:
    """To the sign-in page, which says what is the matter."""
    metrics.sign_ins.labels("sso", code).inc()
    return _redirect(f"/?problem={code}")
