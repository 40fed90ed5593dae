"""The session behind a browser's cookie, however it was found out who it is: opened anew at each sign-in, and ended."""

from datetime import timedelta
from uuid import UUID

from starlette.requests import Request

from consentfeed.identity import cookies
from consentfeed.identity.session_token import new_session_token
from consentfeed.identity.sessions import Sessions
from consentfeed.postgres.accounts import AccountQueries, EndedSession, Outside
from consentfeed.settings import Settings

_AGENT_LENGTH = 200


class SignIns:
    """Signing in and out."""

    def __init__(self, accounts: AccountQueries, sessions: Sessions, settings: Settings) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._lifetime = timedelta(hours=settings.session_hours)
        self._idle = timedelta(minutes=settings.session_idle_minutes)

    async def open(self, request: Request, account: UUID, outside: Outside | None = None) -> str | None:
        """A new session under a new token: the value of Set-Cookie, or None where the account has just been disabled.

        The browser's session before ends, or its streams would go on for who was signed in then.
        """
        await self.end(request)
        token, digest = new_session_token()
        if not await self._accounts.open_session(account, digest, self._lifetime, self._idle, _agent(request), outside):
            return None
        return cookies.write(token, int(self._lifetime.total_seconds()), cookies.is_secure(request))

    async def end(self, request: Request) -> EndedSession | None:
        """Ends the session of the cookie; what it was, or None where none was open."""
        token = cookies.read(request)
        principal = await self._sessions.by_cookie(token) if token else None
        if token is None or principal is None or principal.session is None:
            return None
        ended = await self._accounts.end_session(principal.session)
        self._sessions.forget(token)
        return ended


def _agent(request: Request) -> str | None:
    """What the browser calls itself, as text that PostgreSQL can hold."""
    told = request.headers.get("user-agent", "")[:_AGENT_LENGTH]
    return "".join(letter for letter in told if letter.isprintable()).strip() or None
