"""Connections to PostgreSQL that break in odd ways: away for now, and never handed out again."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from consentfeed.errors import DatabaseAway, NotAdmitted, OutcomeUnknown
from consentfeed.postgres.pool import Pool
from tests.support.database import Sql

ONE = "SELECT pg_backend_pid()"


def with_pool(url: str, use: Callable[[Pool], Awaitable[None]]) -> None:
    async def run() -> None:
        pool = Pool(url, 1)
        await pool.open()
        try:
            await use(pool)
        finally:
            await pool.close()

    asyncio.run(run())


@pytest.mark.parametrize(("method", "error"), [("fetch", DatabaseAway), ("commit", OutcomeUnknown)])
def test_a_connection_that_the_driver_has_lost_track_of_is_thrown_away(
    database: Sql, monkeypatch: pytest.MonkeyPatch, method: str, error: type[Exception]
) -> None:
    async def lost(*_: object, **__: object) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    async def use(pool: Pool) -> None:
        before = (await pool.fetch(ONE))[0][0]
        with monkeypatch.context() as patch:
            patch.setattr(asyncpg.Connection, "fetch", lost)
            with pytest.raises(error):
                await getattr(pool, method)(ONE)
        assert (await pool.fetch(ONE))[0][0] != before

    with_pool(database.app_url, use)


def test_a_database_that_lets_nobody_in_is_away_and_says_why(database: Sql) -> None:
    name = database.name

    async def use(pool: Pool) -> None:
        database.run_as(database.url.rsplit("/", 1)[0] + "/postgres", f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        with pytest.raises(NotAdmitted) as caught:
            await pool.fetch(ONE)
        assert caught.value.sqlstate == "55000"
        assert isinstance(caught.value, DatabaseAway)

    with_pool(database.app_url, use)


def test_a_connection_that_may_not_write_is_used_once_so_that_its_end_is_seen(database: Sql) -> None:
    how = f"ALTER DATABASE {database.name}"

    async def use(pool: Pool) -> None:
        Sql.run_as(database.admin_url, f"{how} SET default_transaction_read_only = on")
        before = (await pool.fetch(ONE))[0][0]
        assert "default_transaction_read_only" in pool.why_read_only
        Sql.run_as(
            database.admin_url, f"START TRANSACTION READ WRITE; {how} RESET default_transaction_read_only; COMMIT"
        )
        after = (await pool.fetch(ONE))[0][0]
        assert (after != before, pool.why_read_only) == (True, "")
        assert (await pool.fetch(ONE))[0][0] == after, "one that may is kept"

    with_pool(database.app_url, use)
