"""Who may do what: the service reads and calls functions, PUBLIC nothing; and every object says what it is."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from psycopg.errors import InsufficientPrivilege

import consentfeed
from tests.support.database import OWNER, Sql, new_database
from tests.support.sql import SQL_ROLE, sql_role
from tests.support.sql_calls import CALLS, answers, expected

APP = "consentfeed_app"
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
FUNCTIONS = "SELECT oid, proname::text FROM pg_proc WHERE pronamespace = 'consentfeed'::regnamespace"
TABLES = (
    "SELECT oid, relname::text FROM pg_class"
    " WHERE relnamespace = 'consentfeed'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
)
SEQUENCES = "SELECT oid, relname::text FROM pg_class WHERE relnamespace = 'consentfeed'::regnamespace AND relkind = 'S'"
COLUMNS = f"""
    SELECT t.relname, attname FROM ({TABLES}) AS t JOIN pg_attribute ON attrelid = t.oid
    WHERE attnum > 0 AND NOT attisdropped
"""
# What the service reads without a function of the owner's between: whole tables, and columns of others.
WHOLE_TABLES = {
    "customers",
    "purposes",
    "notices",
    "channels",
    "consents",
    "events",
    "rights_requests",
    "dropped_partitions",
    "nodes",
}
SINGLE_COLUMNS = {("event_notes", "seq"), ("event_notes", "note"), ("migrations", "name")} | {
    ("rights_texts", column)
    for column in ("request_id", "version", "part", "customer_id", "written_at", "author_kind", "text")
}
# What those of the service's functions that run as their caller call themselves.
HELPERS = {
    "contact_until", "preferences_json", "rights_request_json", "rights_texts_json",
    "rfc3339", "state_tag", "purpose_tag", "notice_tag", "current_status", "position_at", "state_at", "consent_json",
    "customer_json", "known_customer_json", "find_customers", "consents_summary",
    "consents_filter", "export_consents", "export_cell",
    "folded_address", "small_letters", "folded_name", "words", "separators", "name_query",
    "language_fits",
}  # fmt: skip
# All others run as the owner: they write, or read what the service may not.
AS_THE_CALLER = {
    "log_head", "events_after", "customer_events_after", "consent_history", "judge_place", "customer_place",
    "customer_history", "log_copy", "log_history",
    "kept_events", "list_consents", "about_consents", "about_customers", "customer_consents", "one_consent",
    "consents_at", "check_consents", "export_lines", "export_cells", "evidence_facts", "list_erased",
    "consent_ids", "contact_consents", "list_customers", "list_notices", "list_purposes", "list_nodes",
    "differing_rights", "server_state", "held_locks", "decisions_by_day", "count_consents", "customer_names",
    "list_rights_requests", "one_rights_request", "rights_history", "count_rights_requests",
}  # fmt: skip
# Functions that put SQL together: from names that they read themselves, or from their own constants and USING.
PUT_SQL_TOGETHER = {
    "add_event_partitions", "drop_oldest_partition", "guard_log_table",
    "list_consents", "about_consents", "list_customers", "list_accesses",
}  # fmt: skip


@pytest.fixture(scope="module")
def database(cluster: str, template: str) -> Iterator[Sql]:
    """One for all tests of this file: they look, and hardly touch."""
    with new_database(cluster, template) as database:
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


def test_the_service_reads_these_columns_and_no_others(database: Sql) -> None:
    columns = {*database.run(COLUMNS)}
    readable = {*database.run(f"{COLUMNS} AND has_column_privilege('{APP}', t.oid, attnum, 'SELECT')")}
    assert readable == {column for column in columns if column[0] in WHOLE_TABLES} | SINGLE_COLUMNS
    assert held(database, APP, "table", TABLES, ["SELECT"]) == {(name, "SELECT") for name in WHOLE_TABLES}


def test_the_service_holds_no_write_on_any_table_or_column_and_nothing_on_sequences(database: Sql) -> None:
    assert held(database, APP, "table", TABLES, WRITES) == set()
    assert held(database, APP, "any_column", TABLES, ["INSERT", "UPDATE", "REFERENCES"]) == set()
    assert held(database, APP, "sequence", SEQUENCES, ["USAGE", "SELECT", "UPDATE"]) == set()


def test_the_service_gets_nothing_on_tables_to_come(database: Sql) -> None:
    assert database.run("SELECT defaclacl FROM pg_default_acl") == []


def test_the_role_of_the_service_has_no_attribute_and_is_in_no_other_role(database: Sql) -> None:
    attributes = "rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
    assert database.run(f"SELECT {attributes} FROM pg_roles WHERE rolname = '{APP}'") == [(False,) * 5]
    assert database.run(f"SELECT roleid FROM pg_auth_members WHERE member = '{APP}'::regrole") == []


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
    texts = [path.read_text() for path in (Path(consentfeed.__file__).parent / "postgres").glob("*.py")]
    queries = "".join(text for text in texts if "import psycopg" not in text)  # which is how the owner connects
    assert {*re.findall(r"consentfeed\.(\w+)\(", queries)} - HELPERS == CALLS.keys()


def test_the_service_can_call_each_of_them(cluster: str, template: str) -> None:
    with new_database(cluster, template) as database:
        assert answers(database) == expected()


def test_as_the_owner_run_those_that_write_or_read_what_the_service_may_not(database: Sql) -> None:
    as_the_caller = {
        name
        for _, name in database.run(
            f"{FUNCTIONS} AND NOT prosecdef AND has_function_privilege('{APP}', oid, 'EXECUTE')"
        )
    }
    assert as_the_caller == AS_THE_CALLER | HELPERS


def test_everything_belongs_to_the_owner(database: Sql) -> None:
    owners = database.run(
        "SELECT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'consentfeed'::regnamespace"
        " UNION SELECT relowner::regrole::text FROM pg_class WHERE relnamespace = 'consentfeed'::regnamespace"
        " UNION SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'consentfeed'"
    )
    assert owners == [(OWNER,)]


def test_few_functions_put_sql_together(database: Sql) -> None:
    # In quotes it is the name of a privilege.
    executing = rf"{FUNCTIONS} AND prosrc ~* '(?<!'')\mexecute\M'"
    assert {name for _, name in database.run(executing)} == PUT_SQL_TOGETHER


def test_public_may_do_nothing(database: Sql) -> None:
    schema = "SELECT oid, nspname::text FROM pg_namespace WHERE nspname = 'consentfeed'"
    assert held(database, "public", "table", TABLES, ["SELECT", *WRITES]) == set()
    assert held(database, "public", "any_column", TABLES, ["SELECT", "INSERT", "UPDATE", "REFERENCES"]) == set()
    assert held(database, "public", "sequence", SEQUENCES, ["USAGE", "SELECT", "UPDATE"]) == set()
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
    for file in (sql_folder / "functions").rglob("*.sql"):
        assert re.search(r"^LANGUAGE \w+ (VOLATILE|STABLE|IMMUTABLE)\b", file.read_text(), re.MULTILINE), file.name


def test_functions_that_read_alone_do_not_claim_to_write_nor_the_other_way_round(database: Sql) -> None:
    """A STABLE function runs in one snapshot, which the list with its position relies on. EXPLAIN is no query."""
    volatile = {
        name for _, name in database.run(FUNCTIONS + " AND provolatile = 'v' AND prorettype <> 'trigger'::regtype")
    }
    assert volatile == {
        "about_consents", "add_checkpoint", "add_event_partitions", "add_user", "admit_account", "append_events",
        "advance_webhook", "delete_webhook", "fail_webhook",
        "build_tiles", "change_password", "change_user", "disable_user", "drop_oldest_partition", "end_held",
        "end_own_sessions", "end_provider_sessions", "end_session", "erase_customer", "expire_consents",
        "take_key", "keep_key", "forget_rights_texts",
        "open_rights_request", "act_on_rights_request", "fulfil_erasure", "move_deadlines",
        "rights_reference", "save_deadline", "save_holiday", "delete_holiday", "save_time_zone",
        "register_by_reference", "rename_user", "save_contact_preferences",
        "import_customers", "import_decisions", "import_rows", "count_import",
        "forget_accesses", "forget_expired", "forget_node", "give_consents", "guard_log_table", "hold_follower",
        "hold_relay",
        "hold_webhooks", "release_webhooks", "replay_webhook", "rotate_webhook", "save_webhook",
        "make_password_link", "open_session", "publish_notice", "record_accesses", "record_decisions",
        "register_customer", "release_follower", "report_node", "save_draft", "save_preferences", "save_purpose",
        "set_password", "touch_sessions", "use_password_link",
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
    files = sorted((sql_folder / "functions").rglob("*.sql"), key=lambda file: file.stem)
    for file in files:
        created = re.findall(r"^CREATE (?:OR REPLACE )?(\w+) consentfeed\.(\w+)\(", file.read_text(), re.MULTILINE)
        assert created == [("FUNCTION", file.stem)], file.name
        assert re.findall(r"^CREATE|^ALTER|^DROP|^GRANT", file.read_text(), re.MULTILINE) == ["CREATE"], file.name
    assert sorted(name for _, name in database.run(FUNCTIONS)) == [file.stem for file in files]
