"""The checks of the schema and the log in the database; each answers one finding."""

import asyncio
import time
from typing import Final

from consentfeed.doctor.finding import Finding, graded, ok, problem, warning
from consentfeed.doctor.server import state
from consentfeed.doctor.target import DatabaseTarget
from consentfeed.errors import EmptyLog, StatementFailed
from consentfeed.log.chain import Forked, chained
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.postgres import fit, sql_files
from consentfeed.postgres.damages import cures, in_words

_RECENT: Final = 1000
_HELD_SECONDS: Final = 2.0
_PARTITIONS_AHEAD: Final = 2
_MOST_DIFFERENCES: Final = 5
_MENDED: Final = "Run `consentfeed migrate` as the owner, which mends it."


async def schema(target: DatabaseTarget) -> Finding:
    """Whether the migrations and functions are those of this version."""
    if why := await fit.misfit(target.database.operations):
        seen, _, cure = why.partition(": ")
        return problem(seen, cure[:1].upper() + cure[1:] + ".")
    return ok(f"{len(sql_files.expected())} migrations, {len(sql_files.called())} functions")


async def guards(target: DatabaseTarget) -> Finding:
    """Whether triggers, functions, rules of rows, tables and their indexes are as sql/ made them."""
    operations = target.database.operations
    sources = await operations.sources(sql_files.INSTRUMENTS)
    if altered := [name for name in sql_files.INSTRUMENTS if sources.get(name) != sql_files.body(name)]:
        return problem(f"{', '.join(altered)}, which should tell, is not as it was made", _MENDED)
    try:
        damages = [damage for damage in await operations.damages() if damage.kind not in {"owner", "rights"}]
    except StatementFailed as error:
        return problem(f"differing_objects(), which should tell, cannot be called ({error})", _MENDED)
    if not damages:
        return ok("all is as sql/ made it")
    return (problem if any(damage.is_grave for damage in damages) else warning)(in_words(damages), cures(damages))


async def owner(target: DatabaseTarget) -> Finding:
    """Whether the schema and everything in it belong to one role, which is no superuser."""
    name, is_superuser = await target.database.operations.owner()
    if damages := [damage for damage in await target.database.operations.damages() if damage.kind == "owner"]:
        return problem(f"the schema belongs to {name}, but {in_words(damages)}", cures(damages))
    if is_superuser:
        return warning(
            f"the schema belongs to {name}, a superuser: its functions can do everything",
            "For more than a trial, give everything to a role that is none: docs/operations.md has the statement.",
        )
    return ok(f"everything belongs to {name}")


async def rights(target: DatabaseTarget) -> Finding:
    """Whether the role may do what grants.sql says, and nothing else."""
    rows = await target.database.operations.differing_rights(sql_files.called(), sql_files.readable())
    if not rows:
        # Whatever PUBLIC may, and what else the role holds but does not need.
        damages = [damage for damage in await target.database.operations.damages() if damage.kind == "rights"]
        if damages:
            return problem(in_words(damages), cures(damages))
        return ok("the role may do exactly what grants.sql says")
    differences = [difference for difference, grave in sorted(rows, key=lambda row: not row[1])]
    more = len(differences) - _MOST_DIFFERENCES
    seen = f"the role {', '.join(differences[:_MOST_DIFFERENCES])}" + (f" and {more} more" if more > 0 else "")
    cure = "Connect as consentfeed_app, which is no superuser; `consentfeed migrate` mends its grants."
    return problem(seen, cure) if any(grave for _, grave in rows) else warning(seen, cure)


async def chain(target: DatabaseTarget) -> Finding:
    """Whether the newest events chain on; `consentfeed verify` looks at all."""
    log = target.database.log
    try:
        head = await log.log_head()
    except EmptyLog:
        return problem(
            "the log is empty: not even its first row is there", "Restore a dump as a whole, schema and rows."
        )
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
