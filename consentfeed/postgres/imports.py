"""Imports: rows that come in, and what is kept of each import."""

from collections.abc import Sequence

from consentfeed.postgres.pool import Pool, Record
from consentfeed.postgres.reads import Reads


class ImportQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool, reads: Reads) -> None:
        self._pool = pool
        self._reads = reads

    async def import_rows(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; (item, outcome, problem, member, customer_id, seq, hash, import_id).

        One transaction. Raises as Pool.commit() does.
        """
        rows = await self._pool.commit("SELECT * FROM consentfeed.import_rows($1, $2, $3, $4, $5, $6, $7)", *args)
        self._reads.wrote()
        return rows

    async def list_imports(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; imports, newest first."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_imports($1, $2, $3)", *args)

    async def import_report(self, import_id: str) -> list[Record]:
        """Rows of (row_number, code, member)."""
        return await self._pool.fetch("SELECT * FROM consentfeed.import_report($1)", import_id)

    async def folded(self, addresses: Sequence[str]) -> list[str]:
        """Addresses as they are compared, in their order."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.folded_address(one.address)"
            " FROM unnest($1::text[]) WITH ORDINALITY AS one (address, nth) ORDER BY one.nth",
            addresses,
        )
        return [row[0] for row in rows]
