"""Back-channel logout (OpenID Connect): the identity provider says that somebody has signed out there."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.errors import IssuerAway, Problem, TokenRefused
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import FORM_BYTES, read_form
from consentfeed.identity.jwks import Jwks
from consentfeed.identity.jwt import Claims
from consentfeed.setting_groups import ProviderSettings

logger = structlog.get_logger()
_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
# "" is no type: the specification recommends one, and a provider need not give it.
_TYPES: Final = frozenset({"logout+jwt", "jwt", ""})
_RECENT_SECONDS: Final = 300.0
# By issuer, subject, session, and when the token was issued; the answer is how many have ended.
EndSessions = Callable[[str, str | None, str | None, datetime], Awaitable[int]]


class Form(msgspec.Struct):
    """What the provider posts."""

    logout_token: str


class SsoLogoutApi:
    """The route by which the provider ends sessions. jwks: None where no provider is configured."""

    def __init__(self, end_sessions: EndSessions, jwks: Jwks | None, settings: ProviderSettings) -> None:
        self._end_sessions = end_sessions
        self._jwks = jwks
        self._client_id = settings.client_id
        self._max_age = _RECENT_SECONDS + settings.clock_skew_seconds

    def endpoints(self) -> list[Endpoint]:
        """The route of this file."""
        return [
            Endpoint(
                "POST", "/api/v1/auth/sso/logout", self.logout, "End what the identity provider has logged out",
                body=Form, takes="application/x-www-form-urlencoded", body_bytes=FORM_BYTES,
                answers={200: "Done"}, problems=["not-found", "bad-logout-token", "body-too-large"],
            )
        ]  # fmt: skip

    async def logout(self, request: Request, _nobody: None) -> Response:
        """Ends the sessions that a logout token names, if they began before it was issued."""
        if self._jwks is None or self._client_id is None:
            raise Problem("not-found", "No identity provider is configured here.")
        token = (await read_form(request)).get("logout_token", "")
        try:
            claims = await self._jwks.verify(
                token, audience=self._client_id, required=("exp", "iat", "jti", "events"), types=_TYPES
            )
            subject, sid = self._subject_and_session(claims)
        except (TokenRefused, IssuerAway) as error:
            logger.warning("a logout of the identity provider is refused", why=str(error))
            raise Problem("bad-logout-token", str(error)) from None
        # No memory of jti is needed: a token that comes again ends nothing that began after it was issued.
        count = await self._end_sessions(claims["iss"], subject, sid, datetime.fromtimestamp(claims["iat"], UTC))
        logger.info("the identity provider has logged somebody out", sessions=count)
        return Response()

    def _subject_and_session(self, claims: Claims) -> tuple[str | None, str | None]:
        """The subject and the session that have been logged out there; raises TokenRefused."""
        events, subject, sid = claims["events"], claims.get("sub"), claims.get("sid")
        # A nonce is forbidden in a logout token, so that no ID token can serve as one.
        if not isinstance(events, dict) or not isinstance(events.get(_EVENT), dict) or "nonce" in claims:
            raise TokenRefused("It is no logout token.")
        if time.time() - claims["iat"] > self._max_age:
            raise TokenRefused("It is too old.")
        names = [value for value in (subject, sid) if value is not None]
        if not names or not all(isinstance(value, str) and value and "\0" not in value for value in names):
            raise TokenRefused("It names nobody (sub), and no session (sid).")
        return subject, sid
