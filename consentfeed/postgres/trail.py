"""The access trail: who was shown whose data."""

from consentfeed.postgres.pool import Pool, Record


class TrailQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def record_accesses(self, lines: str) -> None:
        """Adds lines to the access trail (JSON array) in one transaction."""
        await self._pool.fetch("SELECT consentfeed.record_accesses($1)", lines)

    async def list_accesses(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; lines, newest first."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_accesses($1, $2, $3, $4, $5, $6, $7, $8)", *args)

    async def forget_accesses(self, days: int, limit: int) -> int:
        """Deletes lines older than that; how many."""
        return int((await self._pool.fetch("SELECT consentfeed.forget_accesses($1, $2)", days, limit))[0][0])
