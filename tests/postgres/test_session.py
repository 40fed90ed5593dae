"""Whatever a DBA has set for the database or a role: the path holds, by both drivers, or it is told why not."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

import httpx
import psycopg
import pytest

from consentfeed import database_url
from consentfeed.node import serve
from consentfeed.postgres import connection, migrations, owner, session, sql_files
from consentfeed.postgres.mending import MigrationError
from consentfeed.settings import Settings
from tests.cli.command import Run
from tests.doctor.examined import bad, look_at
from tests.support.database import APP_PASSWORD, OWNER, Sql, create_database, give_login, install, make_owner
from tests.support.node import RunningNode, nodes
from tests.support.postgres import Server
from tests.support.seed import seed
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until

# Each is another value than PostgreSQL's own, and one that does harm where it reaches a session of ours.
HARMFUL: Final = {
    "search_path": "elsewhere, public, consentfeed, pg_catalog",
    "standard_conforming_strings": "off",
    "backslash_quote": "off",
    "escape_string_warning": "off",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "row_security": "off",
    "check_function_bodies": "off",
    "gin_fuzzy_search_limit": "1",
    "plpgsql.extra_errors": "all",
    "plpgsql.variable_conflict": "use_column",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "client_encoding": "LATIN1",
    "DateStyle": "German, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Colombo",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "xmlbinary": "hex",
    "xmloption": "document",
    "statement_timeout": "1s",
    "lock_timeout": "100ms",
    "idle_in_transaction_session_timeout": "1s",
    "idle_session_timeout": "1s",
    "transaction_timeout": "1s",
}
# What is left to the DBA: it changes how fast things are, where they lie, and what is logged.
TUNED: Final = {
    "plan_cache_mode": "force_generic_plan",
    "jit": "on",
    "work_mem": "64kB",
    "enable_indexscan": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_partition_pruning": "off",
    "constraint_exclusion": "on",
    "max_parallel_workers_per_gather": "0",
    "debug_parallel_query": "on",
    "client_min_messages": "error",
    "default_statistics_target": "1",
    "synchronous_commit": "off",
    "default_toast_compression": "pglz",
    "default_text_search_config": "pg_catalog.german",
    "lc_messages": "C",
    "application_name": "somebody else",
}
# All that a statement can meet at once.
AT_ONCE: Final = {name: HARMFUL[name] for name in HARMFUL if name in session.SETTINGS}
OF_A_DATABASE: Final = {
    **{name: {name: value} for name, value in HARMFUL.items()},
    "all of them": AT_ONCE,
    "tuned": TUNED,
}
SCOPES: Final = {
    "the role": "ALTER ROLE {role}",
    "the role in the database": "ALTER ROLE {role} IN DATABASE {database}",
    "all roles": "ALTER ROLE ALL",
    "all roles in the database": "ALTER ROLE ALL IN DATABASE {database}",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A cluster of this file's own, for settings of roles are the whole cluster's."""
    with Server.new({"fsync": "off", "max_connections": "100"}) as server:
        server.start()
        make_owner(server.url())
        server.sql("CREATE ROLE consentfeed_app")
        give_login(server.url(), "consentfeed_app", APP_PASSWORD)
        yield server


@pytest.fixture
def empty(server: Server) -> Iterator[Sql]:
    """An empty database there; afterwards no role has a setting."""
    database = create_database(server.url(), f"cf_{uuid4().hex[:12]}")
    try:
        yield database
    finally:
        for role in (OWNER, "consentfeed_app", "ALL"):
            server.sql(f"ALTER ROLE {role} RESET ALL")
        server.sql(f"DROP DATABASE {database.name} WITH (FORCE)")


@pytest.fixture
def installed(empty: Sql) -> Sql:
    """A database there, migrated and seeded."""
    install(empty)
    with empty.connect() as dba:
        seed(dba)
    return empty


def known(server: Server, name: str) -> bool:
    """Whether this version has the setting."""
    return "." in name or bool(server.sql(f"SELECT 1 FROM pg_settings WHERE lower(name) = lower('{name}')"))


