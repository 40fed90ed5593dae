"""Looks at the replica every second: whether it follows our primary, has our schema, and how far it lags behind."""

import asyncio
import time
from typing import Final, NamedTuple

import structlog

from consentfeed.errors import ConsentfeedError
from consentfeed.log.position import Position
from consentfeed.postgres import sql_files
from consentfeed.postgres.lag import Mark
from consentfeed.postgres.pool import Pool
from consentfeed.postgres.replica import Replica, Unusable

logger = structlog.get_logger()
# NULL: it is a standby itself. By this, and not by the position that is flushed: what is replayed is flushed.
_WRITTEN: Final = (
    "SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery()"
    " THEN (pg_catalog.pg_current_wal_lsn() - '0/0')::bigint END AS lsn"
)
_STATE: Final = (
    "SELECT pg_catalog.pg_is_in_recovery(), coalesce((pg_catalog.pg_last_wal_replay_lsn() - '0/0')::bigint, 0),"
    " pg_catalog.current_setting('hot_standby_feedback') = 'on'"
    " OR pg_catalog.current_setting('max_standby_streaming_delay') = '-1',"
    " ARRAY(SELECT applied.name FROM consentfeed.migrations AS applied), head.seq, head.hash"
    " FROM (SELECT) AS always LEFT JOIN consentfeed.log_head() AS head ON true"
)
_JUDGE: Final = "SELECT verdict FROM consentfeed.judge_place($1, $2, NULL)"


class ReplicaState(NamedTuple):
    """What a replica says of itself."""

    is_standby: bool
    replayed: int
    keeps_exports: bool
    migrations: list[str]
    seq: int | None
    hash: bytes | None

    @property
    def head(self) -> Position | None:
        """Its newest event; None: its log is empty."""
        return None if self.seq is None or self.hash is None else Position(self.seq, self.hash)


class ReplicaMonitor:
    """Tells a Replica whether it is usable."""

    def __init__(self, primary: Pool, replica: Replica) -> None:
        self._primary = primary
        self._replica = replica

    async def run(self) -> None:
        """Looks until cancelled; after writes that no event tells of, the primary's mark alone, and at once."""
        while True:
            await self.look()
            looked_at = time.monotonic()
            while (left := looked_at + self._replica.sample_seconds - time.monotonic()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await self._replica.written.wait()
                except TimeoutError:
                    break
                self._replica.written.clear()
                await self._mark()

    async def look(self) -> None:
        """Looks once."""
        await self._mark()
        try:
            async with asyncio.timeout(self._replica.pool.url.connect_seconds):
                state = await read_state(self._replica.pool)
        except (ConsentfeedError, TimeoutError):
            self._replica.judge("away")
            return
        self._replica.keeps_exports = state.keeps_exports
        self._replica.judge(await self._why_unusable(state), state.replayed)

    async def _mark(self) -> None:
        """Where the primary stands. While it cannot be asked, the lag grows: nobody knows what is missing."""
        at = time.monotonic()
        try:
            lsn = await written(self._primary)
        except ConsentfeedError:
            return
        if lsn is not None:
            self._replica.lag.remember(Mark(at, lsn))

    async def _why_unusable(self, state: ReplicaState) -> Unusable:
        if not state.is_standby:  # it was promoted, and others may write there
            return "not-standby"
        if sql_files.misfit(set(state.migrations)):
            return "other-schema"
        try:
            return "" if await is_ours(self._primary, state) else "other-log"
        except ConsentfeedError:
            return self._replica.unusable


async def written(primary: Pool) -> int | None:
    """How far the primary has written its log; None: it is a standby. Raises as Pool.fetch() does."""
    lsn: int | None = (await primary.fetch_first(_WRITTEN))[0][0]
    return lsn


async def read_state(pool: Pool) -> ReplicaState:
    """Raises as Pool.fetch() does."""
    return ReplicaState(*(await pool.fetch_first(_STATE))[0])


async def is_ours(primary: Pool, state: ReplicaState) -> bool:
    """Whether the primary's log contains the newest event of the replica: not one of another cluster, nor of before a
    restore. Raises as Pool.fetch() does."""
    head = state.head
    return head is not None and (await primary.fetch_first(_JUDGE, *head))[0][0] == "ok"
