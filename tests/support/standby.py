"""A PostgreSQL with the schema, and a hot standby that follows it by streaming replication."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from tests.support.database import APP_PASSWORD, Sql, create_database, install, make_owner, with_login
from tests.support.postgres import Server
from tests.support.seed import seed
from tests.support.waiting import wait_until

_SETTINGS = {"fsync": "off", "log_statement": "all", "wal_receiver_status_interval": "1s", "max_connections": "60"}
_WRITTEN = "SELECT pg_current_wal_lsn()"
_REPLAYED = "SELECT pg_last_wal_replay_lsn() >= '{}'"


class Pair:
    """A primary with one database, and its standby. Both note in their logs what they are asked."""

    def __init__(self, primary: Server, standby: Server, database: Sql) -> None:
        self.primary = primary
        self.standby = standby
        self.database = database

    @property
    def url(self) -> str:
        """Of the service's role, at the standby."""
        return with_login(self.standby.url(), "consentfeed_app", APP_PASSWORD, self.database.name)

    def here(self, statement: str) -> list[tuple[object, ...]]:
        """What the standby says to a superuser."""
        return self.standby.sql(statement, self.database.name)

    def pause(self) -> None:
        """It receives, and shows nothing of it any more."""
        self.standby.sql("SELECT pg_wal_replay_pause()")
        wait_until(lambda: self.standby.sql("SELECT pg_get_wal_replay_pause_state()") == [("paused",)])

    def resume(self) -> None:
        """It goes on. From another database: what it replays may drop the one of the test, and end who is in it."""
        self.standby.sql("SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Returns when it shows all that is committed by now."""
        written = self.primary.sql(_WRITTEN)[0][0]
        wait_until(lambda: self.here(_REPLAYED.format(written)) == [(True,)], 30, "the standby catches up")

    def set(self, **settings: str) -> None:
        """Settings of the standby, while it runs."""
        for name, value in settings.items():
            self.standby.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.standby.sql("SELECT pg_reload_conf()")
        for name, value in settings.items():
            wait_until(lambda name=name, value=value: self.here(f"SHOW {name}") == [(value,)])  # type: ignore[misc]

    def asked(self, server: Server) -> str:
        """All that a server has been asked so far."""
        return (server.folder / "log").read_text(errors="replace")


@contextmanager
def pair() -> Iterator[Pair]:
    """Both run; the standby has all that the primary has."""
    with primary() as (server, database), server.standby() as standby:
        standby.start()
        both = Pair(server, standby, database)
        both.catch_up()
        yield both


@contextmanager
def primary() -> Iterator[tuple[Server, Sql]]:
    """A cluster of its own with the schema and what every test's database has."""
    with Server.new(_SETTINGS) as server:
        server.start()
        make_owner(server.url())
        database = create_database(server.url(), "consentfeed")
        install(database)
        with database.connect() as owner:
            seed(owner)
        yield server, database


def at(url: str, port: int) -> str:
    """The URL at another port."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}"))
