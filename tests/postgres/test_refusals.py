"""What PostgreSQL says where it refuses is told in its own words, with what to do; but never what is in a row."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg
import pytest
from structlog.testing import capture_logs

from consentfeed.errors import NotAdmitted, StatementFailed
from consentfeed.postgres import sql_files
from consentfeed.postgres.pool import Pool
from tests.cli.command import Run, refused
from tests.doctor.examined import bad, examined, look_at
from tests.support.database import OWNER, Sql, create_database, install, make_owner
from tests.support.postgres import Server
from tests.support.tokens import SECRET

OPEN: Final = "host all all 127.0.0.1/32 scram-sha-256"
_SUPERUSER: Final = "host all superuser 127.0.0.1/32 scram-sha-256"


class Refusal(NamedTuple):
    """What a DBA did, and how PostgreSQL and we call it. hba: lines of pg_hba.conf; owner: it hits the owner too."""

    does: str
    undoes: str
    words: str
    advice: str
    hba: str = OPEN
    owner: bool = True


BOTH: Final = ("consentfeed_app", OWNER)
REFUSALS: Final = {
    "no line in pg_hba.conf": Refusal("", "", "no pg_hba.conf entry", "add one", hba=_SUPERUSER),
    "a line that rejects": Refusal(
        "", "", "pg_hba.conf rejects", "add one", hba=f"{_SUPERUSER}\nhost all all 127.0.0.1/32 reject"
    ),
    "TLS alone": Refusal("", "", "no encryption", "sslmode=require", hba=f"{_SUPERUSER}\nhostssl all all all md5"),
    "no login": Refusal(
        "ALTER ROLE {role} NOLOGIN", "ALTER ROLE {role} LOGIN", "is not permitted to log in", "LOGIN PASSWORD"
    ),
    "a password that is no longer good": Refusal(
        "ALTER ROLE {role} VALID UNTIL 'yesterday'", "ALTER ROLE {role} VALID UNTIL 'infinity'",
        "password authentication failed", "missing or wrong",
    ),
    "a limit of the role": Refusal(
        "ALTER ROLE {role} CONNECTION LIMIT 0", "ALTER ROLE {role} CONNECTION LIMIT -1",
        "too many connections for role", "CONNECTION LIMIT",
    ),
    "a limit of the database": Refusal(
        "ALTER DATABASE {database} CONNECTION LIMIT 0", "ALTER DATABASE {database} CONNECTION LIMIT -1",
        "too many connections for database", "CONNECTION LIMIT",
    ),
    "a database that is closed": Refusal(
        "ALTER DATABASE {database} ALLOW_CONNECTIONS false", "ALTER DATABASE {database} ALLOW_CONNECTIONS true",
        "not currently accepting connections", "ALLOW_CONNECTIONS true",
    ),
    "no CONNECT": Refusal(
        "REVOKE CONNECT ON DATABASE {database} FROM PUBLIC, {role}", "GRANT CONNECT ON DATABASE {database} TO {role}",
        "permission denied for database", "GRANT CONNECT", owner=False,
    ),
    "no USAGE": Refusal(
        "REVOKE USAGE ON SCHEMA consentfeed FROM {role}", "GRANT USAGE ON SCHEMA consentfeed TO {role}",
        "permission denied for schema consentfeed", "consentfeed migrate", owner=False,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A small cluster of this file's own."""
    with Server.new({"fsync": "off", "max_connections": "14"}) as server:
        server.start()
        make_owner(server.url())
        yield server


@pytest.fixture(scope="module")
def installed(server: Server) -> Sql:
    """A migrated database there."""
    database = create_database(server.url(), "consentfeed")
    install(database)
    return database


def admit(server: Server, lines: str) -> None:
    (server.data / "pg_hba.conf").write_text(f"{lines}\n")
    server.sql("SELECT pg_reload_conf()")


@pytest.fixture
def met(server: Server, installed: Sql, request: pytest.FixtureRequest) -> Iterator[Refusal]:
    """One of the refusals, in force."""
    refusal = REFUSALS[request.param]

    def run(statement: str) -> None:
        for role in (BOTH if refusal.owner else BOTH[:1]) if statement else ():
            place = installed.name if "SCHEMA" in statement else "postgres"
            server.sql(statement.format(role=role, database=installed.name), place)

    run(refusal.does)
    admit(server, refusal.hba)
    yield refusal
    admit(server, OPEN)
    run(refusal.undoes)


