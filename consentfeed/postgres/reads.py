"""Where reads go that may be a little old: to the replica where that is good, else to the primary."""

from consentfeed import metrics
from consentfeed.log.position import Position
from consentfeed.postgres.pool import Pool, Record
from consentfeed.postgres.replica import Replica


class Reads:
    """The door for lists, search, histories, older pages of the feed and verification; without a replica, the pool."""

    def __init__(self, pool: Pool, replica: Replica | None) -> None:
        self._pool = pool
        self._replica = replica

    async def fetch(self, query: str, *args: object, seconds: float | None = None) -> list[Record]:
        """A query that writes nothing; errors as of Pool.fetch(), and never for the replica's sake."""
        if self._replica:
            rows = await self._replica.fetch(query, *args, seconds=seconds)
            if rows is not None:
                return rows
            metrics.reads.labels("primary").inc()
        return await self._pool.fetch(query, *args, seconds=seconds)

    def wrote(self, newest: Position | None = None) -> None:
        """This node has committed what reads are to show from now on; newest: its newest event, where that is known."""
        if self._replica:
            self._replica.wrote(newest)
