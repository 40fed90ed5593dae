"""The door to PostgreSQL for everything but the listener: connections, and the driver's errors turned into ours."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from consentfeed import metrics
from consentfeed.errors import (
    Busy,
    ConsentfeedError,
    Crowded,
    DatabaseAway,
    NotAdmitted,
    OutcomeUnknown,
    StatementFailed,
)

Record = asyncpg.Record
_CONNECT_SECONDS = 5.0
_COMMAND_SECONDS = 10.0
LOCK_SECONDS = 4.0  # shorter than the above: who waits for a lock is told so, and not that PostgreSQL is away
_KEPT = 2  # connections that reads of clients leave to the feed, the writer, and the sign-outs
_BUSY = ("57014", "55P03")  # query_canceled, lock_not_available
_STANDBY = "25006"  # read_only_sql_transaction: during a failover it is not yet, or no longer, the one that writes
# What says that a connection is lost, and of what PostgreSQL says, that it ends one or refuses to have it.
# InternalClientError: the driver has lost track of a connection that was cut at a bad moment.
LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_REFUSED = (
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
)


class Pool:
    """A pool of connections as role consentfeed_app."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._size = size
        self._turns = asyncio.Semaphore(max(size - _KEPT, 1))
        self._pool: asyncpg.Pool[Record] | None = None

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
        began = time.monotonic()
        try:
            with _errors():
                connection = await self._pool.acquire(timeout=_CONNECT_SECONDS)
        except StatementFailed as error:
            metrics.database_errors.labels("not-admitted").inc()
            # It will not have us now: while it is being restored there is no such database, or none that accepts us.
            raise NotAdmitted(error.sqlstate) from error
        finally:
            metrics.database_wait.observe(time.monotonic() - began)
        try:
            yield connection
        except (DatabaseAway, OutcomeUnknown):
            with contextlib.suppress(*LOST):  # it may have gone by itself
                connection.terminate()  # or the next to have it would fail as well
            raise
        finally:
            # A connection that cannot be released is terminated; what it did before is known all the same.
            with contextlib.suppress(*LOST):
                await self._pool.release(connection)

    async def fetch(self, query: str, *args: object, seconds: float | None = None) -> list[Record]:
        """A statement for a client; raises DatabaseAway, Busy, StatementFailed. seconds: where it may take long."""
        async with self._turn():
            return await self.fetch_first(query, *args, seconds=seconds)

    async def fetch_first(self, query: str, *args: object, seconds: float | None = None) -> list[Record]:
        """The same where what everybody waits for hangs on it, however many clients ask for something."""
        async with self._connection() as connection:
            with _errors():
                rows: list[Record] = await connection.fetch(query, *args, timeout=seconds)
                return rows

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS if self._turns.locked() else None):
                await self._turns.acquire()
        except TimeoutError:
            raise _counted("crowded", Crowded()) from None
        try:
            yield
        finally:
            self._turns.release()

    async def commit(self, query: str, *args: object) -> list[Record]:
        """A statement that writes, where it matters whether it did.

        Raises DatabaseAway and Busy (nothing was written), StatementFailed (rolled back), OutcomeUnknown.
        """
        async with self._connection() as connection:
            try:
                rows: list[Record] = await connection.fetch(query, *args)
                return rows
            except asyncpg.PostgresError as error:
                if isinstance(error, LOST + _REFUSED) or connection.is_closed():
                    raise _counted("outcome-unknown", OutcomeUnknown()) from error
                raise _refusal(error) from error
            except LOST as error:
                raise _counted("outcome-unknown", OutcomeUnknown()) from error


async def _no_reset(_connection: object) -> None:
    """Nothing to reset."""


@contextlib.contextmanager
def _errors() -> Any:
    """asyncpg's errors as ours."""
    try:
        yield
    except (*LOST, *_REFUSED) as error:
        # The driver counts an argument that does not fit its type among the errors of its interface.
        if isinstance(error, ValueError):
            raise StatementFailed("22000") from error
        raise _counted("away", DatabaseAway(type(error).__name__)) from error
    except asyncpg.PostgresError as error:
        raise _refusal(error) from error


def _refusal(error: asyncpg.PostgresError) -> ConsentfeedError:
    """What a statement was refused for; nothing was written."""
    if error.sqlstate in _BUSY:
        return _counted("busy", Busy())
    if error.sqlstate == _STANDBY:
        return _counted("away", DatabaseAway("it is a standby"))
    return StatementFailed(error.sqlstate or "XX000")


def _counted(kind: str, error: ConsentfeedError) -> ConsentfeedError:
    metrics.database_errors.labels(kind).inc()
    return error
