"""Accounts, their sessions, and what they have chosen on the pages."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from consentfeed.postgres.pool import Pool, Record


class Account(NamedTuple):
    """An account as sign-in and passwords need it; issuer is the identity provider that signs it in."""

    id: UUID
    email: str
    role: str
    password_hash: str | None
    is_disabled: bool = False
    issuer: str | None = None


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
        """The account of our own with this e-mail address."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.find_user($1)", email)
        return Account(*rows[0]) if rows else None

    async def find_account(self, user: str) -> Account | None:
        """The account with this id, unless disabled."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.find_account($1)", user)
        return Account(**rows[0]) if rows else None

    async def change_password(self, user: UUID, former_hash: str, password_hash: str, session: UUID | None) -> bool:
        """Changes it where the hash is still the former one, and ends all sessions but this one; whether it did."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.change_password($1, $2, $3, $4)", user, former_hash, password_hash, session
        )
        return bool(rows[0][0])

    async def set_password(self, user: str, password_hash: str) -> str | None:
        """Why it was not set (a code of errors.PROBLEMS), or None; ends all sessions."""
        rows = await self._pool.fetch("SELECT consentfeed.set_password($1, $2)", user, password_hash)
        problem: str | None = rows[0][0]
        return problem

    async def make_password_link(self, user: str, token_sha256: bytes, lifetime: timedelta) -> tuple[str | None, str]:
        """Why none was made (a code of errors.PROBLEMS) or None, and until when it can be used."""
        rows = await self._pool.fetch(
            "SELECT * FROM consentfeed.make_password_link($1, $2, $3)", user, token_sha256, lifetime
        )
        problem, expires_at = rows[0]
        return problem, expires_at or ""

    async def has_password_link(self, token_sha256: bytes) -> bool:
        """Whether there is a link with this token that can be used."""
        return bool((await self._pool.fetch("SELECT consentfeed.find_password_link($1)", token_sha256))[0][0])

    async def use_password_link(self, token_sha256: bytes, password_hash: str) -> bool:
        """Sets the password of the link's account, and ends all its sessions; whether the link could be used."""
        rows = await self._pool.fetch("SELECT consentfeed.use_password_link($1, $2)", token_sha256, password_hash)
        return bool(rows[0][0])

    async def add_user(
        self, email: str, role: str, password_hash: str | None, customer: UUID | None, name: str | None = None
    ) -> UUID:
        """Adds an account; StatementFailed 23505 where the address is taken."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.add_user($1, $2, $3, $4, $5)", email, role, password_hash, customer, name
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

    async def account_names(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """Whose these accounts are, by name, else by address; an id that is no account's is left out."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.account_names($1)", ids)
        return {row["id"]: row["name"] for row in rows}

    async def rename_user(
        self, user: UUID | str, name: str | None, expected: Sequence[str] | None = None
    ) -> str | None:
        """Says whose account it is; why it was not done (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch("SELECT consentfeed.rename_user($1, $2, $3)", user, name, expected)
        problem: str | None = rows[0][0]
        return problem

    async def change_user(
        self,
        user: str,
        actor: str,
        expected: Sequence[str] | None = None,
        *,
        role: str | None = None,
        disabled: bool | None = None,
    ) -> str | None:
        """Why it was not changed (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.change_user($1, $2, $3, $4, $5)", user, actor, role, disabled, expected
        )
        problem: str | None = rows[0][0]
        return problem

    async def admit_account(
        self,
        account: UUID,
        sign_in: ProviderSignIn,
        email: str,
        role: str,
        customer: UUID | None,
        name: str | None,
    ) -> str | None:
        """Makes or updates the account of a provider's sign-in; why not (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.admit_account($1, $2, $3, $4, $5, $6, $7)",
            account, sign_in.issuer, sign_in.subject, email, role, customer, name,
        )  # fmt: skip
        problem: str | None = rows[0][0]
        return problem

    async def open_session(
        self, user: UUID, token_sha256: bytes, lifetime: timedelta, idle: timedelta, agent: str | None,
        sign_in: ProviderSignIn | None, password_hash: str | None,
    ) -> UUID | None:  # fmt: skip
        """A new session, None where the account has just been disabled, or its password changed from this hash."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.open_session($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            user, token_sha256, lifetime, idle, agent, *(sign_in or (None,) * 4), password_hash,
        )  # fmt: skip
        session: UUID | None = rows[0][0]
        return session

    async def find_sessions(self, tokens_sha256: Sequence[bytes]) -> dict[bytes, OpenSession | None]:
        """The open session with each token, or None."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.find_sessions($1)", tokens_sha256)
        found = {token: OpenSession(*session) for token, *session in rows}
        return {token: found.get(token) for token in tokens_sha256}

    async def why_session_ended(self, token_sha256: bytes) -> str | None:
        """ "ended" or "expired"; None where there is no such session, or it is open."""
        rows = await self._pool.fetch("SELECT consentfeed.why_session_ended($1)", token_sha256)
        reason: str | None = rows[0][0]
        return reason

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
