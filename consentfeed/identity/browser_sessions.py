"""The session behind a browser's cookie: opened under a new token at each sign-in, and ended."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request

from consentfeed.identity import cookies
from consentfeed.identity.session_token import new_session_token
from consentfeed.identity.sessions import Sessions
from consentfeed.postgres.accounts import AccountQueries, EndedSession, ProviderSignIn
from consentfeed.setting_groups import SignInSettings

_MAX_AGENT_LENGTH: Final = 200


class BrowserSessions:
    """Opens and ends sessions, whether a password or the identity provider says who it is."""

    def __init__(self, accounts: AccountQueries, sessions: Sessions, settings: SignInSettings) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._lifetime = timedelta(hours=settings.session_hours)
        self._idle = timedelta(minutes=settings.session_idle_minutes)

    async def open(
        self,
        request: Request,
        account: UUID,
        sign_in: ProviderSignIn | None = None,
        password_hash: str | None = None,
    ) -> str | None:
        """Opens a session: the value of Set-Cookie, or None where the account has just been disabled.

        sign_in: what the identity provider says of it; None for a password, whose hash was this, and must be still.
        """
        # Before the new one, or the browser's streams would go on for whoever was signed in before.
        await self.end(request)
        # Always a new token: one that an attacker has put into the browser beforehand must never become a session.
        token, digest = new_session_token()
        times = self._lifetime, self._idle
        if not await self._accounts.open_session(account, digest, *times, _agent(request), sign_in, password_hash):
            return None
        return cookies.write(token, int(self._lifetime.total_seconds()), cookies.is_secure(request))

    async def end(self, request: Request) -> EndedSession | None:
        """Ends the session of the cookie; what it was, or None where none was open."""
        token = cookies.read(request)
        principal = await self._sessions.by_cookie(token) if token else None
        if token is None or principal is None or principal.session is None:
            return None
        session = await self._accounts.end_session(principal.session)
        self._sessions.forget(token)
        return session


def _agent(request: Request) -> str | None:
    """The browser's User-Agent, as text that PostgreSQL can hold and a terminal can show."""
    header = request.headers.get("user-agent", "")[:_MAX_AGENT_LENGTH]
    return "".join(char for char in header if char.isprintable()).strip() or None
