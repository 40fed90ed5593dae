"""The session of somebody whom the identity provider has signed in."""

from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request

from consentfeed.errors import Problem, StatementFailed, TokenRefused
from consentfeed.identity.authorization import SignInFailed
from consentfeed.identity.browser_sessions import BrowserSessions
from consentfeed.identity.claims import ClaimsReader, Person
from consentfeed.identity.jwt import Claims
from consentfeed.postgres.accounts import AccountQueries, ProviderSignIn
from consentfeed.setting_groups import ProviderSettings

_MAX_SID_LENGTH: Final = 500  # what an index entry of PostgreSQL can hold, whatever the letters


class ProviderSessions:
    """Opens sessions by verified claims."""

    def __init__(self, accounts: AccountQueries, browser_sessions: BrowserSessions, settings: ProviderSettings) -> None:
        self._accounts = accounts
        self._browser_sessions = browser_sessions
        self._reader = ClaimsReader(settings)

    async def open(self, request: Request, claims: Claims) -> str:
        """A session for whom the claims are about: the value of Set-Cookie; raises SignInFailed."""
        person, sign_in = self._read(claims)
        if person.role == "service":  # a program's: there is no page for it
            raise SignInFailed("sso-no-role")
        if problem := await self._admit(person, sign_in):
            raise SignInFailed(problem)
        cookie = await self._browser_sessions.open(request, person.id, sign_in)
        if cookie is None:  # between the two statements
            raise SignInFailed("account-disabled")
        return cookie

    def _read(self, claims: Claims) -> tuple[Person, ProviderSignIn]:
        try:
            return self._reader.person(claims), _sign_in(claims)
        except (TokenRefused, ValueError, OverflowError, OSError):
            raise SignInFailed("sso-refused") from None
        except Problem as problem:
            raise SignInFailed(f"sso-{problem.code}") from None

    async def _admit(self, person: Person, sign_in: ProviderSignIn) -> str | None:
        try:
            return await self._accounts.admit_account(
                person.id, sign_in, person.email, person.role, person.customer, person.staff_name
            )
        except StatementFailed:  # the same person signs in as two at once, or a claim holds what cannot be kept
            return "sso-refused"


def _sign_in(claims: Claims) -> ProviderSignIn:
    """What is kept of the claims, to recognise a logout; raises an error where iat is no time."""
    sid = claims.get("sid")
    if not isinstance(sid, str) or not sid.isprintable() or len(sid) > _MAX_SID_LENGTH:
        sid = None
    return ProviderSignIn(claims["iss"], claims["sub"], sid, datetime.fromtimestamp(claims["iat"], UTC))