@pytest.mark.parametrize("met", REFUSALS, indirect=True)
def test_postgresql_is_quoted_and_the_advice_stands_beside(installed: Sql, run: Run, met: Refusal) -> None:
    for command in ("serve --port 0", "verify", "user list"):
        result = run(*command.split(), database_url=f"{installed.app_url}?sslmode=disable", secret=SECRET)
        assert refused(result, met.words, met.advice), (command, result.err)
    found = examined(f"{installed.app_url}?sslmode=disable")
    bad(found["schema" if "schema" in met.words else "connection"], "problem", met.words, met.advice)
    if met.owner:
        result = run("migrate", owner_url=f"{installed.url}?sslmode=disable")
        assert refused(result, met.words), result.err
        assert ("add one" if "pg_hba.conf" in result.err else "CONSENTFEED_OWNER_URL") in result.err


def with_pool(url: str, size: int, use: Callable[[Pool], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        pool = Pool(url, size, logs=True)
        await pool.open()
        try:
            return await use(pool)
        finally:
            await pool.close()

    return asyncio.run(go())


LIMITS: Final = {
    "ALTER ROLE consentfeed_app CONNECTION LIMIT {n}": ("of the role", "too many connections for role"),
    "ALTER DATABASE consentfeed CONNECTION LIMIT {n}": ("of the database", "too many connections for database"),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_below_the_size_of_the_pool_is_logged_and_found(server: Server, installed: Sql, limit: str) -> None:
    what, words = LIMITS[limit]
    assert look_at(installed.app_url, "connections", pool_size=2).severity == "ok"
    server.sql(limit.format(n=2))
    try:

        async def use(pool: Pool) -> list[Any]:
            wait = (pool.fetch_first("SELECT pg_sleep(0.3)") for _ in range(4))
            return await asyncio.gather(*wait, return_exceptions=True)

        with capture_logs() as logs:
            outcomes = with_pool(installed.app_url, 4, use)
        failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(failed) == 2
        assert all(isinstance(error, NotAdmitted) and words in str(error) for error in failed), failed
        (line,) = (line for line in logs if line["event"] == "cannot connect to PostgreSQL")
        assert words in line["reason"]
        assert "CONNECTION LIMIT" in line["advice"]
        bad(look_at(installed.app_url, "connections", pool_size=2), "warning", f"1 of 2 {what}", "CONNECTION LIMIT")
    finally:
        server.sql(limit.format(n=-1))


def test_a_server_that_has_no_connection_left_says_so(server: Server, installed: Sql, run: Run) -> None:
    with ExitStack() as held:
        with suppress(psycopg.OperationalError):
            for _ in range(20):
                held.enter_context(psycopg.connect(installed.app_url))
        assert refused(run("serve", "--port", "0", database_url=installed.app_url, secret=SECRET), "max_connections")
        bad(examined(installed.app_url)["connection"], "problem", "53300", "max_connections")


# What is in a row


STATEMENTS: Final = {
    "SELECT 'a-private-value'::integer": "SQLSTATE 22P02",
    "SELECT 1 / (length('a-private-value') - 15)": "SQLSTATE 22012",
    "SELECT 'a-private-value' FROM consentfeed.no": 'relation "consentfeed.no" does not exist (SQLSTATE 42P01)',
    "SELECT * FROM consentfeed.users": "permission denied for table users (SQLSTATE 42501)",
    "SELECT consentfeed.register_customer(NULL, 'a-private-value', NULL, NULL, NULL)": "SQLSTATE 23502",
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_message_of_a_statement_is_kept_only_where_it_holds_no_value(installed: Sql, statement: str) -> None:
    with pytest.raises(StatementFailed) as caught:
        with_pool(installed.app_url, 1, lambda pool: pool.fetch(statement))
    assert str(caught.value) == STATEMENTS[statement]


def test_migrate_shows_a_message_and_never_its_details(
    installed: Sql, run: Run, sql_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "install.sql").write_text((sql_folder / "install.sql").read_text().replace("grants.sql", "broken.sql"))
    for file in sql_files.files():
        (tmp_path / file.name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.name).write_text(file.text)
    (tmp_path / "broken.sql").write_text(
        "DO $$ BEGIN RAISE EXCEPTION 'it failed' USING DETAIL = 'Key (email)=(a-private-value) exists'; END $$;"
    )
    monkeypatch.setattr(sql_files, "SQL", tmp_path)
    result = run("migrate", owner_url=installed.url)
    assert refused(result, "it failed")
    assert "a-private-value" not in result.err
