"""The door to PostgreSQL for everything but the listener: one method per SQL function, errors turned into ours."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from consentfeed.errors import Busy, DatabaseAway, OutcomeUnknown, StatementFailed
from consentfeed.events import Position, Row

_CONNECT_SECONDS = 5.0
_COMMAND_SECONDS = 10.0
LOCK_SECONDS = 4.0  # shorter than the above: who waits for a lock is told so, and not that PostgreSQL is away
_BUSY = ("57014", "55P03")  # query_canceled, lock_not_available
# SQLSTATE classes in which the server ends the connection or refuses to have it.
_AWAY = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError, TimeoutError)
_REFUSED = (
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
)


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


class Database:
    """A pool of connections as role consentfeed_app."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._size = size
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Makes the pool; raises DatabaseAway."""
        with _errors():
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=self._size,
                timeout=_CONNECT_SECONDS,
                command_timeout=_COMMAND_SECONDS,
                # Between two uses nothing is left to reset: no session state, single statements only.
                reset=_no_reset,
                server_settings={
                    "application_name": "consentfeed",
                    "timezone": "UTC",
                    "lock_timeout": f"{LOCK_SECONDS}s",
                },
            )

    async def close(self) -> None:
        """Closes the pool, at once where connections do not come back."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), 2)
            except TimeoutError:
                self._pool.terminate()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        assert self._pool is not None
        with _errors():
            connection = await self._pool.acquire(timeout=_CONNECT_SECONDS)
        try:
            yield connection
        finally:
            # A connection that cannot be released is terminated; what it did before is known all the same.
            with contextlib.suppress(*_AWAY):
                await self._pool.release(connection)

    async def _fetch(self, query: str, *args: object) -> list[asyncpg.Record]:
        async with self._connection() as connection:
            with _errors():
                rows: list[asyncpg.Record] = await connection.fetch(query, *args)
                return rows

    # The log

    async def log_head(self) -> Position:
        """The newest event."""
        return Position(*(await self._fetch("SELECT * FROM consentfeed.log_head()"))[0])

    async def events_after(self, seq: int, limit: int) -> list[Row]:
        """First the place itself, without body, if the log contains it; then at most limit events."""
        return [Row(*row) for row in await self._fetch("SELECT * FROM consentfeed.events_after($1, $2)", seq, limit)]

    async def customer_events_after(self, customer: str, seq: int, limit: int) -> list[Row]:
        """At most limit events of one customer."""
        return [
            Row(*row)
            for row in await self._fetch(
                "SELECT * FROM consentfeed.customer_events_after($1, $2, $3)", customer, seq, limit
            )
        ]

    async def consent_history(self, consent: str) -> list[Row]:
        """All events of a consent, oldest first."""
        return [Row(*row) for row in await self._fetch("SELECT * FROM consentfeed.consent_history($1)", consent)]

    async def judge_place(self, place: Position, customer: str | None) -> Verdict:
        """Whether the log contains a place; with a customer, whether it is one of the customer's."""
        prefix = place.hash[:8] if customer else place.hash[:4]
        rows = await self._fetch("SELECT * FROM consentfeed.judge_place($1, $2, $3)", place.seq, prefix, customer)
        verdict, seq, found, head_seq, head_hash = rows[0]
        return Verdict(verdict, Position(seq, found), Position(head_seq, head_hash))

    async def customer_place(self, customer: str) -> Position:
        """The newest event of a customer, or the place before the first event."""
        return Position(*(await self._fetch("SELECT * FROM consentfeed.customer_place($1)", customer))[0])

    async def verify_log(self) -> tuple[int, str] | None:
        """The first position that does not fit and why, or None where the log is whole. Reads everything."""
        async with self._connection() as connection:
            with _errors():
                row = await connection.fetchrow("SELECT * FROM consentfeed.verify_log()", timeout=24 * 3600)
        return (row[0], row[1]) if row else None

    # Writing

    async def record_decisions(self, decisions: str) -> list[tuple[int, Outcome]]:
        """One transaction for all decisions (JSON array); pairs of index and outcome.

        Raises DatabaseAway and Busy (nothing was written), StatementFailed (rolled back), OutcomeUnknown.
        """
        async with self._connection() as connection:
            try:
                rows = await connection.fetch("SELECT * FROM consentfeed.record_decisions($1)", decisions)
            except asyncpg.PostgresError as error:
                if isinstance(error, _AWAY + _REFUSED) or connection.is_closed():
                    raise OutcomeUnknown from error
                if error.sqlstate in _BUSY:
                    raise Busy from error
                raise StatementFailed(error.sqlstate or "XX000") from None
            except _AWAY as error:
                raise OutcomeUnknown from error
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
        rows = await self._fetch(
            "SELECT consentfeed.register_customer($1, $2, $3, $4, $5)", customer, name, email, msisdn, language
        )
        return bool(rows[0][0])

    async def expire_consents(self, limit: int) -> int:
        """Expires what is due; how many."""
        return int((await self._fetch("SELECT consentfeed.expire_consents($1)", limit))[0][0])

    async def keep_house(self) -> None:
        """Forgets what is no longer needed, and keeps partitions ahead of the log."""
        await self._fetch("SELECT consentfeed.forget_expired()")
        await self._fetch("SELECT consentfeed.add_event_partitions()")

    # Reading

    async def list_consents(self, *args: object) -> list[asyncpg.Record]:
        """Arguments as of the SQL function; the first row is the position, then (consent, sort_key, id)."""
        return await self._fetch(
            "SELECT * FROM consentfeed.list_consents($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", *args
        )

    async def customer_consents(self, customer: str) -> tuple[Position, str]:
        """The customer's place, and the consents as JSON objects joined by commas."""
        row = (await self._fetch("SELECT * FROM consentfeed.customer_consents($1)", customer))[0]
        return Position(row["seq"], row["hash"]), row["consents"] or ""

    async def one_consent(self, consent: str, customer: str | None) -> tuple[str, int] | None:
        """A consent (of that customer alone, if given) as JSON, and its version."""
        rows = await self._fetch("SELECT * FROM consentfeed.one_consent($1, $2)", consent, customer)
        return (rows[0][0], rows[0][1]) if rows else None

    async def consent_ids(
        self, customers: Sequence[str], purposes: Sequence[str], channels: Sequence[str]
    ) -> list[UUID | None]:
        """The consent of each triple, None where there is none."""
        rows = await self._fetch("SELECT * FROM consentfeed.consent_ids($1, $2, $3)", customers, purposes, channels)
        return [row[0] for row in rows]

    async def list_customers(self, *args: object) -> list[asyncpg.Record]:
        """Arguments as of the SQL function; rows of (customer, name, id)."""
        return await self._fetch("SELECT * FROM consentfeed.list_customers($1, $2, $3, $4, $5)", *args)

    async def one_customer(self, customer: str) -> str | None:
        """A customer as JSON."""
        rows = await self._fetch(
            "SELECT consentfeed.customer_json(c) FROM consentfeed.customers AS c WHERE c.id = $1", customer
        )
        return rows[0][0] if rows else None

    async def customer_by_email(self, email: str) -> UUID | None:
        """The only customer with this address; None where there is none or more than one."""
        rows = await self._fetch("SELECT id FROM consentfeed.customers WHERE lower(email) = lower($1) LIMIT 2", email)
        return rows[0][0] if len(rows) == 1 else None

    async def purposes(self) -> list[asyncpg.Record]:
        """All purposes in their order."""
        return await self._fetch("SELECT * FROM consentfeed.list_purposes()")

    async def notice(self, key: str, version: int, language: str) -> asyncpg.Record | None:
        """A published notice: text and sha256."""
        rows = await self._fetch(
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
        rows = await self._fetch("SELECT * FROM consentfeed.find_user($1)", email)
        return Account(*rows[0]) if rows else None

    async def add_user(self, email: str, role: str, password_hash: str | None, customer: UUID | None) -> UUID:
        """Adds an account; StatementFailed 23505 where the address is taken."""
        rows = await self._fetch("SELECT consentfeed.add_user($1, $2, $3, $4)", email, role, password_hash, customer)
        added: UUID = rows[0][0]
        return added

    async def disable_user(self, email: str) -> bool:
        """Disables an account and ends its sessions; whether there is one."""
        return bool((await self._fetch("SELECT consentfeed.disable_user($1)", email))[0][0])

    async def users(self) -> list[asyncpg.Record]:
        """All accounts: email, role, created_at, disabled_at."""
        return await self._fetch(
            "SELECT email, role, created_at, disabled_at FROM consentfeed.users ORDER BY lower(email)"
        )

    async def open_session(self, user: UUID, token_sha256: bytes, lifetime: timedelta) -> UUID | None:
        """A new session, None where the account has just been disabled."""
        rows = await self._fetch("SELECT consentfeed.open_session($1, $2, $3)", user, token_sha256, lifetime)
        session: UUID | None = rows[0][0]
        return session

    async def find_session(self, token_sha256: bytes) -> OpenSession | None:
        """The open session with this token."""
        rows = await self._fetch("SELECT * FROM consentfeed.find_session($1)", token_sha256)
        return OpenSession(*rows[0]) if rows else None

    async def end_session(self, session: UUID) -> None:
        """Signs out."""
        await self._fetch("SELECT consentfeed.end_session($1)", session)

    async def ended(self, sessions: Sequence[UUID], accounts: Sequence[UUID]) -> set[UUID]:
        """Which of the sessions have ended, and which of the accounts are disabled."""
        rows = await self._fetch("SELECT * FROM consentfeed.ended_sessions($1, $2)", sessions, accounts)
        return {row[0] for row in rows}

    async def migrations(self) -> list[str]:
        """Names of what has been applied; StatementFailed 42P01 or 3F000 where nothing has."""
        return [row[0] for row in await self._fetch("SELECT name FROM consentfeed.migrations ORDER BY name")]

    async def not_callable(self, signatures: Sequence[str]) -> list[str]:
        """Which of these functions there are not, or may not be called."""
        rows = await self._fetch(
            "SELECT signature FROM unnest($1::text[]) AS signature"
            " WHERE has_function_privilege(to_regprocedure(signature), 'EXECUTE') IS NOT TRUE",
            signatures,
        )
        return [row[0] for row in rows]


async def _no_reset(_connection: object) -> None:
    """Nothing to reset."""


@contextlib.contextmanager
def _errors() -> Any:
    """asyncpg's errors as ours."""
    try:
        yield
    except (*_AWAY, *_REFUSED) as error:
        # The driver counts an argument that does not fit its type among the errors of its interface.
        if isinstance(error, ValueError):
            raise StatementFailed("22000") from error
        raise DatabaseAway(type(error).__name__) from error
    except asyncpg.PostgresError as error:
        if error.sqlstate in _BUSY:
            raise Busy from error
        raise StatementFailed(error.sqlstate or "XX000") from error
