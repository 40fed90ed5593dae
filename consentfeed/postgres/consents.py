"""What the service asks PostgreSQL: one method per SQL function."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from consentfeed.log.event import Position, Row
from consentfeed.postgres.pool import Pool, Record

_EVENTS_AFTER = "SELECT * FROM consentfeed.events_after($1, $2)"


class Outcome(NamedTuple):
    """What became of a decision: problem is a code of errors.PROBLEMS; position is None where nothing changed."""

    problem: str | None
    consent: str | None
    position: Position | None


class Verdict(NamedTuple):
    """Whether a reader may go on from a place ("ok", or a reason for a reset), and the newest event then."""

    verdict: str
    place: Position
    head: Position


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


class Outside(NamedTuple):
    """What an identity provider's ID token says of whom it has signed in."""

    issuer: str
    subject: str
    sid: str | None
    issued_at: datetime


class EndedSession(NamedTuple):
    """What an identity provider calls a session that has been ended; None: a password had opened it."""

    issuer: str | None
    subject: str | None
    sid: str | None


class Database(Pool):
    """The log, consents and customers, and who signs in; what admins do is in administration."""

    # The log

    async def log_head(self) -> Position:
        """The newest event."""
        return Position(*(await self.fetch_first("SELECT * FROM consentfeed.log_head()"))[0])

    async def events_after(self, seq: int, limit: int) -> list[Row]:
        """First the place itself, without body, if the log contains it; then at most limit events."""
        return [Row(*row) for row in await self.fetch_first(_EVENTS_AFTER, seq, limit)]

    async def backlog_after(self, seq: int, limit: int) -> list[Row]:
        """The same for those who come back from further behind: they wait their turn."""
        return [Row(*row) for row in await self.fetch(_EVENTS_AFTER, seq, limit)]

    async def customer_events_after(self, customer: str, seq: int, limit: int) -> list[Row]:
        """First the place itself, without body, its hash None if the log does not contain it; then events."""
        return [
            Row(*row)
            for row in await self.fetch(
                "SELECT * FROM consentfeed.customer_events_after($1, $2, $3)", customer, seq, limit
            )
        ]

    async def consent_history(self, consent: str, customer: str | None) -> list[Row]:
        """All events of a consent (of that customer alone, if given), oldest first."""
        rows = await self.fetch("SELECT * FROM consentfeed.consent_history($1, $2)", consent, customer)
        return [Row(*row) for row in rows]

    async def judge_place(self, place: Position, customer: str | None) -> Verdict:
        """Whether the log contains a place; with a customer, whether it is one of the customer's."""
        prefix = place.hash[:8] if customer else place.hash[:4]
        rows = await self.fetch("SELECT * FROM consentfeed.judge_place($1, $2, $3)", place.seq, prefix, customer)
        verdict, seq, found, head_seq, head_hash = rows[0]
        return Verdict(verdict, Position(seq, found), Position(head_seq, head_hash))

    async def customer_place(self, customer: str) -> Position:
        """The newest event of a customer, or the place before the first event."""
        return Position(*(await self.fetch("SELECT * FROM consentfeed.customer_place($1)", customer))[0])

    async def verify_log(self) -> tuple[int, str] | None:
        """The first position that does not fit and why, or None where the log is whole. Reads everything."""
        rows = await self.fetch("SELECT * FROM consentfeed.verify_log()", seconds=24 * 3600)
        return (rows[0][0], rows[0][1]) if rows else None

    async def kept_events(self) -> int:
        """How many events the log holds."""
        return int((await self.fetch("SELECT consentfeed.kept_events()"))[0][0])

    # Writing

    async def record_decisions(self, decisions: str) -> list[tuple[int, Outcome]]:
        """One transaction for all decisions (JSON array); pairs of index and outcome.

        Raises DatabaseAway and Busy (nothing was written), StatementFailed (rolled back), OutcomeUnknown.
        """
        rows = await self.commit("SELECT * FROM consentfeed.record_decisions($1)", decisions)
        return [
            (
                row["item"] - 1,
                Outcome(
                    row["problem"],
                    row["consent"],
                    None if row["seq"] is None else Position(row["seq"], row["hash"]),
                ),
            )
            for row in rows
        ]

    async def register_customer(
        self, customer: str, name: str, email: str | None, msisdn: str | None, language: str | None
    ) -> bool:
        """Registers or updates; whether the customer is new."""
        rows = await self.fetch(
            "SELECT consentfeed.register_customer($1, $2, $3, $4, $5)", customer, name, email, msisdn, language
        )
        return bool(rows[0][0])

    async def expire_consents(self, limit: int) -> int:
        """Expires what is due; how many."""
        return int((await self.fetch("SELECT consentfeed.expire_consents($1)", limit))[0][0])

    async def keep_house(self) -> None:
        """Forgets what is no longer needed, and keeps partitions ahead of the log."""
        await self.fetch("SELECT consentfeed.forget_expired()")
        await self.fetch("SELECT consentfeed.add_event_partitions()")

    # The access trail

    async def record_accesses(self, lines: str) -> None:
        """Adds lines to the access trail (JSON array) in one transaction."""
        await self.fetch("SELECT consentfeed.record_accesses($1)", lines)

    async def forget_accesses(self, days: int, limit: int) -> int:
        """Deletes lines older than that; how many."""
        return int((await self.fetch("SELECT consentfeed.forget_accesses($1, $2)", days, limit))[0][0])

    # Reading

    async def list_consents(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; first the position, then (consent, sort_key, id, customer_id)."""
        return await self.fetch(
            "SELECT * FROM consentfeed.list_consents($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", *args
        )

    async def customer_consents(self, customer: str) -> tuple[Position, str]:
        """The customer's place, and the consents as JSON objects joined by commas."""
        row = (await self.fetch("SELECT * FROM consentfeed.customer_consents($1)", customer))[0]
        return Position(row["seq"], row["hash"]), row["consents"] or ""

    async def one_consent(self, consent: str, customer: str | None) -> tuple[str, int, UUID] | None:
        """A consent (of that customer alone, if given) as JSON, its version, and whose it is."""
        rows = await self.fetch("SELECT * FROM consentfeed.one_consent($1, $2)", consent, customer)
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    async def consent_ids(
        self, customers: Sequence[str], purposes: Sequence[str], channels: Sequence[str]
    ) -> list[UUID | None]:
        """The consent of each triple, None where there is none."""
        rows = await self.fetch("SELECT * FROM consentfeed.consent_ids($1, $2, $3)", customers, purposes, channels)
        return [row[0] for row in rows]

    async def list_customers(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; rows of (customer, name, id)."""
        return await self.fetch("SELECT * FROM consentfeed.list_customers($1, $2, $3, $4, $5)", *args)

    async def one_customer(self, customer: str) -> str | None:
        """A customer as JSON."""
        rows = await self.fetch(
            "SELECT consentfeed.customer_json(c) FROM consentfeed.customers AS c WHERE c.id = $1", customer
        )
        return rows[0][0] if rows else None

    async def customer_by_email(self, email: str) -> UUID | None:
        """The only customer with this address; None where there is none or more than one."""
        rows = await self.fetch("SELECT id FROM consentfeed.customers WHERE lower(email) = lower($1) LIMIT 2", email)
        return rows[0][0] if len(rows) == 1 else None

    async def purposes(self) -> list[Record]:
        """All purposes in their order."""
        return await self.fetch("SELECT * FROM consentfeed.list_purposes()")

    async def notice(self, key: str, version: int, language: str) -> Record | None:
        """A published notice: text and sha256."""
        rows = await self.fetch(
            "SELECT text, sha256 FROM consentfeed.notices"
            " WHERE (purpose, version, language) = ($1, $2, $3) AND published_at <= statement_timestamp()",
            key,
            version,
            language,
        )
        return rows[0] if rows else None

    # Signing in

    async def find_user(self, email: str) -> Account | None:
        """The account with this e-mail address, unless disabled."""
        rows = await self.fetch("SELECT * FROM consentfeed.find_user($1)", email)
        return Account(*rows[0]) if rows else None

    async def add_user(self, email: str, role: str, password_hash: str | None, customer: UUID | None) -> UUID:
        """Adds an account; StatementFailed 23505 where the address is taken."""
        rows = await self.fetch("SELECT consentfeed.add_user($1, $2, $3, $4)", email, role, password_hash, customer)
        added: UUID = rows[0][0]
        return added

    async def disable_user(self, email: str) -> bool:
        """Disables an account and ends its sessions; whether there is one."""
        return bool((await self.fetch("SELECT consentfeed.disable_user($1)", email))[0][0])

    async def users(self) -> list[dict[str, Any]]:
        """All accounts, as the API shows them."""
        rows = await self.fetch("SELECT * FROM consentfeed.list_users(NULL, NULL, NULL, NULL)")
        return [json.loads(row["account"]) for row in rows]

    async def admit_account(
        self, account: UUID, outside: Outside, email: str, role: str, customer: UUID | None
    ) -> str | None:
        """The account of somebody from outside, as said there; why not (a code of errors.PROBLEMS), or None."""
        rows = await self.fetch(
            "SELECT consentfeed.admit_account($1, $2, $3, $4, $5, $6)",
            account, outside.issuer, outside.subject, email, role, customer,
        )  # fmt: skip
        problem: str | None = rows[0][0]
        return problem

    async def open_session(
        self, user: UUID, token_sha256: bytes, lifetime: timedelta, idle: timedelta, agent: str | None,
        outside: Outside | None = None,
    ) -> UUID | None:  # fmt: skip
        """A new session, None where the account has just been disabled."""
        rows = await self.fetch(
            "SELECT consentfeed.open_session($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            user, token_sha256, lifetime, idle, agent, *(outside or (None,) * 4),
        )  # fmt: skip
        session: UUID | None = rows[0][0]
        return session

    async def find_sessions(self, tokens_sha256: Sequence[bytes]) -> dict[bytes, OpenSession | None]:
        """The open session with each token, or None."""
        rows = await self.fetch("SELECT * FROM consentfeed.find_sessions($1)", tokens_sha256)
        found = {token: OpenSession(*session) for token, *session in rows}
        return {token: found.get(token) for token in tokens_sha256}

    async def end_session(self, session: UUID | str) -> EndedSession | None:
        """Signs out; None where the session was not open."""
        rows = await self.fetch("SELECT * FROM consentfeed.end_session($1)", session)
        return EndedSession(*rows[0]) if rows else None

    async def touch_sessions(self, sessions: Sequence[UUID]) -> None:
        """Notes that the sessions are used."""
        await self.fetch("SELECT consentfeed.touch_sessions($1)", sessions)

    async def end_provider_sessions(
        self, issuer: str, subject: str | None, sid: str | None, issued_at: datetime
    ) -> int:
        """Ends what an identity provider has logged out; how many."""
        rows = await self.fetch(
            "SELECT consentfeed.end_provider_sessions($1, $2, $3, $4)", issuer, subject, sid, issued_at
        )
        return int(rows[0][0])

    async def ended(self, sessions: Sequence[UUID], accounts: Sequence[tuple[UUID | str, str]]) -> set[UUID]:
        """Which of the sessions have ended, and which of the accounts are disabled or have another role."""
        ids, roles = [account for account, _ in accounts], [role for _, role in accounts]
        rows = await self.fetch_first("SELECT * FROM consentfeed.ended_sessions($1, $2, $3)", sessions, ids, roles)
        return {row[0] for row in rows}

    # What fits

    async def migrations(self) -> list[str]:
        """Names of what has been applied; StatementFailed 42P01 or 3F000 where nothing has."""
        return [row[0] for row in await self.fetch("SELECT name FROM consentfeed.migrations ORDER BY name")]

    async def not_callable(self, signatures: Sequence[str]) -> list[str]:
        """Which of these functions there are not, or may not be called."""
        rows = await self.fetch(
            "SELECT signature FROM unnest($1::text[]) AS signature"
            " WHERE has_function_privilege(to_regprocedure(signature), 'EXECUTE') IS NOT TRUE",
            signatures,
        )
        return [row[0] for row in rows]
