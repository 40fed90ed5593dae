"""The PostgreSQL of the run, and a database for each measurement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import mkdtemp

from consentfeed.postgres import sql_files
from tests.support.database import Sql, create_database, in_cluster, install, new_database
from tests.support.postgres import Server

DEMO = "consentfeed"  # the database that the others are copied from
# Counts statements where a database asks for it (see `counting`), and does nothing elsewhere.
SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "none",
    "max_connections": "200",
}


class Cluster:
    """A server with the demo's database. All databases are the superuser's, who may count statements."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._kept: set[str] = set()
        demo = create_database(server.url(), DEMO, owner=False)
        install(demo)
        demo.run((sql_files.SQL / "demo.sql").read_text("utf-8"))

    def database(self, template: str = DEMO) -> AbstractContextManager[Sql]:
        """A copy, gone afterwards."""
        return new_database(self._server.url(), template, owner=False)

    def kept(self, name: str) -> tuple[Sql, bool]:
        """A database that stays for the run, and whether it is new."""
        if name in self._kept:
            return in_cluster(self._server.url(), name, owner=False), False
        self._kept.add(name)
        return create_database(self._server.url(), name, DEMO, owner=False), True

    def version(self) -> str:
        return str(self._server.sql("SHOW server_version")[0][0]).split()[0]


@contextmanager
def cluster() -> Iterator[Cluster]:
    # On a disk, not in memory as for tests: a commit waits for it.
    with Server.new(SETTINGS, folder=Path(mkdtemp(prefix="consentfeed-benchmark-"))) as server:
        server.start()
        yield Cluster(server)


@contextmanager
def counting(database: Sql) -> Iterator[None]:
    """The statements of the clients of this database that connect from now on are counted."""
    database.run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    database.run(f"ALTER DATABASE {database.name} SET pg_stat_statements.track = 'top'")
    try:
        yield
    finally:
        database.run(f"ALTER DATABASE {database.name} RESET pg_stat_statements.track")


def statements(database: Sql) -> int:
    """How many have been counted."""
    query = """
        SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND userid = 'consentfeed_app'::regrole
    """
    return int(database.value(query))