def assign(server: Server, how: str, values: dict[str, str]) -> int:
    """ALTER … SET for each that this version has; how many these are."""
    found = {name: value for name, value in values.items() if known(server, name)}
    for name, value in found.items():
        several = name in {"search_path", "DateStyle"}
        server.sql(f"{how} SET {name} = " + (value if several else f"'{value}'"))
    return len(found)


def walk(database: Sql, migrates: int = 2) -> None:
    """The path: several migrate at once, a customer is registered, decides, is revoked with SQL, and all is seen."""
    with ThreadPoolExecutor(migrates) as pool:
        applied = list(pool.map(migrations.migrate, [database.url] * migrates))
    assert sorted(len(done.applied) for done in applied) == [0] * (migrates - 1) + [len(sql_files.files())]
    with owner.connect(database.url) as opened:
        seed(opened)
    with nodes(database) as start:
        node = start()
        wait_until(lambda: httpx.get(f"{node.url}/readyz").status_code == 200, what="the node is ready")
        tail = node.tail("csr", after="0-00000000")
        decide(node, database)
        tail.wait(lambda t: len(t.events) == 4)
        assert [event.data["type"] for event in tail.events] == ["granted", "revoked", "granted", "revoked"]
        assert tail.events[3].data["actor"] == {"kind": "database", "id": OWNER}
        look(node, [event.data for event in tail.events])
    assert database.verify() == []
    assert look_at(database.app_url, "settings").severity == "ok"
    assert look_at(database.app_url, "schema").severity == "ok"


def decide(node: RunningNode, database: Sql) -> None:
    """Registers, grants, revokes by REST and in bulk; then revokes as a DBA does in psql."""
    customer = str(uuid4())
    with node.client("service") as service:
        registered = {"name": "O'Neil \\ Ünal", "email": f"{customer[:8]}@example.com", "msisdn": "+94771112233"}
        assert service.put(f"/api/v1/customers/{customer}", json=registered).status_code == 201
        found = service.get("/api/v1/customers", params={"q": "ünal"}).json()["customers"]
        assert [one["name"] for one in found] == [registered["name"]]
    consent = database.consents()[0]
    with node.client("customer") as client:
        for action in ("grant", "revoke"):
            answer = client.post(f"/api/v1/customer/consents/{consent}/{action}", headers={"Idempotency-Key": action})
            assert answer.status_code == 200, answer.text
    with node.client("service") as service:
        bulk = {"action": "grant", "customer_id": customer, "purpose": "profiling", "channel": "push"}
        outcomes = service.post("/api/v1/decisions", json={"decisions": [bulk]}).json()["outcomes"]
        assert outcomes[0]["consent"]["expires_at"], outcomes
    database.run("UPDATE consentfeed.consents SET status = 'revoked' WHERE customer_id = %s AND version = 1", customer)


def look(node: RunningNode, streamed: list[dict[str, Any]]) -> None:
    """All that was streamed is in the feed's page, in the consents' lists and histories, and in its form."""
    with node.client("csr") as csr:
        page = csr.get("/api/v1/events", params={"after": "0-00000000"}).json()["events"]
        assert [event["data"] for event in page] == streamed
        for event in streamed[1::2]:
            consent = event["consent"]
            listed = csr.get("/api/v1/consents", params={"customer": consent["customer_id"]}).json()["consents"]
            assert {key: value for one in listed if one["id"] == consent["id"] for key, value in one.items()} == {
                **consent,
                "customer": listed[0]["customer"],
            }
            history = csr.get(f"/api/v1/consents/{consent['id']}/history").json()["events"]
            assert [one["data"]["type"] for one in history] == ["granted", "revoked"]
            assert consent["revoked_at"].endswith("Z")
            assert consent["revoked_at"][10] == "T"


@pytest.mark.parametrize("name", OF_A_DATABASE)
def test_the_path_holds_whatever_a_database_has_set(server: Server, empty: Sql, name: str) -> None:
    if not assign(server, f"ALTER DATABASE {empty.name}", OF_A_DATABASE[name]):
        pytest.skip("this version has no such setting")
    walk(empty, migrates=20 if name == "all of them" else 2)


