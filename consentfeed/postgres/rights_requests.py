"""Rights requests: what customers demand by law, and by what days deadlines are counted."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from consentfeed.log.event import Row
from consentfeed.postgres.pool import Pool, Record
from consentfeed.postgres.reads import Reads


class RightsRequest(NamedTuple):
    """A request and what was written in it, as JSON; version, whose it is, and what decides who may do what."""

    request: str
    texts: str
    version: int
    customer_id: UUID
    assigned_to: UUID | None
    kind: str
    status: str


class RightsRequestQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool, reads: Reads) -> None:
        self._pool = pool
        self._reads = reads

    async def open_request(self, *args: object) -> Record:
        """Arguments as of the SQL function; (problem, request, seq, hash). Raises as Pool.commit() does."""
        query = (
            "SELECT * FROM consentfeed.open_rights_request("
            "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        )
        return await self._commit(query, *args)

    async def act(self, *args: object) -> Record:
        """Arguments as of the SQL function; (problem, request, seq, hash). Raises as Pool.commit() does."""
        query = (
            "SELECT * FROM consentfeed.act_on_rights_request("
            "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        )
        return await self._commit(query, *args)

    async def fulfil_erasure(self, *args: object) -> Record:
        """Arguments as of the SQL function; (problem, request, seq, hash, erased_seq). Raises as Pool.commit() does."""
        query = "SELECT * FROM consentfeed.fulfil_erasure($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        return await self._commit(query, *args)

    async def _commit(self, query: str, *args: object) -> Record:
        rows = await self._pool.commit(query, *args)
        self._reads.wrote()
        return rows[0]

    async def list_requests(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; the position of the snapshot, then requests, what is due first."""
        query = "SELECT * FROM consentfeed.list_rights_requests($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        return await self._reads.fetch(query, *args)

    async def one(self, of: str, only: str | None) -> RightsRequest | None:
        """A request (of that customer alone, if given)."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.one_rights_request($1, $2)", of, only)
        return RightsRequest(*rows[0]) if rows else None

    async def history(self, of: str, only: str | None) -> list[Row]:
        """The kept events of a request (of that customer alone, if given), oldest first."""
        return [
            Row(*row) for row in await self._reads.fetch("SELECT * FROM consentfeed.rights_history($1, $2)", of, only)
        ]

    async def held_data(self, customer: UUID, most: int) -> Record:
        """Everything that is held about a customer: columns as of the SQL function, of one snapshot."""
        return (await self._pool.fetch("SELECT * FROM consentfeed.held_data($1, $2)", customer, most))[0]

    async def forget_texts(self, days: int, limit: int) -> int:
        """Empties what was written in requests that were closed before that; in how many."""
        return int((await self._pool.fetch("SELECT consentfeed.forget_rights_texts($1, $2)", days, limit))[0][0])

    async def counts(self, assignee: str | None = None) -> list[Record]:
        """Of each kind: (kind, open, overdue, due_soon, mine, unassigned)."""
        return await self._pool.fetch("SELECT * FROM consentfeed.count_rights_requests($1)", assignee)

    async def deadlines(self) -> list[Record]:
        """Of each kind: its deadline and extension, with time zone and weekend."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_deadlines()")

    async def save_deadline(self, *args: object) -> str | None:
        """Arguments as of the SQL function; why it was not saved, or None."""
        rows = await self._pool.fetch("SELECT consentfeed.save_deadline($1, $2, $3, $4, $5, $6)", *args)
        problem: str | None = rows[0][0]
        return problem

    async def holidays(self) -> list[Record]:
        """All: (day, name)."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_holidays()")

    async def save_holiday(self, day: date, name: str, most: int) -> Record:
        """(outcome, moved). Raises as Pool.commit() does."""
        return (await self._pool.commit("SELECT * FROM consentfeed.save_holiday($1, $2, $3)", day, name, most))[0]

    async def delete_holiday(self, day: date) -> int | None:
        """How many requests it moved; None: there was none. Raises as Pool.commit() does."""
        moved: int | None = (await self._pool.commit("SELECT consentfeed.delete_holiday($1)", day))[0][0]
        return moved

    async def save_time_zone(self, time_zone: str) -> bool:
        """Whether it was another one. Raises as Pool.commit() does."""
        return bool((await self._pool.commit("SELECT consentfeed.save_time_zone($1)", time_zone))[0][0])
