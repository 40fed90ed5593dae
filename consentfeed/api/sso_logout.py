"""Back-channel logout: the identity provider tells that somebody has signed out there."""

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
from consentfeed.identity.jwks import Keys
from consentfeed.identity.jwt import Claims
from consentfeed.settings import Settings

logger = structlog.get_logger()
_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
# The last one also without its type, which a provider need not give.
_TYPES: Final = frozenset({"logout+jwt", "jwt", ""})
_RECENT_SECONDS: Final = 300.0
End = Callable[[str, str | None, str | None, datetime], Awaitable[int]]


class Form(msgspec.Struct):
    """What the provider posts."""

    logout_token: str


class BackChannel:
    """The route by which the provider ends sessions; end: by issuer, subject, session, and when it said so."""

    def __init__(self, end: End, keys: Keys | None, settings: Settings) -> None:
        self._end = end
        self._keys = keys
        self._client_id = settings.client_id
        self._oldest = _RECENT_SECONDS + settings.clock_skew_seconds

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
        if self._keys is None or self._client_id is None:
            raise Problem("not-found", "No identity provider is configured here.")
        token = (await read_form(request)).get("logout_token", "")
        try:
            claims = await self._keys.claims(
                token, audience=self._client_id, required=("exp", "iat", "jti", "events"), types=_TYPES
            )
            subject, sid = self._whom(claims)
        except (TokenRefused, IssuerAway) as error:
            logger.warning("a logout of the identity provider is refused", why=str(error))
            raise Problem("bad-logout-token", str(error)) from None
        ended = await self._end(claims["iss"], subject, sid, datetime.fromtimestamp(claims["iat"], UTC))
        logger.info("the identity provider has logged somebody out", sessions=ended)
        return Response()

    def _whom(self, claims: Claims) -> tuple[str | None, str | None]:
        """The subject and the session that have been logged out there; raises TokenRefused."""
        events, subject, sid = claims["events"], claims.get("sub"), claims.get("sid")
        if not isinstance(events, dict) or not isinstance(events.get(_EVENT), dict) or "nonce" in claims:
            raise TokenRefused("It is a token for something else.")
        if time.time() - claims["iat"] > self._oldest:
            raise TokenRefused("It is too old.")
        told = [value for value in (subject, sid) if value is not None]
        if not told or not all(isinstance(value, str) and value and "\0" not in value for value in told):
            raise TokenRefused("It names nobody, and no session.")
        return subject, sid
