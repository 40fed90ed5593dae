"""Who asks: passwords, sessions with a cookie, and the memory of who a token is."""

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

Claimed = tuple[uuid.UUID, str]  # an account, and the role that a token says it has


class Sessions:
    """Looks up sessions and tokens, and remembers the answer for two seconds: most requests come many at a time."""

    def __init__(
        self,
        read: Callable[[str], Awaitable[Principal]],
        find: Callable[[list[bytes]], Awaitable[dict[bytes, OpenSession | None]]],
        touch: Callable[[list[uuid.UUID]], Awaitable[None]],
        ended: Callable[[list[uuid.UUID], list[Claimed]], Awaitable[set[uuid.UUID]]],
    ) -> None:
        self._read = read
        self._touch = touch
        self._ended = ended
        # Together: after a restart everybody comes back at once.
        self._open = Batched(find)
        self._used = Batched(self._touched)
        self._refused = Batched(self._ended_accounts)
        self._known = PrincipalCache()

    async def by_cookie(self, token: str) -> Principal | None:
        """The principal of an open session."""
        return await self._remembered(token_hash(token), self._session, token)

    async def by_token(self, token: str) -> Principal | None:
        """The principal of a bearer token; raises TokenRefused, also where its account has been disabled or given
        another role since, and Problem."""
        return await self._remembered(token, self._bearer, token)

    async def _remembered(
        self, key: str | bytes, look_up: Callable[[str], Awaitable[Principal | None]], token: str
    ) -> Principal | None:
        known = self._known.get(key)
        if known is not None and known.expires_at > datetime.now(UTC):
            return known
        principal = await look_up(token)
        if principal is not None:
            self._known.put(key, principal)
        return principal

    async def _session(self, token: str) -> Principal | None:
        session = await self._open.get(token_hash(token))
        if session and session.seen_long_ago:
            # A request that reads is not to fail because nothing can be written now.
            with suppress(Busy, DatabaseAway):
                await self._used.get(session.session_id)
        return session and Principal(
            str(session.user_id), session.email, session.role, session.expires_at, session.session_id
        )

    async def _bearer(self, token: str) -> Principal:
        principal = await self._read(token)
        if await self._refused.get((uuid.UUID(principal.id), principal.role)):
            raise TokenRefused("Its account is disabled, or has another role now.")
        return principal

    async def _touched(self, sessions: list[uuid.UUID]) -> dict[uuid.UUID, None]:
        await self._touch(sessions)
        return dict.fromkeys(sessions)

    async def _ended_accounts(self, claimed: list[Claimed]) -> dict[Claimed, bool]:
        """Of each account, whether it may not be used in this role."""
        ended = await self._ended([], claimed)
        times = Counter(account for account, _ in claimed)
        # With two roles it is not said of which.
        return {
            one: one[0] in (ended if times[one[0]] == 1 else ended and await self._ended([], [one])) for one in claimed
        }

    def forget(self, token: str) -> None:
        """After signing out."""
        self._known.drop(token_hash(token))
