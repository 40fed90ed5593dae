"""From a cookie or a bearer token to the principal who sent it."""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

from consentfeed.errors import Busy, DatabaseAway, TokenRefused
from consentfeed.identity.principal_cache import PrincipalCache
from consentfeed.identity.session_token import token_hash
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import OpenSession
from consentfeed.postgres.batched import Batched

AccountRole = tuple[uuid.UUID, str]  # an account, and the role that a token claims for it


class Sessions:
    """Looks up sessions and bearer tokens. The principal is cached for two seconds: a page sends many requests at
    once."""

    def __init__(
        self,
        read_token: Callable[[str], Awaitable[Principal]],
        find_sessions: Callable[[list[bytes]], Awaitable[dict[bytes, OpenSession | None]]],
        touch_sessions: Callable[[list[uuid.UUID]], Awaitable[None]],
        find_ended: Callable[[list[uuid.UUID], list[AccountRole]], Awaitable[set[uuid.UUID]]],
        find_reason: Callable[[bytes], Awaitable[str | None]],
    ) -> None:
        self._read_token = read_token
        self._touch_sessions = touch_sessions
        self._find_ended = find_ended
        self._find_reason = find_reason
        # One query for all who ask at the same time: after a restart every client comes back at once.
        self._open_sessions = Batched(find_sessions)
        self._touches = Batched(self._touch)
        self._withdrawals = Batched(self._find_withdrawals)
        self._cache = PrincipalCache()

    async def by_cookie(self, token: str) -> Principal | None:
        """The principal of an open session; None where there is no such session."""
        return await self._principal(token_hash(token), self._of_session, token)

    async def why_ended(self, token: str) -> str | None:
        """Why the session of this cookie is not open: "ended" or "expired"; None where there was none."""
        return await self._find_reason(token_hash(token))

    async def by_token(self, token: str) -> Principal | None:
        """The principal of a bearer token.

        Raises TokenRefused, also where its account has been disabled or given another role since, and Problem.
        """
        return await self._principal(token, self._of_bearer, token)

    def forget(self, token: str) -> None:
        """Drops a session's principal from the cache, so that signing out counts at once in this process."""
        self._cache.drop(token_hash(token))

    def forget_customer(self, customer: str) -> None:
        """Drops whatever lets a customer in who was erased."""
        self._cache.forget(customer)

    async def _principal(
        self, key: str | bytes, look_up: Callable[[str], Awaitable[Principal | None]], token: str
    ) -> Principal | None:
        principal = self._cache.get(key)
        # The cache may outlive what it holds by two seconds: a session or token never counts after its own end.
        if principal is not None and principal.expires_at > datetime.now(UTC):
            return principal
        principal = await look_up(token)
        if principal is not None:
            self._cache.put(key, principal)
        return principal

    async def _of_session(self, token: str) -> Principal | None:
        session = await self._open_sessions.get(token_hash(token))
        if session is None:
            return None
        if session.seen_long_ago:
            # A request that only reads must not fail because PostgreSQL takes no writes at the moment.
            with suppress(Busy, DatabaseAway):
                await self._touches.get(session.session_id)
        return Principal(str(session.user_id), session.email, session.role, session.expires_at, session.session_id)

    async def _of_bearer(self, token: str) -> Principal:
        principal = await self._read_token(token)
        if await self._withdrawals.get((uuid.UUID(principal.id), principal.role)):
            raise TokenRefused("Its account is disabled, or has another role now.")
        return principal

    async def _touch(self, sessions: list[uuid.UUID]) -> dict[uuid.UUID, None]:
        await self._touch_sessions(sessions)
        return dict.fromkeys(sessions)

    async def _find_withdrawals(self, pairs: list[AccountRole]) -> dict[AccountRole, bool]:
        """For each account and role, whether it may no longer be used so."""
        ids = await self._find_ended([], pairs)
        count = Counter(account for account, _ in pairs)
        # The answer has accounts, not roles: an account that stands here with two roles is asked for once more, apart.
        return {
            (account, role): account in ids
            and (count[account] == 1 or account in await self._find_ended([], [(account, role)]))
            for account, role in pairs
        }