@pytest.mark.parametrize("scope", SCOPES)
def test_the_path_holds_whatever_a_role_has_set(server: Server, empty: Sql, scope: str) -> None:
    for role in (OWNER, "consentfeed_app"):
        assign(server, SCOPES[scope].format(role=role, database=empty.name), AT_ONCE)
    walk(empty)


def settings_of(url: str) -> tuple[dict[str, str], dict[str, str]]:
    """All of our list in a session of the service, and in one of the owner's driver, by the same URL."""
    query = "SELECT name, current_setting(name) FROM unnest($1::text[]) AS name WHERE current_setting(name, true) <> ''"

    async def of_the_service() -> dict[str, str]:
        opened = await connection.connect(database_url.read(url), "a test")
        rows = await opened.fetch(query, [*session.SETTINGS])
        opened.terminate()
        return dict(map(tuple, rows))

    with owner.connect(url) as opened:
        rows = opened.execute(query.replace("$1", "%s").encode(), ([*session.SETTINGS],)).fetchall()
    return asyncio.run(of_the_service()), dict(rows)


def test_both_drivers_make_the_settings_of_one_list(server: Server, installed: Sql) -> None:
    assign(server, f"ALTER DATABASE {installed.name}", AT_ONCE)
    service, by_owner = settings_of(installed.app_url)
    names = {name for name in session.SETTINGS if known(server, name)}
    assert service == {name: value for name, value in session.OF_THE_SERVICE.items() if name in names}
    assert by_owner == {name: value for name, value in session.SETTINGS.items() if name in names}
    with psycopg.connect(installed.app_url) as theirs:
        found = {name: theirs.execute(f"SHOW {name}".encode()).fetchone() for name in AT_ONCE if name in names}
    assert not [name for name in found if found[name] == (session.SETTINGS[name],)], "each is another one there"


# Settings that anybody may make, of the kinds that change what statements mean, how values look, or whether they end.
KINDS: Final = (
    "Client Connection Defaults / Statement Behavior",
    "Client Connection Defaults / Locale and Formatting",
    "Version and Platform Compatibility / %",
)
LEFT: Final = {
    "client_min_messages": "notices that we do not read",
    "default_table_access_method": "where things lie",
    "default_tablespace": "where things lie",
    "temp_tablespaces": "where things lie",
    "default_toast_compression": "how fast it is",
    "default_text_search_config": "each query names its own",
    "default_transaction_read_only": "it is told, not overruled",
    "createrole_self_grant": "no role is granted to anybody",
    "gin_pending_list_limit": "how fast it is",
    "icu_validation_level": "no collation is made",
    "lc_monetary": "no money is written",
    "lc_numeric": "to_char() is not used for numbers",
    "lc_time": "names of months are not written",
    "lo_compat_privileges": "no large objects",
    "restrict_nonsystem_relation_kind": "no views",
    "synchronize_seqscans": "rows without ORDER BY have no order in any case",
    "timezone_abbreviations": "times are read with their offset",
    "transaction_deferrable": "of a transaction",
    "transaction_isolation": "of a transaction",
    "transaction_read_only": "of a transaction",
    "escape_string_warning": "a warning",
    "allow_alter_system": "a superuser's",
    "vacuum_cost_delay": "how fast it is",
}


def test_every_setting_of_these_kinds_is_made_or_left_for_a_reason(server: Server) -> None:
    rows = server.sql(
        "SELECT name FROM pg_settings WHERE context = 'user' AND (" + " OR ".join(
            f"category LIKE '{kind}'" for kind in KINDS
        ) + ") AND name !~ '^(vacuum|event_trigger)'"
    )  # fmt: skip
    assert {str(row[0]) for row in rows} <= {*session.SETTINGS, *LEFT}


# What is not ours to set is told.


