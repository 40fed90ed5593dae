"""The checks of the schema and the log in the database; each answers one finding."""

import asyncio
import time
from typing import Final

from consentfeed.doctor.finding import Finding, graded, ok, problem, warning
from consentfeed.doctor.server import state
from consentfeed.doctor.target import DatabaseTarget
from consentfeed.log.chain import Forked, chained
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.postgres import fit, migrations

_RECENT: Final = 1000
_HELD_SECONDS: Final = 2.0
_PARTITIONS_AHEAD: Final = 2
_MOST_DIFFERENCES: Final = 5


async def schema(target: DatabaseTarget) -> Finding:
    """Whether the migrations and functions are those of this version."""
    if why := await fit.misfit(target.database.operations):
        seen, _, cure = why.partition(": ")
        return problem(seen, cure[:1].upper() + cure[1:] + ".")
    return ok(f"{len(migrations.expected())} migrations, {len(migrations.called())} functions")


async def rights(target: DatabaseTarget) -> Finding:
    """Whether the role may do what grants.sql says, and nothing else."""
    rows = await target.database.operations.differing_rights(migrations.called(), migrations.readable())
    if not rows:
        return ok("the role may do exactly what grants.sql says")
    differences = [difference for difference, grave in sorted(rows, key=lambda row: not row[1])]
    more = len(differences) - _MOST_DIFFERENCES
    seen = f"the role {', '.join(differences[:_MOST_DIFFERENCES])}" + (f" and {more} more" if more > 0 else "")
    cure = "Connect as consentfeed_app, which is no superuser; `consentfeed migrate` mends its grants."
    return problem(seen, cure) if any(grave for _, grave in rows) else warning(seen, cure)


async def chain(target: DatabaseTarget) -> Finding:
    """Whether the newest events chain on; `consentfeed verify` looks at all."""
    log = target.database.log
    head = await log.log_head()
    rows = await log.events_after(max(head.seq - _RECENT, 0), _RECENT)
    try:
        chained(Position(rows[0].seq, rows[0].hash), rows)
    except Forked:
        return problem(
            f"the newest {_RECENT} events do not chain on",
            "Run `consentfeed verify`, which says where; keep a copy as it is; find out who changed it.",
        )
    return ok(f"the newest {len(rows) - 1} events chain on, up to {PLAIN.write(head)}")


async def partitions(target: DatabaseTarget) -> Finding:
    """Whether the log has room."""
    ahead = (await state(target)).partitions_ahead
    missing, seen = _PARTITIONS_AHEAD - ahead, f"{ahead} empty partitions ahead of the log"
    cure = "SELECT consentfeed.add_event_partitions(), as the owner; the service's log says why it did not do so."
    return graded(missing, (0, _PARTITIONS_AHEAD - 1), seen, cure)


async def transactions(target: DatabaseTarget) -> Finding:
    """Whether somebody's open transaction holds consents or the log."""
    operations = target.database.operations
    before, began = await operations.held_locks(), time.monotonic()
    if before:
        await asyncio.sleep(_HELD_SECONDS)
    after = await operations.held_locks() if before else {}
    holders = [holder for transaction, holder in after.items() if transaction in before]
    if holders:
        return warning(
            f"held for {time.monotonic() - began:.0f} s or more by {', '.join(sorted(holders))}",
            "Let them commit, or SELECT pg_terminate_backend(process); give people's roles an"
            " idle_in_transaction_session_timeout.",
        )
    return ok("no transaction holds consents")
