"""A forgotten WHERE shows a customer nobody else's: in each function that serves one, each is forgotten once."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.errors import CardinalityViolation, InsufficientPrivilege

from consentfeed.postgres import migrations, sql_files
from tests.support.database import Sql, new_database
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import SQL_ROLE, decide, decision, row_of, sql_role

SETTING = "SELECT nullif(current_setting('consentfeed.only_customer', true), '')"
CUSTOMERS = "SELECT count(DISTINCT customer_id) FROM consentfeed."
REFUSED = "more than one row where one was to be"
# Function, its call, the condition that is forgotten, and what comes then: the same, an error, or more of one's own.
CONSENTS = ("customer_consents", f"SELECT consents FROM consentfeed.customer_consents('{CUSTOMER}')")
PLACE = ("customer_place", f"SELECT * FROM consentfeed.customer_place('{CUSTOMER}')")
EVENTS = ("customer_events_after", f"SELECT * FROM consentfeed.customer_events_after('{CUSTOMER}', 0, 99)")
HISTORY = ("customer_history", f"SELECT * FROM consentfeed.customer_history('{CUSTOMER}', NULL, 99)")
OWN_HISTORY = ("consent_history", f"SELECT * FROM consentfeed.consent_history(%(own)s, '{CUSTOMER}')")
OTHER_HISTORY = ("consent_history", f"SELECT * FROM consentfeed.consent_history(%(other)s, '{CUSTOMER}')")
OTHER_CONSENT = ("one_consent", f"SELECT * FROM consentfeed.one_consent(%(other)s, '{CUSTOMER}')")
OTHER_PAST = (
    "consents_at",
    f"SELECT * FROM consentfeed.consents_at(NULL, %(other)s, '{CUSTOMER}', NULL, NULL, NULL, 'infinity')",
)
OTHER_REQUEST = ("one_rights_request", f"SELECT * FROM consentfeed.one_rights_request(%(request)s, '{CUSTOMER}')")
REQUESTS = (
    "list_rights_requests",
    f"SELECT request FROM consentfeed.list_rights_requests('{CUSTOMER}', {', '.join(['NULL'] * 9)}, 9)",
)
REQUEST_HISTORY = ("rights_history", f"SELECT * FROM consentfeed.rights_history(%(request)s, '{CUSTOMER}')")
OTHER_FACTS = ("evidence_facts", f"SELECT * FROM consentfeed.evidence_facts(%(other)s, '{CUSTOMER}')")
FORGOTTEN = [
    (*CONSENTS, "consent.customer_id = customer_consents.customer", "same"),
    (*PLACE, "event.customer_id = customer_place.customer", "same"),
    (*EVENTS, "event.customer_id = customer_events_after.customer", "same"),
    (*EVENTS, "who.id = event.customer_id", "refused"),
    (*EVENTS, "written.seq = event.seq", "refused"),
    (*HISTORY, "event.customer_id = customer_history.customer", "same"),
    (*HISTORY, "who.id = event.customer_id", "refused"),
    (*HISTORY, "written.seq = event.seq", "refused"),
    (*OWN_HISTORY, "event.consent_id = consent_history.consent", "own"),
    (*OWN_HISTORY, "customer.id = event.customer_id", "refused"),
    (*OWN_HISTORY, "written.seq = event.seq", "refused"),
    (
        *OTHER_HISTORY,
        "(consent_history.only_customer IS NULL OR event.customer_id = consent_history.only_customer)",
        "same",
    ),
    (*OTHER_CONSENT, "(one_consent.only_customer IS NULL OR kept.customer_id = one_consent.only_customer)", "same"),
    (*OTHER_FACTS, "(evidence_facts.only_customer IS NULL OR kept.customer_id = evidence_facts.only_customer)", "same"),
    (
        *OTHER_REQUEST,
        "(one_rights_request.only_customer IS NULL OR kept.customer_id = one_rights_request.only_customer)",
        "same",
    ),
    (
        *REQUESTS,
        "(list_rights_requests.only_customer IS NULL OR kept.customer_id = list_rights_requests.only_customer)",
        "same",
    ),
    (
        *REQUEST_HISTORY,
        "(rights_history.only_customer IS NULL OR kept.customer_id = rights_history.only_customer)",
        "same",
    ),
    (*OTHER_PAST, "(consents_at.only_customer IS NULL OR present.customer_id = consents_at.only_customer)", "same"),
]


@pytest.fixture(scope="module")
def filled(cluster: str, template: str) -> Iterator[Sql]:
    """Events with notes of two customers, the other's first and last."""
    with new_database(cluster, template) as database:
        for number, customer in enumerate((OTHER, CUSTOMER, CUSTOMER, OTHER)):
            consent = database.consents(customer)[number]
            decide(database.app_url, decision(consent, "grant", note=f"note {number} of {customer}"))
        for customer in (CUSTOMER, OTHER):
            database.run("INSERT INTO consentfeed.rights_requests (customer_id, kind) VALUES (%s, 'access')", customer)
        yield database


