"""Who may do what: the service reads and calls functions, PUBLIC nothing; and every object says what it is."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

import consentfeed
from tests.support import CUSTOMER, OTHER, STAFF, Sql
from tests.support_sql import SQL_ROLE, cloned, decide, decision, sql_role

APP = "consentfeed_app"
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
FUNCTIONS = "SELECT oid, proname::text FROM pg_proc WHERE pronamespace = 'consentfeed'::regnamespace"
TABLES = (
    "SELECT oid, relname::text FROM pg_class"
    " WHERE relnamespace = 'consentfeed'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
)
SEALED = b"\x01" * 32
# Every function that the service calls, once, with what it answers.
CALLS: dict[str, tuple[str, object]] = {
    "record_decisions": ("problem FROM consentfeed.record_decisions('[]')", None),
    "expire_consents": ("consentfeed.expire_consents(10)", 0),
    "register_customer": (f"consentfeed.register_customer('{STAFF['csr']}', 'N', NULL, NULL, NULL)", True),
    "log_head": ("seq FROM consentfeed.log_head()", 1),
    "events_after": ("seq FROM consentfeed.events_after(0, 1)", 0),
    "customer_events_after": (f"seq FROM consentfeed.customer_events_after('{CUSTOMER}', 0, 9)", 1),
    "consent_history": ("count(*) FROM consentfeed.consent_history(%(consent)s)", 1),
    "judge_place": ("verdict FROM consentfeed.judge_place(0, '\\x00000000', NULL)", "ok"),
    "customer_place": (f"seq FROM consentfeed.customer_place('{CUSTOMER}')", 1),
    "verify_log": ("seq FROM consentfeed.verify_log()", None),
    "kept_events": ("consentfeed.kept_events()", 1),
    "list_consents": (
        "count(*) FROM consentfeed.list_consents(NULL, NULL, NULL, NULL, 'nim', NULL, 'customer', NULL, NULL, 9)",
        5,
    ),
    "customer_consents": (f"seq FROM consentfeed.customer_consents('{CUSTOMER}')", 1),
    "one_consent": ("version FROM consentfeed.one_consent(%(consent)s, NULL)", 1),
    "consent_ids": (f"consentfeed.consent_ids('{{{CUSTOMER}}}', '{{none}}', '{{sms}}')", None),
    "list_customers": ("name FROM consentfeed.list_customers('nim', NULL, NULL, NULL, 1)", "Nimal Perera"),
    "save_purpose": ("consentfeed.save_purpose('new', 'New', '', '{sms}', NULL, 9, true)", True),
    "give_consents": (f"consentfeed.give_consents('new', '{CUSTOMER}', 1)::text", OTHER),
    "save_draft": ("consentfeed.save_draft('new', 1, 'en', 'Text')", None),
    "publish_notice": ("consentfeed.publish_notice('new', 1)", None),
    "list_notices": ("in_force FROM consentfeed.list_notices('new')", True),
    "list_purposes": ("key FROM consentfeed.list_purposes() LIMIT 1", "marketing"),
    "find_user": ("role FROM consentfeed.find_user('CSR@example.com')", "csr"),
    "add_user": ("consentfeed.add_user('new@example.com', 'csr', NULL, NULL) IS NOT NULL", True),
    "disable_user": ("consentfeed.disable_user('new@example.com')", True),
    "list_users": ("email FROM consentfeed.list_users('NEW@', NULL, 9)", "new@example.com"),
    "change_user": (f"consentfeed.change_user('{STAFF['admin']}', '{STAFF['admin']}', 'csr', NULL)", "own-account"),
    "open_session": (f"consentfeed.open_session('{STAFF['csr']}', %(token)s, '1 hour') IS NOT NULL", True),
    "find_session": ("role FROM consentfeed.find_session(%(token)s)", "csr"),
    "list_sessions": ("count(*) FROM consentfeed.list_sessions(NULL, NULL, 9)", 1),
    "ended_sessions": (f"consentfeed.ended_sessions('{{{CUSTOMER}}}', '{{}}', '{{}}')::text", CUSTOMER),
    "end_session": (f"consentfeed.end_session('{CUSTOMER}')", False),
    "save_preferences": ("consentfeed.save_preferences('csr:x', '{}')", None),
    "report_node": (f"consentfeed.report_node('{CUSTOMER}', 'here', now(), '{{}}')", None),
    "list_nodes": ("host FROM consentfeed.list_nodes()", "here"),
    "forget_node": (f"consentfeed.forget_node('{CUSTOMER}')", None),
    "forget_expired": ("consentfeed.forget_expired()", None),
    "add_event_partitions": ("consentfeed.add_event_partitions()", 0),
}
# What those of them that run as their caller call themselves.
HELPERS = {"rfc3339", "current_status", "consent_json", "customer_json", "user_json", "find_customers"}


@pytest.fixture(scope="module")
def database(cluster: str, template: str) -> Iterator[Sql]:
    """One for all tests of this file: they look, and hardly touch."""
    with cloned(cluster, template) as database:
        yield database


def held(database: Sql, role: str, kind: str, objects: str, privileges: Sequence[str]) -> set[tuple[str, str]]:
    """Which of these privileges the role has, on which objects."""
    return {
        *database.run(
            f"SELECT object.name, privilege FROM ({objects}) AS object (oid, name), unnest(%s::text[]) AS privilege"
            f" WHERE has_{kind}_privilege(%s, object.oid, privilege)",
            list(privileges),
            role,
        )
    }


def test_the_service_holds_no_write_on_any_table_and_reads_all_but_the_lock(database: Sql) -> None:
    assert held(database, APP, "table", TABLES, WRITES) == set()
    readable = {(name, "SELECT") for _, name in database.run(TABLES) if name != "log_order"}
    assert held(database, APP, "table", TABLES, ["SELECT"]) == readable


def test_the_service_cannot_write_even_where_it_may_read(database: Sql) -> None:
    for statement in (
        "UPDATE consentfeed.consents SET status = 'revoked'",
        "INSERT INTO consentfeed.events SELECT * FROM consentfeed.events",
        "DELETE FROM consentfeed.sessions",
        "TRUNCATE consentfeed.idempotency_keys",
        "CREATE TABLE consentfeed.mine ()",
        "SELECT * FROM consentfeed.customers FOR UPDATE",
    ):
        with pytest.raises(InsufficientPrivilege):
            Sql.run_as(database.app_url, statement)


def test_the_service_may_execute_what_it_needs_and_nothing_else(database: Sql) -> None:
    needed = CALLS.keys() | HELPERS
    assert held(database, APP, "function", FUNCTIONS, ["EXECUTE"]) == {(name, "EXECUTE") for name in needed}
    package = Path(consentfeed.__file__).parent
    asked = "".join((package / f"{name}.py").read_text() for name in ("database", "administration"))
    assert {*re.findall(r"consentfeed\.(\w+)\(", asked)} - HELPERS == CALLS.keys()


def test_the_service_can_call_each_of_them(database: Sql) -> None:
    consent = database.consents()[0]
    decide(database.app_url, decision(consent, "grant"))
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        for name, (call, answer) in CALLS.items():
            found = connection.execute(f"SELECT {call}".encode(), {"consent": consent, "token": SEALED}).fetchone()
            assert found == ((answer,) if found else None), name
            assert found or answer is None, name


def test_public_may_do_nothing(database: Sql) -> None:
    schema = "SELECT oid, nspname::text FROM pg_namespace WHERE nspname = 'consentfeed'"
    assert held(database, "public", "table", TABLES, ["SELECT", *WRITES]) == set()
    assert held(database, "public", "function", FUNCTIONS, ["EXECUTE"]) == set()
    assert held(database, "public", "schema", schema, ["USAGE", "CREATE"]) == set()


def test_nobody_but_the_owner_can_lock_the_log(database: Sql) -> None:
    with sql_role(database, "ALL ON SCHEMA consentfeed", "SELECT, UPDATE ON consentfeed.consents") as (_, url):
        for who in (database.app_url, url):
            for mode in ("ACCESS SHARE", "SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE"):
                with pytest.raises(InsufficientPrivilege):
                    Sql.run_as(who, f"BEGIN; LOCK TABLE consentfeed.log_order IN {mode} MODE")


def test_an_sql_role_can_call_no_function(database: Sql) -> None:
    with sql_role(database, *SQL_ROLE) as (_, url):
        for call in ("record_decisions('[]')", "log_head()", "add_event_partitions()"):
            with pytest.raises(InsufficientPrivilege):
                Sql.run_as(url, f"SELECT consentfeed.{call}")


def test_the_role_is_made_without_login_and_ends_forgotten_transactions(sql_folder: Path, database: Sql) -> None:
    assert "CREATE ROLE consentfeed_app NOLOGIN" in (sql_folder / "grants.sql").read_text()
    show = "SELECT current_setting('idle_in_transaction_session_timeout')"
    assert Sql.run_as(database.app_url, show) == [("10s",)]


def test_every_function_pins_its_search_path_or_is_bound_when_created(database: Sql) -> None:
    loose = database.run(
        FUNCTIONS + " AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)"
        " AND (prosecdef OR prosqlbody IS NULL)"
    )
    assert loose == []


def test_every_function_states_its_volatility(sql_folder: Path) -> None:
    for file in (sql_folder / "functions").iterdir():
        assert re.search(r"^LANGUAGE \w+ (VOLATILE|STABLE|IMMUTABLE)\b", file.read_text(), re.MULTILINE), file.name


def test_functions_that_read_alone_do_not_claim_to_write_nor_the_other_way_round(database: Sql) -> None:
    """A STABLE function runs in one snapshot, which the list with its position relies on."""
    volatile = {
        name for _, name in database.run(FUNCTIONS + " AND provolatile = 'v' AND prorettype <> 'trigger'::regtype")
    }
    assert volatile == {
        "add_event_partitions", "add_user", "append_events", "change_user", "disable_user", "drop_oldest_partition",
        "end_session", "expire_consents", "forget_expired", "forget_node", "give_consents", "guard_log_table",
        "open_session", "publish_notice", "record_decisions", "register_customer", "report_node", "save_draft",
        "save_preferences", "save_purpose",
    }  # fmt: skip


def test_every_table_column_and_function_has_a_comment(database: Sql) -> None:
    silent = database.run(
        f"SELECT relname FROM ({TABLES}) AS t WHERE obj_description(oid, 'pg_class') IS NULL"
        f" UNION ALL SELECT t.relname || '.' || attname FROM ({TABLES}) AS t JOIN pg_attribute ON attrelid = t.oid"
        " WHERE attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL"
        f" UNION ALL SELECT proname FROM ({FUNCTIONS}) AS f WHERE obj_description(oid, 'pg_proc') IS NULL"
    )
    assert silent == []
    assert database.run("SELECT obj_description('consentfeed'::regnamespace, 'pg_namespace')") != [(None,)]


def test_every_file_in_functions_holds_the_one_object_of_its_name(database: Sql, sql_folder: Path) -> None:
    files = sorted((sql_folder / "functions").iterdir())
    for file in files:
        created = re.findall(r"^CREATE (?:OR REPLACE )?(\w+) consentfeed\.(\w+)\(", file.read_text(), re.MULTILINE)
        assert created == [("FUNCTION", file.stem)], file.name
        assert re.findall(r"^CREATE|^ALTER|^DROP|^GRANT", file.read_text(), re.MULTILINE) == ["CREATE"], file.name
    assert sorted(name for _, name in database.run(FUNCTIONS)) == [file.stem for file in files]
