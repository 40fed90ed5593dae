"""The log: events after a position, whether a position is in it, and whether it is whole."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from consentfeed.errors import EmptyLog
from consentfeed.log.event import Row
from consentfeed.log.position import Position
from consentfeed.postgres.pool import Pool, Record
from consentfeed.postgres.reads import Reads

_EVENTS_AFTER: Final = "SELECT * FROM consentfeed.events_after($1, $2)"
# One statement, for one snapshot: what is said to be whole is what was looked at.
_VERIFY: Final = (
    "SELECT consentfeed.kept_events(), head.seq, head.hash, broken.seq, broken.problem"
    " FROM consentfeed.log_head() AS head LEFT JOIN consentfeed.verify_log() AS broken ON true"
)


# What Row._make() does, in half the time: a replay is a million of them.
_row: Final[partial[Row]] = partial(tuple.__new__, Row)


def _rows(records: Iterable[Record]) -> list[Row]:
    return list(map(_row, records))


class Verdict(NamedTuple):
    """Whether a reader may go on from a position ("ok", or a reason for a reset), and the newest event then."""

    verdict: str
    position: Position
    head: Position


class Verified(NamedTuple):
    """How many events the log holds, the newest, and what does not fit first, and why; None: the log is whole."""

    events: int
    head: Position
    position: int | None
    problem: str | None


class LogQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool, reads: Reads) -> None:
        self._pool = pool
        self._reads = reads

    async def log_head(self) -> Position:
        """The newest event; raises EmptyLog."""
        rows = await self._pool.fetch_first("SELECT * FROM consentfeed.log_head()")
        if not rows:
            raise EmptyLog
        return Position(*rows[0])

    async def events_after(self, seq: int, limit: int) -> list[Row]:
        """First the position itself, without body, if the log contains it; then at most limit events."""
        return _rows(await self._pool.fetch_first(_EVENTS_AFTER, seq, limit))

    async def history_after(self, seq: int, limit: int) -> list[Row]:
        """The same for those who come back from further behind: they wait their turn."""
        return _rows(await self._pool.fetch(_EVENTS_AFTER, seq, limit))

    async def page_after(self, seq: int, limit: int) -> list[Row]:
        """The same for a page that is full: what comes later is not in it."""
        return _rows(await self._reads.fetch(_EVENTS_AFTER, seq, limit))

    async def customer_events_after(self, customer: str, seq: int, limit: int) -> list[Row]:
        """First the position itself, without body, its hash None if the log does not contain it; then events."""
        query = "SELECT * FROM consentfeed.customer_events_after($1, $2, $3)"
        return _rows(await self._pool.fetch(query, customer, seq, limit))

    async def consent_history(self, consent: str, customer: str | None) -> list[Row]:
        """All events of a consent (of that customer alone, if given), oldest first."""
        rows = await self._reads.fetch("SELECT * FROM consentfeed.consent_history($1, $2)", consent, customer)
        return _rows(rows)

    async def customer_history(self, customer: str, before: int | None, limit: int) -> list[Row]:
        """Events of a customer before a position, newest first."""
        query = "SELECT * FROM consentfeed.customer_history($1, $2, $3)"
        rows = await self._reads.fetch(query, customer, before, limit)
        return _rows(rows)

    async def log_history(self, before: int | None, limit: int) -> list[Row]:
        """All events before a position, newest first."""
        rows = await self._reads.fetch("SELECT * FROM consentfeed.log_history($1, $2)", before, limit)
        return _rows(rows)

    async def judge_position(self, position: Position, customer: str | None) -> Verdict:
        """Whether the log contains a position; with a customer, whether it is one of the customer's."""
        prefix = position.hash[:8] if customer else position.hash[:4]
        rows = await self._pool.fetch(
            "SELECT * FROM consentfeed.judge_place($1, $2, $3)", position.seq, prefix, customer
        )
        verdict, seq, hash_, head_seq, head_hash = rows[0]
        return Verdict(verdict, Position(seq, hash_), Position(head_seq, head_hash))

    async def customer_positions(self, customers: Sequence[str]) -> dict[str, Position]:
        """The newest event of each customer, or the position before the first event."""
        rows = await self._pool.fetch(
            "SELECT customer::text, place.seq, place.hash"
            " FROM unnest($1::uuid[]) AS customer, consentfeed.customer_place(customer) AS place",
            customers,
        )
        return {customer: Position(seq, hash_) for customer, seq, hash_ in rows}

    async def verify_log(self) -> Verified:
        """Whether the log is whole. Reads everything. Raises EmptyLog."""
        rows = await self._reads.fetch(_VERIFY, seconds=24 * 3600)
        if not rows:
            raise EmptyLog
        events, seq, hash_, position, problem = rows[0]
        return Verified(events, Position(seq, hash_), position, problem)

    async def first_kept(self) -> int:
        """The position of the first event that is kept."""
        rows = await self._pool.fetch("SELECT seq FROM consentfeed.events ORDER BY seq LIMIT 1")
        return int(rows[0][0]) if rows else 0

    async def log_copy(self, first: int, count: int) -> list[tuple[int, str, bytes]]:
        """Positions, bodies and hashes of kept events that follow one another, as they lie in the table."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.log_copy($1, $2)", first, count, seconds=60)
        return [(row[0], row[1], row[2]) for row in rows]

    async def decisions_by_day(self, days: int) -> list[Record]:
        """Rows of (day, purpose, granted, revoked)."""
        return await self._reads.fetch("SELECT * FROM consentfeed.decisions_by_day($1)", days)