@contextmanager
def read_only(server: Server, how: str) -> Iterator[None]:
    """As a provider does where a disk is full: nobody writes any more, and who is connected has to come again."""
    server.sql(f"{how} SET default_transaction_read_only = on")
    cut(server)
    yield
    server.sql(f"{how} RESET default_transaction_read_only")


def cut(server: Server) -> None:
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'consentfeed_app'")


def reasons(node: RunningNode) -> list[str]:
    """Why it is not ready."""
    found: list[str] = httpx.get(f"{node.url}/readyz").json()["reasons"]
    return found


@pytest.mark.parametrize("how", ["ALTER DATABASE {database}", "ALTER ROLE consentfeed_app", "ALTER SYSTEM"])
def test_a_database_that_is_read_only_by_a_setting_is_told_until_it_is_not(
    server: Server, installed: Sql, how: str
) -> None:
    with nodes(installed) as start:
        node = start()
        wait_until(lambda: reasons(node) == [])
        consent, client, csr = installed.consents()[0], node.client("customer"), node.client("csr")
        path = f"/api/v1/customer/consents/{consent}/grant"
        with read_only(server, how.format(database=installed.name)):
            if how == "ALTER SYSTEM":
                server.sql("SELECT pg_reload_conf()")
            # Before it: that the database is away, for as long as what was cut is not connected again.
            answer = wait_until(lambda: (a := client.post(path)).json().get("type") == "/problems/read-only" and a)
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            wait_until(lambda: any(reason.startswith("read-only") for reason in reasons(node)))
            assert client.get("/api/v1/customer/consents").status_code == 200, "what writes nothing goes on"
            assert csr.get("/api/v1/consents").json()["type"] == "/problems/read-only", (
                "no line of the trail, no answer"
            )
            bad(look_at(installed.app_url, "settings"), "problem", "default_transaction_read_only", "disk")
            # Nothing is kept from starting that may serve readers, and waits.
            asyncio.run(serve.check(Settings(database_url=installed.app_url, secret=SECRET)))
        if how == "ALTER SYSTEM":
            server.sql("SELECT pg_reload_conf()")
        wait_until(lambda: reasons(node) == [], what="it is ready again, by itself")
        assert client.post(path).status_code == 200
    assert installed.verify() == []


def test_migrate_says_that_a_database_is_read_only(server: Server, empty: Sql) -> None:
    server.sql(f"ALTER DATABASE {empty.name} SET default_transaction_read_only = on")
    with pytest.raises(MigrationError, match=r"nothing was changed.*default_transaction_read_only"):
        migrations.migrate(empty.url)
    server.sql(f"ALTER DATABASE {empty.name} RESET default_transaction_read_only")
    assert migrations.migrate(empty.url).applied


@pytest.mark.parametrize("how", ["ALTER DATABASE {database}", "ALTER ROLE ALL"])
def test_sessions_whose_triggers_do_not_fire_are_not_used(server: Server, installed: Sql, run: Run, how: str) -> None:
    words = ("session_replication_role", "no event", "RESET")
    with nodes(installed) as start:
        node = start()
        wait_until(lambda: reasons(node) == [])
        server.sql(f"{how.format(database=installed.name)} SET session_replication_role = replica")
        cut(server)
        client = node.client("customer")
        path = f"/api/v1/customer/consents/{installed.consents()[0]}/grant"
        wait_until(lambda: client.post(path).status_code == 503)
        wait_until(lambda: any(reason.startswith("behind") for reason in reasons(node)), 20)
        commands = {"serve --port 0": installed.app_url, "verify": installed.app_url, "migrate": installed.url}
        for command, url in commands.items():
            result = run(*command.split(), database_url=url, owner_url=url, secret=SECRET)
            assert result.status == 1
            assert all(word in result.err for word in words), result.err
        bad(look_at(installed.app_url, "connection"), "problem", *words)
        server.sql(f"{how.format(database=installed.name)} RESET session_replication_role")
        wait_until(lambda: reasons(node) == [], 30, "it is ready again, by itself")
    assert installed.verify() == []