def ids(filled: Sql) -> dict[str, str]:
    """Of the first decided consent of each, and of the other's request."""
    request = filled.value("SELECT id::text FROM consentfeed.rights_requests WHERE customer_id = %s", OTHER)
    return {"own": filled.consents()[1], "other": filled.consents(OTHER)[0], "request": request}


def asked(url: str, filled: Sql, call: str) -> Any:
    """What a call finds, asked about the first decided consent of each."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(call.encode(), ids(filled)).fetchall()
    except CardinalityViolation:
        return REFUSED


@pytest.mark.parametrize(("name", "call", "condition", "harmless"), FORGOTTEN)
def test_a_forgotten_condition_shows_nobody_elses(
    filled: Sql, name: str, call: str, condition: str, harmless: str
) -> None:
    proper = asked(filled.app_url, filled, call)
    (path,) = sql_files.SQL.glob(f"functions/*/{name}.sql")
    file = path.read_text()
    assert file.count(condition) == 1
    filled.run(file.replace(condition, "true"))
    try:
        careless = asked(filled.app_url, filled, call)
        # The owner is above the rules: the condition is one that matters.
        assert asked(filled.url, filled, call) != proper
    finally:
        filled.run(file)
    assert OTHER not in str(careless)
    if harmless == "own":
        assert {str(row[2]) for row in careless} == {CUSTOMER}
    else:
        assert careless == (proper if harmless == "same" else REFUSED)


def test_every_function_that_serves_a_customer_is_looked_at_here(filled: Sql) -> None:
    """judge_place() returns no row of anybody; record_decisions() is below; what else takes a customer is for staff.

    evidence_events() runs as the owner: the hash before an event is somebody else's. test_plans tries its condition.
    """
    serving = filled.run(
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'consentfeed'::regnamespace"
        " AND proargnames && '{customer,only_customer}' AND proargmodes IS NOT NULL"
    )
    assert {name for (name,) in serving} == {case[0] for case in FORGOTTEN} | {
        "judge_place",
        "list_customers",
        "evidence_events",
    }
    named = filled.run("SELECT proname::text FROM pg_proc WHERE prosrc LIKE '%consentfeed.only_customer%'")
    assert {name for (name,) in named} == {case[0] for case in FORGOTTEN}


WHOSE = (" AND c.customer_id = coalesce(a.only_customer, c.customer_id)", " OR c.customer_id <> a.only_customer")


@pytest.mark.parametrize(("forgotten", "problem"), [(WHOSE[:1], "not-found"), (WHOSE[1:], "not-found"), (WHOSE, None)])
def test_either_condition_alone_keeps_a_customer_from_deciding_for_another(
    database: Sql, forgotten: tuple[str, ...], problem: str | None
) -> None:
    file = (sql_files.SQL / "functions/consents/record_decisions.sql").read_text()
    for condition in forgotten:
        assert file.count(condition) == 1
        file = file.replace(condition, "")
    database.run(file)
    consent = database.consents(OTHER)[0]
    (outcome,) = decide(database.app_url, decision(consent, "grant", only_customer=CUSTOMER))
    assert outcome.problem == problem
    assert row_of(database, consent)["status"] == ("pending" if problem else "granted")


def test_the_setting_ends_with_the_function(filled: Sql) -> None:
    with psycopg.connect(filled.app_url) as connection:
        for _, call, _, _ in FORGOTTEN:
            connection.execute(call.encode(), ids(filled))
            assert connection.execute(SETTING.encode()).fetchone() == (None,)
            assert connection.execute(f"{CUSTOMERS}events".encode()).fetchone() == (2,)
        with pytest.raises(psycopg.errors.InvalidRowCountInLimitClause), connection.transaction():
            connection.execute(f"SELECT * FROM consentfeed.customer_events_after('{CUSTOMER}', 0, -1)")
        assert connection.execute(f"{CUSTOMERS}consents".encode()).fetchone() == (2,)


def test_a_customer_who_is_nobody_is_shown_nothing(filled: Sql) -> None:
    for call in (CONSENTS[1], PLACE[1], EVENTS[1]):
        assert asked(filled.app_url, filled, call.replace(f"'{CUSTOMER}'", "NULL")) == []


def seen_as(url: str) -> list[int]:
    """Of how many customers this role sees consents and events while one is named."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET consentfeed.only_customer = '{CUSTOMER}'".encode())
        rows = [connection.execute(f"{CUSTOMERS}{table}".encode()).fetchone() for table in ("consents", "events")]
        return [row[0] for row in rows if row]


