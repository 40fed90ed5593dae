"""Accounts, their sessions, and what they have chosen on the pages."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from consentfeed.postgres.pool import Pool, Record


class Account(NamedTuple):
    """An account that may sign in."""

    id: UUID
    email: str
    role: str
    password_hash: str | None


class OpenSession(NamedTuple):
    """A session and whose it is."""

    session_id: UUID
    user_id: UUID
    email: str
    role: str
    expires_at: datetime
    seen_long_ago: bool  # so that touch_sessions() should note that it is used


class ProviderSignIn(NamedTuple):
    """A sign-in by an identity provider, as its ID token names it; kept with the session, to recognise a logout."""

    issuer: str
    subject: str
    sid: str | None
    issued_at: datetime


class EndedSession(NamedTuple):
    """What an identity provider calls a session that has been ended; None: a password had opened it."""

    issuer: str | None
    subject: str | None
    sid: str | None


class AccountQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find_user(self, email: str) -> Account | None:
        """The account with this e-mail address, unless disabled."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.find_user($1)", email)
        return Account(*rows[0]) if rows else None

    async def add_user(self, email: str, role: str, password_hash: str | None, customer: UUID | None) -> UUID:
        """Adds an account; StatementFailed 23505 where the address is taken."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.add_user($1, $2, $3, $4)", email, role, password_hash, customer
        )
        added: UUID = rows[0][0]
        return added

    async def disable_user(self, email: str) -> bool:
        """Disables an account and ends its sessions; whether there is one."""
        return bool((await self._pool.fetch("SELECT consentfeed.disable_user($1)", email))[0][0])

    async def users(self) -> list[dict[str, Any]]:
        """All accounts, as the API shows them."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.list_users(NULL, NULL, NULL, NULL)")
        return [json.loads(row["account"]) for row in rows]

    async def list_users(
        self, query: str | None, after_email: str | None, after_id: str | None, max_rows: int
    ) -> list[Record]:
        """Rows of (account, email, id)."""
        return await self._pool.fetch(
            "SELECT * FROM consentfeed.list_users($1, $2, $3, $4)", query, after_email, after_id, max_rows
        )

    async def one_user(self, user: UUID | str) -> str | None:
        """An account as JSON."""
        account: str | None = (await self._pool.fetch("SELECT consentfeed.one_user($1)", user))[0][0]
        return account

    async def change_user(
        self, user: str, actor: str, *, role: str | None = None, disabled: bool | None = None
    ) -> str | None:
        """Why it was not changed (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch("SELECT consentfeed.change_user($1, $2, $3, $4)", user, actor, role, disabled)
        problem: str | None = rows[0][0]
        return problem

    async def admit_account(
        self, account: UUID, sign_in: ProviderSignIn, email: str, role: str, customer: UUID | None
    ) -> str | None:
        """Makes or updates the account of a provider's sign-in; why not (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.admit_account($1, $2, $3, $4, $5, $6)",
            account, sign_in.issuer, sign_in.subject, email, role, customer,
        )  # fmt: skip
        problem: str | None = rows[0][0]
        return problem

    async def open_session(
        self, user: UUID, token_sha256: bytes, lifetime: timedelta, idle: timedelta, agent: str | None,
        sign_in: ProviderSignIn | None = None,
    ) -> UUID | None:  # fmt: skip
        """A new session, None where the account has just been disabled."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.open_session($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            user, token_sha256, lifetime, idle, agent, *(sign_in or (None,) * 4),
        )  # fmt: skip
        session: UUID | None = rows[0][0]
        return session

    async def find_sessions(self, tokens_sha256: Sequence[bytes]) -> dict[bytes, OpenSession | None]:
        """The open session with each token, or None."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.find_sessions($1)", tokens_sha256)
        found = {token: OpenSession(*session) for token, *session in rows}
        return {token: found.get(token) for token in tokens_sha256}

    async def touch_sessions(self, sessions: Sequence[UUID]) -> None:
        """Notes that the sessions are used."""
        await self._pool.fetch("SELECT consentfeed.touch_sessions($1)", sessions)

    async def end_session(self, session: UUID | str) -> EndedSession | None:
        """Signs out; None where the session was not open."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.end_session($1)", session)
        return EndedSession(*rows[0]) if rows else None

    async def end_provider_sessions(
        self, issuer: str, subject: str | None, sid: str | None, issued_at: datetime
    ) -> int:
        """Ends what an identity provider has logged out; how many."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.end_provider_sessions($1, $2, $3, $4)", issuer, subject, sid, issued_at
        )
        return int(rows[0][0])

    async def ended(self, sessions: Sequence[UUID], accounts: Sequence[tuple[UUID | str, str]]) -> set[UUID]:
        """Which of the sessions have ended, and which of the accounts are disabled or have another role."""
        ids, roles = [account for account, _ in accounts], [role for _, role in accounts]
        rows = await self._pool.fetch_first(
            "SELECT * FROM consentfeed.ended_sessions($1, $2, $3)", sessions, ids, roles
        )
        return {row[0] for row in rows}

    async def list_sessions(self, after_key: str | None, after_id: str | None, max_rows: int) -> list[Record]:
        """Rows of (id, account, created_at, last_seen_at, expires_at, agent)."""
        return await self._pool.fetch(
            "SELECT * FROM consentfeed.list_sessions($1, $2, $3)", after_key, after_id, max_rows
        )

    async def own_sessions(self, user: str, max_rows: int) -> list[Record]:
        """Rows of (id, created_at, last_seen_at, expires_at, agent)."""
        return await self._pool.fetch("SELECT * FROM consentfeed.own_sessions($1, $2)", user, max_rows)

    async def end_own_sessions(self, user: str, *, only: str | None = None, but: UUID | None = None) -> int:
        """Ends sessions of an account: one of them, or all but one; how many were open."""
        rows = await self._pool.fetch("SELECT consentfeed.end_own_sessions($1, $2, $3)", user, only, but)
        return int(rows[0][0])

    async def preferences(self, principal: str) -> str | None:
        """What a principal has chosen, as JSON."""
        chosen: str | None = (await self._pool.fetch("SELECT consentfeed.find_preferences($1)", principal))[0][0]
        return chosen

    async def save_preferences(self, principal: str, preferences: str) -> None:
        """In place of what was there."""
        await self._pool.fetch("SELECT consentfeed.save_preferences($1, $2)", principal, preferences)
