"""The checks of the PostgreSQL server; each answers one finding."""

import time
from typing import Final

import msgspec

from consentfeed.doctor.finding import Finding, graded, ok, problem, warning
from consentfeed.doctor.target import DatabaseTarget
from consentfeed.errors import DatabaseAway
from consentfeed.postgres import listener, refusals, session

_OLDEST: Final = 15
# VACUUM removed the commit status of transactions whose notifications were still queued: LISTEN then fails with "could
# not access status of transaction", and listeners hear nothing more. Mended on 12 November 2025 (commit 8eeb4a0f7c "Fix
# bug where we truncated CLOG that was still needed by LISTEN/NOTIFY", and the one after it), too late for the releases
# of the next day: 17.7 still shows it (github.com/PostgREST/postgrest/pull/4858). These came after.
_LISTENS_SAFELY: Final = {15: 16, 16: 12, 17: 8, 18: 2}
_LISTEN_SECONDS: Final = 3.0
# Above the first it is a warning, above the second a problem.
_CLOCK_SECONDS: Final = (1.0, 30.0)
_QUEUE_USAGE: Final = (0.1, 0.5)


class State(msgspec.Struct):
    """The answer of server_state()."""

    fsync: bool
    full_page_writes: bool
    synchronous_commit: str
    connections: dict[str, tuple[int, int]]  # by what has a limit: used, and at most; below 0: no limit
    notification_queue: float
    partitions_ahead: int
    collation: str
    collation_version: str | None
    collation_version_now: str | None


async def state(target: DatabaseTarget) -> State:
    """Settings and numbers of the server as they are now."""
    return msgspec.json.decode(await target.database.operations.server_state(), type=State)


async def connection(target: DatabaseTarget) -> Finding:
    """Whether PostgreSQL can be reached and lets this role in."""
    began = time.monotonic()
    await target.database.operations.server()
    return ok(f"connected, and answered, within {time.monotonic() - began:.2f} s")


async def version(target: DatabaseTarget) -> Finding:
    """The version of PostgreSQL, and its known faults of LISTEN."""
    number, _, _ = await target.database.operations.server()
    return version_finding(number)


async def standby(target: DatabaseTarget) -> Finding:
    """Whether it is the primary."""
    _, is_standby, _ = await target.database.operations.server()
    if is_standby:
        return problem(
            "connected to a standby, which can neither write nor NOTIFY",
            "Let CONSENTFEED_DATABASE_URL lead to the primary.",
        )
    return ok("connected to the primary")


async def clock(target: DatabaseTarget) -> Finding:
    """How far the clocks of PostgreSQL and this machine are apart."""
    await target.database.operations.server()  # so that no connection is made meanwhile
    before = target.clock()
    _, _, theirs = await target.database.operations.server()
    after = target.clock()
    apart = (theirs - before - (after - before) / 2).total_seconds()
    seen = f"the database's clock is {abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} this machine's"
    return graded(abs(apart), _CLOCK_SECONDS, seen, "Let both machines take their time from the same NTP servers.")


async def durability(target: DatabaseTarget) -> Finding:
    """Whether what was committed survives a crash."""
    now = await state(target)
    unsafe = [name for name, on in (("fsync", now.fsync), ("full_page_writes", now.full_page_writes)) if not on]
    unsafe += ["synchronous_commit"] if now.synchronous_commit == "off" else []
    if unsafe:
        return problem(
            f"off: {', '.join(unsafe)}; a crash can lose decisions that were confirmed",
            "Set it on (ALTER SYSTEM SET … = on, then SELECT pg_reload_conf()), for the role and the database too.",
        )
    return ok(f"fsync and full_page_writes on, synchronous_commit {now.synchronous_commit}")


async def collation(target: DatabaseTarget) -> Finding:
    """Whether the system sorts texts as it did when the database was made."""
    now = await state(target)
    return collation_finding(now.collation, now.collation_version, now.collation_version_now)


async def settings(target: DatabaseTarget) -> Finding:
    """Whether our sessions have the settings that they make, and may write."""
    operations = target.database.operations
    found = await operations.settings([*session.OF_THE_SERVICE, "default_transaction_read_only"])
    if found.pop("default_transaction_read_only") == "on":
        return problem(
            session.READ_ONLY,
            refusals.READ_ONLY[:1].upper() + refusals.READ_ONLY[1:] + ".",
        )
    lost = {name: value for name, value in found.items() if value not in {None, session.OF_THE_SERVICE[name]}}
    if lost:
        return problem(
            f"what was set on the connection is lost: {', '.join(f'{name} is {lost[name]}' for name in sorted(lost))}",
            "A pooler between shares out connections: let CONSENTFEED_DATABASE_URL lead to PostgreSQL itself, or to a"
            " pooler in session mode.",
        )
    return ok(f"{len(found)} settings are as they are made on each connection, and it may write")


async def connections(target: DatabaseTarget) -> Finding:
    """Whether one more node, or as many workers as are set, would find connections, by each of the limits."""
    counted, needed = (await state(target)).connections, (target.pool_size + 1) * target.nodes
    who = "a node takes" if target.nodes == 1 else f"{target.nodes} workers take"
    limits = {what: (used, most) for what, (used, most) in counted.items() if most >= 0}
    seen = ", ".join(f"{used} of {most} {what}" for what, (used, most) in limits.items())
    if any(most - used < needed for used, most in limits.values()):
        cure = "Raise max_connections, or the CONNECTION LIMIT of the role or database, or lower CONSENTFEED_POOL_SIZE."
        return warning(f"connections used: {seen}; {who} {needed}", cure)
    return ok(f"connections used: {seen}; {who} {needed}")


async def notifications(target: DatabaseTarget) -> Finding:
    """How full the queue of notifications is; when it is full, no commit that makes an event succeeds."""
    usage = (await state(target)).notification_queue
    cure = "End the transaction of a session that has issued LISTEN (pg_stat_activity, the oldest xact_start)."
    return graded(usage, _QUEUE_USAGE, f"the queue of notifications is filled to {usage:.0%}", cure)


async def listen(target: DatabaseTarget) -> Finding:
    """Whether a NOTIFY reaches a listening connection, as it does not behind a pooler of transactions."""
    try:
        seconds = await listener.hears(target.url, target.database.operations.notify, _LISTEN_SECONDS)
    except DatabaseAway as error:
        return problem(
            f"LISTEN failed: {error}",
            "Connect to the primary without a pooler between; if it says that it could not access status of"
            " transaction, update PostgreSQL (SELECT pg_notification_queue_usage() may help until then).",
        )
    if seconds is None:
        return problem(
            f"a NOTIFY was not heard within {_LISTEN_SECONDS:g} s: a pooler between shares out connections",
            "Let CONSENTFEED_DATABASE_URL lead to PostgreSQL itself, or to a pooler in session mode.",
        )
    return ok(f"a NOTIFY was heard after {seconds * 1000:.0f} ms")


def collation_finding(name: str, made_with: str | None, now: str | None) -> Finding:
    """The finding about the database's collation, and its version then and now; None: it has none, as C has."""
    if made_with and now and made_with != now:
        return warning(
            f"the collation {name} had version {made_with} when the database was made, and has {now} now: indexes of"
            " texts may be in another order than they are read in",
            "As the owner: REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION.",
        )
    return ok(f"collation {name}, " + (f"version {now}" if now else "which has no versions"))


def version_finding(number: int) -> Finding:
    """The finding about a version, as server_version_num has it."""
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
