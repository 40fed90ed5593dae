"""Consents: deciding on them, and reading them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from consentfeed.log.event import Row
from consentfeed.log.position import Position
from consentfeed.postgres.pool import Pool, Record
from consentfeed.postgres.reads import Reads


class Outcome(NamedTuple):
    """What became of a decision: problem is a code of errors.PROBLEMS; position is None where nothing changed."""

    problem: str | None
    consent: str | None
    position: Position | None


class Recorded(NamedTuple):
    """A commit: pairs of index and outcome, and the rows of the log that it made, in their order."""

    outcomes: list[tuple[int, Outcome]]
    rows: list[Row]


class ConsentQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool, reads: Reads) -> None:
        self._pool = pool
        self._reads = reads

    async def record_decisions(self, offer: Callable[[list[Row]], None], decisions: str) -> Recorded:
        """One transaction for all decisions (JSON array). offer: gets the rows of the log that it has made, none where
        it is not known whether there are some.

        Raises DatabaseAway and Busy (nothing was written), StatementFailed (rolled back), OutcomeUnknown.
        """
        made: list[Row] = []
        async with self._pool.committing() as commit:
            try:
                rows = await commit("SELECT * FROM consentfeed.record_decisions($1)", decisions)
                made = _made(rows)
            finally:
                offer(made)
        if events := [Position(row["seq"], row["hash"]) for row in rows if row["seq"] is not None]:
            self._reads.wrote(max(events))
        return Recorded([_outcome(row) for row in rows], made)

    async def expire_consents(self, limit: int) -> int:
        """Expires what is due; how many."""
        return int((await self._pool.fetch("SELECT consentfeed.expire_consents($1)", limit))[0][0])

    async def list_consents(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; first the position, then (consent, sort_key, id, customer_id)."""
        return await self._reads.fetch(
            "SELECT * FROM consentfeed.list_consents($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", *args
        )

    async def about_consents(self, *filters: object) -> int:
        """About how many list_consents() would list; arguments as of the SQL function."""
        query = "SELECT consentfeed.about_consents($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        rows = await self._reads.fetch(query, *filters)
        return int(rows[0][0])

    async def customer_consents(self, customer: str) -> tuple[Position, str]:
        """The customer's place, and the consents as JSON objects joined by commas."""
        row = (await self._reads.fetch("SELECT * FROM consentfeed.customer_consents($1)", customer))[0]
        return Position(row["seq"], row["hash"]), row["consents"] or ""

    async def one_consent(self, consent: str, customer: str | None) -> tuple[str, int, UUID] | None:
        """A consent (of that customer alone, if given) as JSON, its version, and whose it is."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.one_consent($1, $2)", consent, customer)
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    async def consents_at(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; first the position, then (state, version, kept, customer_id); no row at all
        where the kept log begins later."""
        return await self._reads.fetch("SELECT * FROM consentfeed.consents_at($1, $2, $3, $4, $5, $6, $7)", *args)

    async def check_consents(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; first the position, then the answers; no row where the log begins later."""
        return await self._pool.fetch("SELECT * FROM consentfeed.check_consents($1, $2, $3, $4, $5, $6, $7)", *args)

    async def contact_consents(
        self, msisdn: str | None, email: str | None, channel: str, purpose: str | None
    ) -> list[Record]:
        """Consents on a channel of all who have the number or address; rows of (id, customer_id)."""
        return await self._pool.fetch(
            "SELECT * FROM consentfeed.contact_consents($1, $2, $3, $4)", msisdn, email, channel, purpose
        )

    async def consent_ids(
        self, customers: Sequence[str], purposes: Sequence[str], channels: Sequence[str]
    ) -> list[UUID | None]:
        """The consent of each triple, None where there is none."""
        rows = await self._pool.fetch(
            "SELECT * FROM consentfeed.consent_ids($1, $2, $3)", customers, purposes, channels
        )
        return [row[0] for row in rows]

    async def count_consents(self) -> list[Record]:
        """Rows of (purpose, granted, revoked, expired, pending)."""
        return await self._reads.fetch("SELECT * FROM consentfeed.count_consents()")


def _made(rows: Sequence[Record]) -> list[Row]:
    return sorted(
        Row(row["seq"], row["hash"], row["customer_id"], row["body"], row["email"], row["note"])
        for row in rows
        if row["body"] is not None
    )


def _outcome(row: Record) -> tuple[int, Outcome]:
    position = None if row["seq"] is None else Position(row["seq"], row["hash"])
    return row["item"] - 1, Outcome(row["problem"], row["consent"], position)