def test_the_rules_are_for_the_service_alone(filled: Sql) -> None:
    assert seen_as(filled.app_url) == [1, 1]
    assert seen_as(filled.url) == [2, 2]
    with sql_role(filled, *SQL_ROLE, "SELECT ON consentfeed.events") as (_, url):
        assert seen_as(url) == [2, 2]
        with psycopg.connect(url) as connection:
            connection.execute(f"SET consentfeed.only_customer = '{CUSTOMER}'".encode())
            changed = "UPDATE consentfeed.consents SET status = 'revoked' WHERE customer_id = %s RETURNING 1"
            assert len(connection.execute(changed.encode(), (OTHER,)).fetchall()) == 4
            connection.rollback()


def test_without_the_setting_nothing_is_hidden_from_the_service_but_partitions_are(filled: Sql) -> None:
    assert Sql.run_as(filled.app_url, "SELECT count(*) FROM consentfeed.events") == [(7,)]
    with pytest.raises(InsufficientPrivilege):
        Sql.run_as(filled.app_url, "SELECT * FROM consentfeed.events_p0")


def test_the_service_cannot_switch_them_off(filled: Sql) -> None:
    """row_security = off is no way past the rules, but an error where they would apply."""
    for statement in (
        f"SET row_security = off; {CUSTOMERS}consents",
        "ALTER TABLE consentfeed.consents DISABLE ROW LEVEL SECURITY",
        "DROP POLICY one_customer ON consentfeed.consents",
    ):
        with pytest.raises(InsufficientPrivilege):
            Sql.run_as(filled.app_url, statement)


def test_the_policies_are_these_and_migrating_again_leaves_them(database: Sql) -> None:
    policies = "SELECT tablename, policyname, permissive, roles::text, cmd FROM pg_policies ORDER BY 1, 2"
    assert database.run(policies) == [
        (table, *policy)
        for table in ("consents", "events", "rights_requests", "rights_texts")
        for policy in (
            ("all_rows", "PERMISSIVE", "{public}", "ALL"),
            ("one_customer", "RESTRICTIVE", "{consentfeed_app}", "SELECT"),
        )
    ]
    kept = database.run("SELECT oid FROM pg_policy ORDER BY 1")
    database.run("DELETE FROM consentfeed.migrations WHERE name = 'functions'")
    assert migrations.migrate(database.url).applied
    assert database.run("SELECT oid FROM pg_policy ORDER BY 1") == kept


def test_every_table_of_customers_rows_that_the_service_reads_has_the_rule(database: Sql) -> None:
    assert (
        database.run(
            "SELECT DISTINCT attrelid::regclass::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE attname = 'customer_id' AND relnamespace = 'consentfeed'::regnamespace"
            " AND relkind IN ('r', 'p', 'v') AND has_any_column_privilege('consentfeed_app', attrelid, 'SELECT')"
            " AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = attrelid AND polname = 'one_customer')"
        )
        == []
    )
