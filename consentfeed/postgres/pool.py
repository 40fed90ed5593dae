"""The door to PostgreSQL for everything but the listener: connections, and the driver's errors turned into ours."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Final

import asyncpg
import structlog

from consentfeed import database_url, metrics
from consentfeed.errors import (
    Busy,
    ConsentfeedError,
    Crowded,
    DatabaseAway,
    NotAdmitted,
    OutcomeUnknown,
    ReadOnly,
    StatementFailed,
)
from consentfeed.postgres import session
from consentfeed.postgres.connection import LOST, Session, connect, words
from consentfeed.postgres.refusals import advice, message_of

logger = structlog.get_logger()
Record = asyncpg.Record
_WAIT_SECONDS = 5.0
_COMMAND_SECONDS = 10.0
LOCK_SECONDS = session.LOCK_SECONDS
_KEPT = 2  # connections that reads of clients leave to the feed, the writer, and the sign-outs
_SILENT_SECONDS = 10.0  # until the same failure to connect is logged again
_BUSY = ("57014", "55P03")  # query_canceled, lock_not_available
_READ_ONLY = "25006"  # read_only_sql_transaction
# Of what PostgreSQL says, that it ends a connection.
_REFUSED: Final = (
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
)


class Pool:
    """A pool of connections as role consentfeed_app. Raises UrlError for a URL that cannot be used.

    logs: whether it is logged that it cannot connect; a command says so itself. of_replica: it leads to a standby,
    which need take no writes; what goes wrong there is not counted as PostgreSQL's. why_read_only: why the newest
    connection takes no writes; empty where it does.
    """

    def __init__(self, url: str, size: int, *, logs: bool = False, of_replica: bool = False) -> None:
        self.why_read_only = ""
        self.url = database_url.read(url)
        self._size = size
        self._logs = logs
        self._of_replica = of_replica
        self._turns = asyncio.Semaphore(max(size - _KEPT, 1))
        self._pool: asyncpg.Pool[Record] | None = None
        self._failure = ("", -_SILENT_SECONDS)
        self._committing: set[int] = set()

    async def open(self) -> None:
        """Makes the pool."""
        make: Any = self._connect  # what the stubs take for one has other arguments
        self._pool = await asyncpg.create_pool(
            min_size=0,
            max_size=self._size,
            connect=make,
            connection_class=Session,
            command_timeout=_COMMAND_SECONDS,
            # Between two uses nothing is left to reset: no session state, single statements only.
            reset=_no_reset,
        )

    async def _connect(self, _dsn: None, **options: Any) -> Session:
        """For the pool. Why it fails may be seen nowhere else: whoever asked for a connection answers a client."""
        try:
            opened = await connect(self.url, "consentfeed replica" if self._of_replica else "consentfeed", **options)
        except DatabaseAway as error:
            kind = "not-admitted" if isinstance(error, NotAdmitted) else "away"
            if self._logs:
                self._log_failure(error)
            raise self._counted(kind, error) from error.__cause__
        self.why_read_only = opened.why_read_only
        return opened

    def _log_failure(self, error: DatabaseAway) -> None:
        reason, now = str(error), time.monotonic()
        if reason != self._failure[0] or now > self._failure[1] + _SILENT_SECONDS:
            self._failure = (reason, now)
            logger.warning("cannot connect to PostgreSQL", reason=reason, advice=advice(error))

    async def close(self) -> None:
        """Closes the pool, at once where connections do not come back."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), 2)
            except TimeoutError:
                self._pool.terminate()

    @contextlib.asynccontextmanager
    async def connection(self, most_seconds: float = float("inf")) -> AsyncIterator[Any]:
        """A connection for a while; it is not kept where what is raised meanwhile says that it is lost.

        most_seconds: how long to wait for it, where that is less than connecting may take. Raises DatabaseAway.
        """
        assert self._pool is not None
        began = time.monotonic()
        seconds = min(max(_WAIT_SECONDS, self.url.connect_seconds * len(self.url.hosts)), most_seconds)
        try:
            with self.errors():
                connection: Any = await self._pool.acquire(timeout=seconds)
        finally:
            if not self._of_replica:
                metrics.database_wait.observe(time.monotonic() - began)
        is_read_only = bool(connection.why_read_only) and not self._of_replica
        try:
            yield connection
        except (DatabaseAway, OutcomeUnknown):
            _terminate(connection)  # or the next to have it would fail as well
            raise
        finally:
            if is_read_only:
                _terminate(connection)  # so that it is seen when that ends
            # A connection that cannot be released is terminated; what it did before is known all the same.
            with contextlib.suppress(*LOST):
                await self._pool.release(connection)

    async def fetch(self, query: str, *args: object, seconds: float | None = None) -> list[Record]:
        """A statement for a client; raises DatabaseAway, Busy, StatementFailed. seconds: where it may take long."""
        async with self._turn():
            return await self.fetch_first(query, *args, seconds=seconds)

    async def fetch_first(self, query: str, *args: object, seconds: float | None = None) -> list[Record]:
        """The same where what everybody waits for hangs on it, however many clients ask for something."""
        async with self.connection() as connection:
            with self.errors():
                rows: list[Record] = await connection.fetch(query, *args, timeout=seconds)
                return rows

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_WAIT_SECONDS if self._turns.locked() else None):
                await self._turns.acquire()
        except TimeoutError:
            raise self._counted("crowded", Crowded()) from None
        try:
            yield
        finally:
            self._turns.release()

    async def commit(self, query: str, *args: object) -> list[Record]:
        """A statement that writes, where it matters whether it did.

        Raises DatabaseAway and Busy (nothing was written), StatementFailed (rolled back), OutcomeUnknown.
        """
        async with self.connection() as connection:
            return await self._commit(connection, query, *args)

    @contextlib.asynccontextmanager
    async def committing(self) -> AsyncIterator[Callable[..., Awaitable[list[Record]]]]:
        """The same as a block, in which is_committing() is true: for who makes use of the rows at once, so that a
        notification of this commit need not have them read."""
        async with self.connection() as connection:
            process: int = connection.get_server_pid()
            self._committing.add(process)
            try:
                yield partial(self._commit, connection)
            finally:
                self._committing.discard(process)

    def is_committing(self, process: int) -> bool:
        """Whether this process of PostgreSQL, by its number, is one that a commit of ours is under way in."""
        return process in self._committing

    async def _commit(self, connection: Any, query: str, *args: object) -> list[Record]:
        try:
            rows: list[Record] = await connection.fetch(query, *args)
            return rows
        except asyncpg.PostgresError as error:
            if isinstance(error, LOST + _REFUSED) or connection.is_closed():
                raise self._counted("outcome-unknown", OutcomeUnknown()) from error
            raise self._refusal(error) from error
        except LOST as error:
            raise self._counted("outcome-unknown", OutcomeUnknown()) from error

    @contextlib.contextmanager
    def errors(self) -> Any:
        """asyncpg's errors as ours."""
        try:
            yield
        except (*LOST, *_REFUSED) as error:
            # The driver counts an argument that does not fit its type among the errors of its interface.
            if isinstance(error, ValueError):
                raise StatementFailed("22000") from error
            raise self._counted("away", DatabaseAway(words(error))) from error
        except asyncpg.PostgresError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: asyncpg.PostgresError) -> ConsentfeedError:
        """What a statement was refused for; nothing was written."""
        if error.sqlstate in _BUSY:
            return self._counted("busy", Busy())
        if error.sqlstate == _READ_ONLY:
            self.why_read_only = self.why_read_only or words(error)
            return self._counted("read-only", ReadOnly(self.why_read_only))
        return StatementFailed(error.sqlstate or "XX000", message_of(error.sqlstate or "", words(error)))

    def _counted(self, kind: str, error: ConsentfeedError) -> ConsentfeedError:
        if not self._of_replica:
            metrics.database_errors.labels(kind).inc()
        return error


async def _no_reset(_connection: object) -> None:
    """Nothing to reset."""


def _terminate(connection: Any) -> None:
    with contextlib.suppress(*LOST):  # it may have gone by itself
        connection.terminate()
