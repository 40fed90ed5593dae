"""Who has the service's login can do nothing but what the service may, and has no way to become the owner."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from tests.sql.test_roles import FUNCTIONS, TABLES
from tests.support.database import Sql, new_database
from tests.support.seed import CUSTOMER
from tests.support.sql import bodies
from tests.support.sql_calls import answers, expected

# Names that our functions use, shadowed by what the caller makes up.
SHADOWS = (
    "CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'csr@example.com' $$",
    "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$",
    "CREATE FUNCTION pg_temp.coalesce(uuid) RETURNS uuid LANGUAGE sql AS $$ SELECT NULL::uuid $$",
    "CREATE FUNCTION pg_temp.statement_timestamp() RETURNS text LANGUAGE sql AS $$ SELECT '-infinity'::text $$",
    "CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'on' $$",
    "CREATE FUNCTION pg_temp.always(uuid, uuid) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$",
    "CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.always)",
    "CREATE OPERATOR pg_temp.<> (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.always)",
    "CREATE TYPE pg_temp.uuid AS ENUM ('mine')",
    "CREATE DOMAIN pg_temp.timestamptz AS text",
    "SET search_path = pg_temp, pg_catalog, consentfeed",
)
# Settings that any role may make, and that change how values are read and written; and our own.
SETTINGS = (
    "SET DateStyle = 'SQL, DMY'",
    "SET IntervalStyle = 'sql_standard'",
    "SET TimeZone = 'Asia/Colombo'",
    "SET bytea_output = 'escape'",
    "SET extra_float_digits = -15",
    "SET array_nulls = off",
    "SET quote_all_identifiers = on",
    "SET backslash_quote = on",
    "SET lc_time = 'C'",
    "SET enable_indexscan = off",
    "SET plan_cache_mode = force_custom_plan",
    "SET check_function_bodies = off",
    "SET consentfeed.recording = 'on'",
    "SET consentfeed.forgetting = 'on'",
)


@pytest.fixture(scope="module")
def shared(cluster: str, template: str) -> Iterator[Sql]:
    """For tests that change nothing."""
    with new_database(cluster, template) as database:
        yield database


def test_what_the_caller_makes_up_in_its_own_schema_is_not_taken_for_ours(database: Sql) -> None:
    tables = [f"CREATE TEMP TABLE {name} (id int, seq int)" for _, name in database.run(TABLES)]
    functions = [
        f"CREATE FUNCTION pg_temp.{name}() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$"
        for _, name in database.run(FUNCTIONS)
    ]
    assert answers(database, *tables, *functions, *SHADOWS) == expected()
    assert database.verify() == []


def test_what_the_caller_sets_changes_nothing_that_is_written_or_answered(database: Sql) -> None:
    assert answers(database, *SETTINGS) == expected()
    assert database.verify() == []
    # A decision under these settings, too: the body's form is hashed.
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        for setting in SETTINGS:
            connection.execute(setting.encode())
        connection.execute(
            "SELECT * FROM consentfeed.record_decisions(jsonb_build_array(jsonb_build_object('consent_id', %s::text,"
            " 'action', 'grant', 'actor_kind', 'csr', 'actor_id', 'x', 'method', 'rest')))",
            (database.consents()[1],),
        )
    (body,) = bodies(database, 1)
    assert body["actor"] == {"kind": "csr", "id": "x"}
    assert body["timestamp"].endswith("Z")
    assert database.verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE cf_test_owner",
        "SET SESSION AUTHORIZATION cf_test_owner",
        "SET session_replication_role = 'replica'",
        "SET log_statement = 'none'",
        "ALTER ROLE consentfeed_app SUPERUSER",
        "GRANT cf_test_owner TO consentfeed_app",
        "GRANT SELECT ON consentfeed.users TO consentfeed_app",
        "CREATE ROLE another",
        "CREATE SCHEMA another",
        "CREATE EXTENSION dblink",
        "CREATE FUNCTION consentfeed.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE consentfeed.mine ()",
        "CREATE TRIGGER mine BEFORE UPDATE ON consentfeed.consents EXECUTE FUNCTION consentfeed.append_uncommitted()",
        "ALTER FUNCTION consentfeed.log_head() SECURITY DEFINER",
        "ALTER TABLE consentfeed.consents DISABLE TRIGGER ALL",
        "COPY consentfeed.customers TO PROGRAM 'cat'",
        "COPY consentfeed.customers TO '/dev/null'",
        "COPY consentfeed.events FROM STDIN",
        "CREATE TEMP TABLE taken (line text); COPY taken FROM '/etc/hosts'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('/etc/hosts')",
        "SELECT * FROM pg_authid",
        "SELECT pg_reload_conf()",
        "SELECT password_hash FROM consentfeed.users",
        "SELECT token_sha256 FROM consentfeed.sessions",
        "SELECT salt FROM consentfeed.event_notes",
        "SELECT * FROM consentfeed.idempotency_keys",
        "SELECT * FROM consentfeed.preferences",
        "SELECT * FROM consentfeed.access_trail",
        "SELECT nextval('consentfeed.access_trail_id_seq')",
        "SELECT consentfeed.append_events('{}')",
        "SELECT consentfeed.drop_oldest_partition()",
        "SELECT consentfeed.guard_log_table('consentfeed.events')",
        "SELECT consentfeed.user_json(NULL)",
    ],
)
def test_refused_to_whoever_has_the_services_login(shared: Sql, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        Sql.run_as(shared.app_url, statement)


def test_what_statistics_say_of_secrets_is_hidden(shared: Sql) -> None:
    Sql.run_as(shared.admin_url, "ANALYZE")
    seen = {
        row[0] for row in Sql.run_as(shared.app_url, "SELECT tablename FROM pg_stats WHERE schemaname = 'consentfeed'")
    }
    assert "customers" in seen
    assert not seen & {"users", "sessions", "consents", "events"}


def test_no_lock_but_a_readers_can_be_taken(shared: Sql) -> None:
    for _, table in shared.run(TABLES):
        for mode in ("ROW SHARE", "SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE"):
            with pytest.raises(errors.InsufficientPrivilege):
                Sql.run_as(shared.app_url, f"BEGIN; LOCK TABLE consentfeed.{table} IN {mode} MODE")


HOSTILE = (
    "'; DROP TABLE consentfeed.users --",
    "\\' OR true --",
    "$1",
    "%s %I %1$s",
    "$query$",
    "a'':*",
    "x & !y | (z)",
)
ASKED = """
    SELECT
        (SELECT count(*) FROM consentfeed.list_consents(
            NULL, ARRAY[%(text)s], NULL, NULL, NULL, NULL, NULL, NULL, NULL, %(text)s, NULL, NULL, 9)),
        (SELECT count(*) FROM consentfeed.list_consents(
            NULL, NULL, NULL, NULL, %(text)s, %(text)s, %(text)s, NULL, NULL, 'customer', NULL, NULL, 9)),
        (SELECT count(*) FROM consentfeed.list_consents(
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '-customer', %(text)s, %(customer)s, 99)
            WHERE sort_key COLLATE "C" > %(text)s),
        (SELECT consentfeed.about_consents(
            NULL, NULL, NULL, NULL, %(text)s, %(text)s, %(text)s, NULL, NULL)) - 1,
        (SELECT count(*) FROM consentfeed.list_customers(%(text)s, %(text)s, %(text)s, NULL, NULL, 9)),
        (SELECT consentfeed.about_customers(%(text)s, %(text)s, %(text)s)),
        (SELECT count(*) FROM consentfeed.contact_consents(%(text)s, %(text)s, %(text)s, %(text)s)),
        (SELECT count(*) FROM consentfeed.list_users(%(text)s, NULL, NULL, 9)),
        (SELECT count(*) FROM consentfeed.list_accesses(NULL, NULL, %(text)s, NULL, NULL, NULL, NULL, 9))
"""


@pytest.mark.parametrize("text", HOSTILE)
def test_arguments_of_functions_that_put_sql_together_stay_values(shared: Sql, text: str) -> None:
    """Nothing is found; a list of consents begins with a position."""
    with psycopg.connect(shared.app_url, autocommit=True) as connection:
        found = connection.execute(ASKED.encode(), {"text": text, "customer": CUSTOMER}).fetchone()
    assert found == (1, 1, 0, 0, 0, 0, 0, 0, 0)
