"""A hot standby that reads are given to, and whether one may be: asked of it anew, on the same connection, before each.

What it shows is never older than what this node has shown already: its log must contain the newest event of the feed,
hash included. As each event is chained onto the one before, it then has all of them, and none of another history.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, get_args

import structlog

from consentfeed import metrics
from consentfeed.errors import Busy, ConsentfeedError, DatabaseAway, StatementFailed
from consentfeed.log.position import Position
from consentfeed.postgres.lag import Lag
from consentfeed.postgres.pool import Pool, Record

logger = structlog.get_logger()
# In the order in which they are looked for.
Unusable = Literal["", "unknown", "away", "not-standby", "other-schema", "other-log", "lags"]
REASONS: Final[tuple[str, ...]] = get_args(Unusable)[1:]
# How long a client waits for a replica that may be away, before the primary is asked.
_ASK_SECONDS: Final = 2.0
# After so long the feed has read what this node has committed.
_OWN_SECONDS: Final = 10.0
_REST_SECONDS: Final = 1.0
_LONGEST_REST_SECONDS: Final = 30.0
# serialization_failure and deadlock_detected: so a standby says that what it replays conflicts with a query.
_CONFLICTS: Final = ("40001", "40P01")
_STATE: Final = (
    "SELECT pg_catalog.pg_is_in_recovery() AS is_standby,"
    " (pg_catalog.pg_last_wal_replay_lsn() - '0/0')::bigint AS replayed, place.verdict"
    " FROM consentfeed.judge_place($1, $2, NULL) AS place"
)


class Unfitting(ConsentfeedError):
    """A connection to the replica must not be read from now; the message is the reason, as metrics have it."""


class Replica:
    """Reads from a standby while it lags less than most_seconds. Raises UrlError for a URL that cannot be used.

    newest: the newest event that this node has shown; set where a node is wired. keeps_exports: whether it lets long
    reads end. ReplicaMonitor says when it is usable.
    """

    def __init__(self, url: str, size: int, most_seconds: float) -> None:
        self.pool = Pool(url, size, of_replica=True)
        self.lag = Lag()
        self.newest: Callable[[], Position] = lambda: Position(0, b"")
        self.keeps_exports = False
        self.written = asyncio.Event()
        self.most_seconds = most_seconds
        self._turns = asyncio.Semaphore(size)
        self._unusable: Unusable = "unknown"
        self._replayed = 0
        self._made_at = time.monotonic()
        self._own = (-_OWN_SECONDS, Position(0, b""))
        self._written_at = -1.0
        self._rest = _REST_SECONDS
        self._rests_until = 0.0

    @classmethod
    def of(cls, url: str | None, size: int, most_seconds: float) -> "Replica | None":
        """None: there is none."""
        return None if url is None else cls(url, size, most_seconds)

    @property
    def unusable(self) -> Unusable:
        """Why it is not read from; empty where it is."""
        return self._unusable

    @property
    def lag_seconds(self) -> float:
        """How old what it showed was at most, when it was last asked."""
        return self.lag.seconds(self._replayed, time.monotonic())

    @property
    def shown_lag(self) -> float:
        """The same as a number, which workers can tell each other: while nothing is known, the time since the start."""
        now = time.monotonic()
        return min(self.lag_seconds, now - self._made_at)

    @property
    def sample_seconds(self) -> float:
        """Seconds between two marks of the primary, so that the lag is known well enough."""
        return min(1.0, self.most_seconds / 4)

    async def fetch(self, query: str, *args: object, seconds: float | None = None) -> list[Record] | None:
        """Rows, or None: the primary is to be asked. Raises nothing of its own."""
        if reason := self._unusable or ("crowded" if self._turns.locked() else ""):
            left(reason)
            return None
        async with self._turns:
            with self.failures():
                async with self.pool.connection(_ASK_SECONDS) as connection:
                    with self.pool.errors():
                        await self.require_good(connection)
                        rows: list[Record] = await connection.fetch(query, *args, timeout=seconds)
                self._rest = _REST_SECONDS
                metrics.reads.labels("replica").inc()
                return rows
        return None

    async def require_good(self, connection: Any) -> None:
        """Raises Unfitting where this connection must not be read from, and what the driver raises."""
        if objection := await self._objection(connection):
            raise Unfitting(objection)

    async def _objection(self, connection: Any) -> str:
        # Taken before it is asked: what comes meanwhile nobody has been shown.
        newest, written_at = self._shown(), self._written_at
        state = await connection.fetchrow(_STATE, newest.seq, newest.hash, timeout=_ASK_SECONDS)
        if not state["is_standby"]:
            return "not-standby"
        self._replayed = state["replayed"]
        if self.lag_seconds >= self.most_seconds:
            return "lags"
        if state["verdict"] != "ok":
            return "other-log" if state["verdict"] == "forked" else "behind"
        needed = self.lag.since(written_at)
        return "behind" if needed is None or self._replayed < needed else ""

    def _shown(self) -> Position:
        newest, (at, own) = self.newest(), self._own
        # After a restore an own event may be one of a history that there is not any more.
        return own if own.seq > newest.seq and time.monotonic() - at < _OWN_SECONDS else newest

    def wrote(self, newest: Position | None) -> None:
        """This node has committed something, up to this event; None: it is not known, or made no event."""
        if newest is None:
            self._written_at = time.monotonic()
            self.written.set()
        elif newest.seq > self._shown().seq:
            self._own = time.monotonic(), newest

    def judge(self, unusable: Unusable, replayed: int = 0) -> None:
        """What ReplicaMonitor has seen."""
        self._replayed = replayed or self._replayed
        unusable = unusable or ("lags" if self.lag_seconds >= self.most_seconds else "")
        if not unusable and time.monotonic() < self._rests_until:
            return
        if unusable != self._unusable:
            logger.info("replica", usable=not unusable, reason=unusable or "good")
        self._unusable = unusable

    def fail(self) -> None:
        """It is left alone for a while, the longer the more often that happens."""
        if self._unusable:  # others were faster
            return
        logger.warning("the replica failed: the primary is read instead")
        self._unusable = "away"
        self._rests_until = time.monotonic() + self._rest
        self._rest = min(2 * self._rest, _LONGEST_REST_SECONDS)

    @contextlib.contextmanager
    def failures(self) -> Iterator[None]:
        """What goes wrong here is no client's: the primary is asked, and says itself what is wrong with a query."""
        try:
            yield
        except Unfitting as error:
            left(str(error))
        except DatabaseAway:
            self.fail()
            left("away")
        except Busy:
            left("cancelled")
        except StatementFailed as error:
            left("conflict" if error.sqlstate in _CONFLICTS else "failed")


def left(reason: str) -> None:
    """The primary is read in the place of the replica."""
    metrics.replica_fallbacks.labels(reason).inc()
