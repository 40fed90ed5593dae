"""Who asks: found out by a bearer token or the session's cookie."""

from typing import Final

from starlette.requests import Request

from consentfeed.errors import Problem, TokenRefused
from consentfeed.http.limits import Limits
from consentfeed.identity import cookies
from consentfeed.identity.sessions import Sessions
from consentfeed.permissions import Principal

_DETAILS: Final = {
    "ended": "The session was ended, here or elsewhere. Sign in again.",
    "expired": "The session was not used for too long, or has lasted as long as one may. Sign in again.",
}


class Authenticator:
    """Finds out who asks: a bearer token wins over the cookie."""

    def __init__(self, sessions: Sessions, limits: Limits) -> None:
        self._sessions = sessions
        self._limits = limits

    async def __call__(self, request: Request) -> Principal:
        """Who asks; raises Problem."""
        authorization = request.headers.get("authorization")
        by_cookie = authorization is None
        token = cookies.read(request) if authorization is None else _bearer_token(authorization)
        look_up = self._sessions.by_cookie if by_cookie else self._sessions.by_token
        try:
            principal = await look_up(token) if token else None
        except TokenRefused as refused:
            self._limits.refused_token(request)
            raise refused.problem() from None
        reason = None
        if token and principal is None:
            self._limits.refused_token(request)
            reason = await self._sessions.why_ended(token) if by_cookie else None
        # A page that was opened for somebody else: another tab of this browser has signed in anew.
        if principal and by_cookie and request.headers.get("consentfeed-user", principal.id) != principal.id:
            principal = None
        if principal is None:
            raise _signed_out(reason)
        return principal


def _signed_out(reason: str | None) -> Problem:
    return Problem("signed-out", _DETAILS[reason], reason=reason) if reason else Problem("signed-out")


def _bearer_token(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
