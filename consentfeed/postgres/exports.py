"""Exports: everything that fits, from one snapshot, as fast as it is taken."""

import asyncio
import contextlib
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import asyncpg

from consentfeed import database_url, metrics
from consentfeed.database_url import DatabaseUrl
from consentfeed.errors import Busy, DatabaseAway, StatementFailed
from consentfeed.log.position import Position
from consentfeed.postgres.connection import LOST, connect, words
from consentfeed.postgres.refusals import message_of
from consentfeed.postgres.replica import Replica, left

Kind = Literal["ndjson", "csv"]
_COPY: Final[dict[Kind, tuple[str, dict[str, Any]]]] = {
    "ndjson": (
        "SELECT consent, owner FROM consentfeed.export_lines($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {"format": "text"},
    ),
    "csv": (
        "SELECT * FROM consentfeed.export_cells($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {"format": "csv", "header": True},
    ),
}

# Raises where a connection must not be read from.
Require = Callable[[Any], Awaitable[None]]


async def _is_good(_connection: Any) -> None:
    """The primary always is."""


class Export:
    """One export: a connection of its own, and its transaction; position is that of the snapshot."""

    def __init__(self, connection: Any, position: Position, kind: Kind, filters: tuple[object, ...]) -> None:
        self.position = position
        self._connection = connection
        self._kind = kind
        self._filters = filters

    async def copy(self, sink: Callable[[bytes], Awaitable[None]]) -> None:
        """Hands out everything, as lines that are never parted; reads no further while the sink waits.

        Raises DatabaseAway and StatementFailed, and what the sink raises.
        """
        query, options = _COPY[self._kind]
        with _errors():
            await self._connection.copy_from_query(query, *self._filters, output=sink, **options)

    @property
    def closed(self) -> bool:
        """Whether its connection has ended."""
        return bool(self._connection.is_closed())

    def close(self) -> None:
        """Ends the transaction at once, whatever PostgreSQL is doing for it."""
        with contextlib.suppress(*LOST):
            self._connection.terminate()


class Exports:
    """Opens exports, each on a connection beside the pool: one that goes slowly takes no turn from anybody.

    From the replica where that is good, and lets long reads end: what has been sent cannot be taken back.
    """

    def __init__(self, url: str, most: int, replica: Replica | None = None) -> None:
        self._url = database_url.read(url)
        self._most = most
        self._replica = replica
        self._running: weakref.WeakSet[Export] = weakref.WeakSet()

    @property
    def crowded(self) -> bool:
        """Whether as many run as may at once."""
        return sum(not export.closed for export in self._running) >= self._most

    async def open(self, kind: Kind, *filters: object) -> Export:
        """Filters as of export_consents(). Raises DatabaseAway, Busy, StatementFailed."""
        export = await self._open_there(self._replica, kind, filters) if self._replica else None
        if export is None:
            export = await self._open(self._url, kind, filters)
        self._running.add(export)
        return export

    async def _open_there(self, replica: Replica, kind: Kind, filters: tuple[object, ...]) -> Export | None:
        """None: the primary is to be asked."""
        if reason := replica.unusable or ("" if replica.keeps_exports else "cancels-exports"):
            left(reason)
        else:
            with replica.failures():
                export = await self._open(replica.pool.url, kind, filters, replica.require_good)
                metrics.reads.labels("replica").inc()
                return export
        metrics.reads.labels("primary").inc()
        return None

    async def _open(
        self, url: DatabaseUrl, kind: Kind, filters: tuple[object, ...], require_good: Require = _is_good
    ) -> Export:
        connection = await connect(url, "consentfeed export")
        try:
            with _errors():
                async with asyncio.timeout(url.connect_seconds):
                    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    await require_good(connection)
                    await connection.execute("SET LOCAL parallel_tuple_cost = 0")
                    row = await connection.fetchrow("SELECT seq, hash FROM consentfeed.log_head()")
        except BaseException:
            connection.terminate()
            raise
        assert row is not None
        return Export(connection, Position(row["seq"], row["hash"]), kind, filters)


@contextlib.contextmanager
def _errors() -> Any:
    """The driver's errors as ours."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if error.sqlstate in ("57014", "55P03"):
            raise Busy from error
        if isinstance(error, LOST) or (error.sqlstate or "").startswith("57P"):
            raise DatabaseAway(words(error)) from error
        raise StatementFailed(error.sqlstate or "XX000", message_of(error.sqlstate or "", words(error))) from error
    except LOST as error:
        raise DatabaseAway(words(error)) from error
