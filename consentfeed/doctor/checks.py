"""All checks of `consentfeed doctor`, in the order in which they are made."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from consentfeed.doctor import checkpoints, database, nats, replica, server, url, webhooks
from consentfeed.doctor.finding import Finding, problem, warning
from consentfeed.doctor.probe import Unreachable
from consentfeed.doctor.target import DatabaseTarget, UrlTarget
from consentfeed.errors import ConsentfeedError, DatabaseAway, StatementFailed
from consentfeed.log.checkpoint import Checkpoint
from consentfeed.postgres.database import Database
from consentfeed.postgres.refusals import advice, reason
from consentfeed.postgres.replica import Replica
from consentfeed.settings import Settings

# What each looks at is its docstring.
OF_THE_DATABASE: Final[Mapping[str, Callable[[DatabaseTarget], Awaitable[Finding]]]] = {
    "connection": server.connection,
    "version": server.version,
    "standby": server.standby,
    "clock": server.clock,
    "schema": database.schema,
    "guards": database.guards,
    "owner": database.owner,
    "rights": database.rights,
    "settings": server.settings,
    "collation": server.collation,
    "durability": server.durability,
    "connections": server.connections,
    "notifications": server.notifications,
    "listen": server.listen,
    "chain": database.chain,
    "checkpoints": checkpoints.checkpoints,
    "replica": replica.replica,
    "webhooks": webhooks.webhooks,
    "nats": nats.nats,
    "partitions": database.partitions,
    "transactions": database.transactions,
}
OF_THE_URL: Final[Mapping[str, Callable[[UrlTarget], Awaitable[Finding]]]] = {
    "ready": url.ready,
    "stream": url.stream,
}
_NO_URL: Final = warning("not looked at: no URL is known", "Give --url, or set CONSENTFEED_PUBLIC_URL.")


async def examine(
    settings: Settings, entrance: UrlTarget | None, signed: Checkpoint | None = None
) -> dict[str, Finding]:
    """The finding of each check; signed: as of DatabaseTarget. Where the database lets nobody in, nothing more of it is
    looked at."""
    findings = await _examine_database(settings, signed)
    for name, check in OF_THE_URL.items():
        findings[name] = await look(check(entrance)) if entrance else _NO_URL
    return findings


async def _examine_database(settings: Settings, signed: Checkpoint | None) -> dict[str, Finding]:
    address, findings = settings.database_url or "", {}
    opened = Database(address, 1, replica=Replica.of(settings.replica_url, 1, settings.replica_lag_seconds))
    try:
        await opened.open()
        target = DatabaseTarget(
            opened,
            address,
            settings.pool_size,
            settings.workers or 1,
            settings.checkpoint_key is not None,
            signed,
            settings,
        )
        for name, check in OF_THE_DATABASE.items():
            findings[name] = await look(check(target))
            if name == "connection" and findings[name].severity == "problem":
                break
    finally:
        await opened.close()
    return findings


async def look(check: Awaitable[Finding]) -> Finding:
    """The finding of a check, also where it could not be made."""
    try:
        return await check
    except (StatementFailed, DatabaseAway) as error:
        cure = advice(error)
        return problem(reason(error), cure[:1].upper() + cure[1:] + ".")
    except ConsentfeedError as error:
        return problem(f"could not be looked at ({type(error).__name__})", "Try again; look into PostgreSQL's log.")
    except Unreachable as error:
        return problem(str(error), "Check the URL, the proxy before the service, and that it runs.")
