"""The check of the replica; it answers one finding."""

import asyncio
import time
from typing import Final

from consentfeed.doctor.finding import Finding, ok, problem, warning
from consentfeed.doctor.target import DatabaseTarget
from consentfeed.errors import DatabaseAway, StatementFailed
from consentfeed.postgres import sql_files
from consentfeed.postgres.refusals import reason
from consentfeed.postgres.replica import Replica
from consentfeed.postgres.replica_monitor import ReplicaState, is_ours, read_state, written

_LONGEST_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.05
_URL: Final = (
    "Let CONSENTFEED_REPLICA_URL lead to a hot standby of the primary of CONSENTFEED_DATABASE_URL, to the same"
)


async def replica(target: DatabaseTarget) -> Finding:
    """Whether the standby that is read from follows this primary, how far behind it is, and whether exports may end."""
    standby = target.database.replica
    if standby is None:
        return ok("no replica is set: all is read from the primary")
    try:
        state = await read_state(standby.pool)
    except (DatabaseAway, StatementFailed) as error:
        return warning(
            f"of the replica: {reason(error)}",
            "Reads go to the primary meanwhile. Check CONSENTFEED_REPLICA_URL, and that it runs with hot_standby = on.",
        )
    return await _wrong(target, state) or await _slow(target, standby) or _hasty(state)


async def _wrong(target: DatabaseTarget, state: ReplicaState) -> Finding | None:
    """What a node does not read from, whatever the lag."""
    if not state.is_standby:
        return problem("the replica is not in recovery: it was promoted, or never was a standby", f"{_URL} database.")
    if why := sql_files.misfit(set(state.migrations)):
        return problem(f"on the replica {why.partition(': ')[0]}", "Wait until it has caught up; else make it anew.")
    if not await is_ours(target.database.pool, state):
        return problem(
            "the log of the replica is not the primary's: it follows another cluster, or one from before a restore",
            f"{_URL} database; after a restore make the standby anew.",
        )
    return None


async def _slow(target: DatabaseTarget, standby: Replica) -> Finding | None:
    """Whether it does not show soon what the primary has now."""
    lsn, began = await written(target.database.pool), time.monotonic()
    seconds = min(standby.most_seconds, _LONGEST_SECONDS)
    while lsn is not None and (await read_state(standby.pool)).replayed < lsn:
        if time.monotonic() > began + seconds:
            return warning(
                f"the replica did not show within {seconds:g} s what the primary had",
                "See pg_stat_replication on the primary and pg_stat_wal_receiver on the standby; it may be paused"
                " (pg_get_wal_replay_pause_state()), slow, or cut off. Reads go to the primary meanwhile.",
            )
        await asyncio.sleep(_LOOK_SECONDS)
    return None


def _hasty(state: ReplicaState) -> Finding:
    """Whether it cancels what reads for long."""
    if not state.keeps_exports:
        return warning(
            "the replica cancels long reads: exports are read from the primary",
            "On the standby: ALTER SYSTEM SET hot_standby_feedback = on, then SELECT pg_reload_conf(); or"
            " max_standby_streaming_delay = -1 on one that may lag.",
        )
    return ok("the replica follows this primary, and lets long reads end")
