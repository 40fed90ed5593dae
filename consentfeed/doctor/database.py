"""What `consentfeed doctor` asks PostgreSQL; each check answers one finding."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from consentfeed.doctor.finding import Finding, ok, problem, warning
from consentfeed.errors import DatabaseAway
from consentfeed.log.chain import Forked, chained
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.postgres import fit, listener, migrations
from consentfeed.postgres.database import Database

_OLDEST: Final = 15
# VACUUM removed the commit status of transactions whose notifications were still queued: LISTEN then fails with "could
# not access status of transaction", and listeners hear nothing more. Mended on 12 November 2025 (commit 8eeb4a0f7c "Fix
# bug where we truncated CLOG that was still needed by LISTEN/NOTIFY", and the one after it), too late for the releases
# of the next day: 17.7 still shows it (github.com/PostgREST/postgrest/pull/4858). These came after.
_LISTENS_SAFELY: Final = {15: 16, 16: 12, 17: 8, 18: 2}
_MIGRATE: Final = "Run `consentfeed migrate` as the owner."
_LISTEN_SECONDS: Final = 3.0
_RECENT: Final = 1000
_CLOCK_WARNING, _CLOCK_PROBLEM = 1.0, 30.0
_QUEUE_WARNING, _QUEUE_PROBLEM = 0.1, 0.5
_HELD_SECONDS: Final = 2.0


class _State(msgspec.Struct):
    """What server_state() says."""

    fsync: bool
    full_page_writes: bool
    synchronous_commit: str
    idle_in_transaction_ms: int
    connections_most: int
    connections_used: int
    notification_queue: float
    partitions_ahead: int


class DatabaseChecks:
    """One method per check. `pool_size`: connections that a node opens, its listener apart."""

    def __init__(
        self, database: Database, url: str, pool_size: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._url = url
        self._pool_size = pool_size
        self._clock = clock

    async def _state(self) -> _State:
        return msgspec.json.decode(await self._database.operations.server_state(), type=_State)

    async def connection(self) -> Finding:
        """Whether PostgreSQL can be reached and lets this role in."""
        began = time.monotonic()
        await self._database.operations.server()
        return ok(f"connected, and answered, within {time.monotonic() - began:.2f} s")

    async def version(self) -> Finding:
        """The version of PostgreSQL, and its known faults of LISTEN."""
        number, _, _ = await self._database.operations.server()
        return version_finding(number)

    async def standby(self) -> Finding:
        """Whether it is the primary."""
        _, standby, _ = await self._database.operations.server()
        if standby:
            return problem(
                "connected to a standby, which can neither write nor NOTIFY",
                "Let CONSENTFEED_DATABASE_URL lead to the primary.",
            )
        return ok("connected to the primary")

    async def clock(self) -> Finding:
        """How far the clocks of PostgreSQL and this machine are apart."""
        await self._database.operations.server()  # so that no connection is made meanwhile
        before = self._clock()
        _, _, theirs = await self._database.operations.server()
        after = self._clock()
        apart = (theirs - before - (after - before) / 2).total_seconds()
        seen = f"the database's clock is {abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} this machine's"
        cure = "Let both machines take their time from the same NTP servers."
        if abs(apart) > _CLOCK_PROBLEM:
            return problem(seen, cure)
        return warning(seen, cure) if abs(apart) > _CLOCK_WARNING else ok(seen)

    async def schema(self) -> Finding:
        """Whether the migrations and functions are those of this version."""
        if why := await fit.misfit(self._database.operations):
            seen, _, cure = why.partition(": ")
            return problem(seen, cure[:1].upper() + cure[1:] + ".")
        return ok(f"{len(migrations.expected())} migrations, {len(migrations.called())} functions")

    async def rights(self) -> Finding:
        """Whether the role may do what grants.sql says, and nothing else."""
        found = await self._database.operations.differing_rights(migrations.called(), migrations.readable())
        if not found:
            return ok("the role may do exactly what grants.sql says")
        said = [difference for difference, grave in sorted(found, key=lambda pair: not pair[1])]
        seen = "the role " + ", ".join(said[:5]) + (f" and {len(said) - 5} more" if len(said) > 5 else "")
        cure = "Connect as consentfeed_app, which is no superuser; `consentfeed migrate` mends its grants."
        return problem(seen, cure) if any(grave for _, grave in found) else warning(seen, cure)

    async def durability(self) -> Finding:
        """Whether what was committed survives a crash."""
        state = await self._state()
        unsafe = [name for name, on in (("fsync", state.fsync), ("full_page_writes", state.full_page_writes)) if not on]
        unsafe += ["synchronous_commit"] if state.synchronous_commit == "off" else []
        if unsafe:
            return problem(
                f"off: {', '.join(unsafe)}; a crash can lose decisions that were confirmed",
                "Set it on (ALTER SYSTEM SET … = on, then SELECT pg_reload_conf()), for the role and the database too.",
            )
        return ok(f"fsync and full_page_writes on, synchronous_commit {state.synchronous_commit}")

    async def idle(self) -> Finding:
        """Whether a forgotten transaction of the service's role is ended."""
        milliseconds = (await self._state()).idle_in_transaction_ms
        if not milliseconds:
            return warning(
                "no idle_in_transaction_session_timeout: a forgotten transaction would hold consents for ever",
                "ALTER ROLE consentfeed_app SET idle_in_transaction_session_timeout = '10s'.",
            )
        return ok(f"an idle transaction of this role ends after {milliseconds / 1000:g} s")

    async def connections(self) -> Finding:
        """Whether one more node would find connections."""
        state, needed = await self._state(), self._pool_size + 1
        free = state.connections_most - state.connections_used
        seen = f"{state.connections_used} of {state.connections_most} connections are used; a node takes {needed}"
        if free < needed:
            return warning(seen, "Raise max_connections, or lower CONSENTFEED_POOL_SIZE.")
        return ok(seen)

    async def notifications(self) -> Finding:
        """How full the queue of notifications is; when it is full, no commit that makes an event succeeds."""
        used = (await self._state()).notification_queue
        seen = f"the queue of notifications is filled to {used:.0%}"
        cure = "End the transaction of a session that has issued LISTEN (pg_stat_activity, the oldest xact_start)."
        if used > _QUEUE_PROBLEM:
            return problem(seen, cure)
        return warning(seen, cure) if used > _QUEUE_WARNING else ok(seen)

    async def listen(self) -> Finding:
        """Whether a NOTIFY reaches a listening connection, as it does not behind a pooler of transactions."""
        try:
            took = await listener.hears(self._url, self._database.operations.notify, _LISTEN_SECONDS)
        except DatabaseAway as error:
            return problem(
                f"LISTEN failed: {error}",
                "Connect to the primary without a pooler between; if it says that it could not access status of"
                " transaction, update PostgreSQL (SELECT pg_notification_queue_usage() may help until then).",
            )
        if took is None:
            return problem(
                f"a NOTIFY was not heard within {_LISTEN_SECONDS:g} s: a pooler between shares out connections",
                "Let CONSENTFEED_DATABASE_URL lead to PostgreSQL itself, or to a pooler in session mode.",
            )
        return ok(f"a NOTIFY was heard after {took * 1000:.0f} ms")

    async def chain(self) -> Finding:
        """Whether the newest events chain on; `consentfeed verify` looks at all."""
        head = await self._database.log.log_head()
        rows = await self._database.log.events_after(max(head.seq - _RECENT, 0), _RECENT)
        place = Position(rows[0].seq, rows[0].hash)
        try:
            chained(place, rows)
        except Forked:
            return problem(
                f"the newest {_RECENT} events do not chain on",
                "Run `consentfeed verify`, which says where; keep a copy as it is; find out who changed it.",
            )
        return ok(f"the newest {len(rows) - 1} events chain on, up to {PLAIN.write(head)}")

    async def partitions(self) -> Finding:
        """Whether the log has room."""
        ahead = (await self._state()).partitions_ahead
        seen, cure = (
            f"{ahead} empty partitions ahead of the log",
            "SELECT consentfeed.add_event_partitions(), as the owner.",
        )
        if ahead == 0:
            return problem(seen, cure + " Look in the service's log why it does not do so itself.")
        return warning(seen, cure) if ahead < 2 else ok(seen)

    async def transactions(self) -> Finding:
        """Whether somebody's open transaction holds consents or the log."""
        before, began = await self._database.operations.held_locks(), time.monotonic()
        if before:
            await asyncio.sleep(_HELD_SECONDS)
        after = await self._database.operations.held_locks() if before else {}
        held = [who for transaction, who in after.items() if transaction in before]
        if held:
            return warning(
                f"held for {time.monotonic() - began:.0f} s or more by {', '.join(sorted(held))}",
                "Let them commit, or SELECT pg_terminate_backend(process); give people's roles an"
                " idle_in_transaction_session_timeout.",
            )
        return ok("no transaction holds consents")


def version_finding(number: int) -> Finding:
    """What is to be said of a version, as server_version_num has it."""
    major, minor = divmod(number, 10_000)
    seen = f"PostgreSQL {major}.{minor}"
    if major < _OLDEST:
        return problem(f"{seen} is not supported", f"Move to PostgreSQL {_OLDEST} or newer.")
    if minor < _LISTENS_SAFELY.get(major, 0):
        return warning(
            f"{seen}: VACUUM can make LISTEN fail (could not access status of transaction)",
            f"Update to {major}.{_LISTENS_SAFELY[major]} or newer.",
        )
    return ok(seen)
