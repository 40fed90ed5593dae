"""How the tests of the doctor have it look."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from consentfeed.doctor.checks import OF_THE_DATABASE, examine, look
from consentfeed.doctor.finding import Finding
from consentfeed.doctor.target import DatabaseTarget
from consentfeed.postgres.database import Database
from consentfeed.postgres.replica import Replica
from consentfeed.settings import Settings
from tests.support.database import Sql, create_database, install, make_owner
from tests.support.postgres import Server


def examined(url: str) -> dict[str, Finding]:
    """The finding of each check, without a URL for clients."""
    return asyncio.run(examine(Settings(database_url=url), None))


def look_at(url: str, name: str, *, replica_url: str | None = None, lag_seconds: float = 10, **options: Any) -> Finding:
    """What one check of the database finds, as the command reports it."""

    async def go() -> Finding:
        database = Database(url, 1, replica=Replica.of(replica_url, 1, lag_seconds))
        try:
            await database.open()
            target = DatabaseTarget(database, url, **{"pool_size": 8} | options)
            return await look(OF_THE_DATABASE[name](target))
        finally:
            await database.close()

    return asyncio.run(go())


def bad(finding: Finding, severity: str, *words: str) -> None:
    """It is as bad as that, what was seen or its cure has these words, and there is a cure."""
    assert finding.severity == severity, finding
    assert finding.cure.endswith((".", ")")), finding
    for word in words:
        assert word in finding.seen + finding.cure, finding


@contextmanager
def own_cluster() -> Iterator[tuple[Server, Sql]]:
    """A PostgreSQL with its default settings, migrated by an owner who is no superuser."""
    with Server.new() as server:
        server.start()
        make_owner(server.url())
        database = create_database(server.url(), "consentfeed")
        install(database)
        yield server, database
