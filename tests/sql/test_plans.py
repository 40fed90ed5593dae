"""What the service asks often is found by an index: measured in rows read, on tables of 20,000 rows."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from consentfeed.log.merkle import consistency_spans, inclusion_spans
from consentfeed.log.tiles import runs
from tests.support.checkpoints import make_checkpoint
from tests.support.database import Sql, new_database
from tests.support.seed import CUSTOMER
from tests.support.sql import decision

CUSTOMERS = 20_000
# The customers' ids are made of their number.
ID = "('a0000000-0000-4000-8000-' || lpad({}::text, 12, '0'))::uuid"
MIDDLE = "a0000000-0000-4000-8000-000000010000"
FILL = f"""
    INSERT INTO consentfeed.customers (id, name, email, msisdn)
    SELECT {ID.format("number")}, 'Name' || md5(number::text) || ' Family' || number,
        'mail' || number || '@example.com', '+9477' || lpad(number::text, 7, '0')
    FROM generate_series(1, {CUSTOMERS}) AS number;
    INSERT INTO consentfeed.consents (customer_id, purpose, channel)
    SELECT {ID.format("number")}, 'marketing', 'sms' FROM generate_series(1, {CUSTOMERS}) AS number;
    UPDATE consentfeed.consents SET status = 'revoked' WHERE customer_id::text LIKE 'a0000000%';
    INSERT INTO consentfeed.event_notes SELECT seq, 'salt', NULL FROM generate_series(5, {CUSTOMERS}, 10) AS seq;
"""
READ = """
    SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_xact_user_tables
    WHERE schemaname = 'consentfeed' AND (relname LIKE 'event%'
        OR relname IN ('consents', 'customers', 'tiles', 'dropped_hashes', 'checkpoints'))
"""


@pytest.fixture(scope="module")
def large(cluster: str, template: str) -> Iterator[Sql]:
    with new_database(cluster, template) as database:
        database.run(FILL)
        Sql.run_as(database.admin_url, "VACUUM ANALYZE")
        yield database


def rows_read(database: Sql, statement: str, *args: Any) -> tuple[list[tuple[Any, ...]], int]:
    """The answer, and how many rows of the large tables were looked at for it."""
    with psycopg.connect(database.app_url) as connection:
        # Before: a first call also counts what the planner looks at, and the sixth may get another plan, for all.
        for _ in range(6):
            connection.execute(statement.encode(), args)
        before = connection.execute(READ.encode()).fetchone()
        answer = connection.execute(statement.encode(), args).fetchall()
        after = connection.execute(READ.encode()).fetchone()
    assert before
    assert after
    return answer, after[0] - before[0]


LIST = "SELECT id FROM consentfeed.list_consents(%s, NULL, NULL, NULL, %s, %s, NULL, NULL, NULL, %s, %s, %s, 50)"
FIND = "SELECT * FROM consentfeed.find_customers(%s, %s, %s)"
CONTACT = "SELECT * FROM consentfeed.contact_consents(%s, %s, 'sms', NULL)"
KNOWN = "SELECT consentfeed.known_customer_json(c) FROM consentfeed.customers AS c WHERE c.id = %s"


@pytest.mark.parametrize(
    ("answers", "statement", "args"),
    [
        pytest.param(101, "SELECT * FROM consentfeed.events_after(%s, 100)", (10_000,), id="the log after a place"),
        pytest.param(1, "SELECT * FROM consentfeed.events_after(%s, 100)", (CUSTOMERS,), id="nothing new"),
        pytest.param(1, "SELECT * FROM consentfeed.log_head()", (), id="the last event"),
        pytest.param(
            2, "SELECT * FROM consentfeed.customer_events_after(%s, 0, 100)", (MIDDLE,), id="a customer's events"
        ),
        pytest.param(1, "SELECT * FROM consentfeed.customer_place(%s)", (MIDDLE,), id="a customer's place"),
        pytest.param(1, "SELECT * FROM consentfeed.customer_consents(%s)", (MIDDLE,), id="a customer's consents"),
        pytest.param(1, "SELECT * FROM consentfeed.judge_place(10000, '\\x00', NULL)", (), id="judging a place"),
        pytest.param(
            1, "SELECT * FROM consentfeed.judge_place(10000, '\\x00', %s)", (MIDDLE,), id="a customer's place judged"
        ),
        pytest.param(51, LIST, (None, None, None, "-updated_at", None, None), id="list by time"),
        pytest.param(51, LIST, (None, None, None, "updated_at", None, None), id="list by time, oldest first"),
        pytest.param(51, LIST, (None, None, None, "customer", None, None), id="list by name"),
        pytest.param(51, LIST, (None, None, None, "-customer", None, None), id="list by name, from the end"),
        pytest.param(51, LIST, (None, None, None, "customer", "name8", MIDDLE), id="list by name, a page further on"),
        pytest.param(2, LIST, ([MIDDLE], None, None, "-updated_at", None, None), id="list of a customer"),
        pytest.param(2, LIST, (None, "mail10000@", None, "-updated_at", None, None), id="list, found by e-mail"),
        pytest.param(2, LIST, (None, "family10000", None, "customer", None, None), id="list, found by name"),
        pytest.param(2, LIST, (None, "x", "+94770010000", "-updated_at", None, None), id="list, found by number"),
        pytest.param(1, FIND, ("MAIL10000@EX", None, None), id="customers by e-mail"),
        pytest.param(1, FIND, ("x", "+94770010000", None), id="customers by number"),
        pytest.param(10, FIND, ("x", "+9477001000", None), id="customers by the beginning of a number"),
        pytest.param(2, FIND, ("x", None, "0007"), id="customers by the last digits of a number"),
        pytest.param(1, FIND, ("fam-family10000", None, None), id="customers by words of the name"),
        pytest.param(1, FIND, ("FÀMILY10000", None, None), id="customers by a name with accents"),
        pytest.param(1, FIND, (MIDDLE.upper(), None, None), id="customers by id"),
        pytest.param(1, CONTACT, ("+94770010000", None), id="consents by number"),
        pytest.param(1, CONTACT, (None, "MAIL10000@example.com"), id="consents by e-mail"),
        pytest.param(1, KNOWN, (MIDDLE,), id="a customer, and whether others have the number or address"),
        pytest.param(
            50,
            "SELECT * FROM consentfeed.list_customers(NULL, NULL, NULL, %s, %s, 50)",
            ("name8", MIDDLE),
            id="customers by name",
        ),
        pytest.param(
            1,
            "SELECT * FROM consentfeed.list_customers('family10000', NULL, NULL, NULL, NULL, 100)",
            (),
            id="customers found, with a summary of the consents",
        ),
    ],
)
def test_what_is_asked_often_is_found_by_an_index(
    large: Sql, answers: int, statement: str, args: tuple[Any, ...]
) -> None:
    found, read = rows_read(large, statement, *args)
    assert len(found) == answers
    assert read <= 10 + 4 * answers


@pytest.mark.parametrize(
    "whose",
    [
        f"ARRAY['{MIDDLE}'::uuid], '{{NULL}}', '{{NULL}}', '{{NULL}}'",
        "'{NULL}', '{+94770010000}', '{NULL}', '{NULL}'",
        "'{NULL}', '{NULL}', '{Mail10000@example.com}', '{NULL}'",
        "'{NULL}', '{NULL}', '{NULL}', '{nothing}'",
    ],
)
@pytest.mark.parametrize("at", ["NULL", "now()"])
def test_a_check_reads_what_it_is_about(large: Sql, whose: str, at: str) -> None:
    call = f"consentfeed.check_consents({whose}, '{{marketing}}', '{{sms}}', {at})"
    found, read = rows_read(large, f"SELECT * FROM {call}")
    assert len(found) == (1 if "nothing" in whose else 2)
    assert read <= 12 + (2 * CUSTOMERS.bit_length() if at == "now()" else 0)


@pytest.mark.parametrize(
    "call", ["position_at(now())", f"consents_at('{MIDDLE}', NULL, NULL, NULL, NULL, NULL, now())"]
)
def test_a_time_is_found_in_the_log_by_halves(large: Sql, call: str) -> None:
    _, read = rows_read(large, f"SELECT * FROM consentfeed.{call}")
    assert read <= 2 * CUSTOMERS.bit_length()


def test_a_list_of_decisions_reads_nothing_of_who_was_not_asked_yet(cluster: str, large: Sql) -> None:
    decisions = """SELECT id FROM consentfeed.list_consents(
        NULL, NULL, NULL, '{granted,revoked,expired}', NULL, NULL, NULL, NULL, NULL, '-updated_at', NULL, NULL, 50
    )"""
    with new_database(cluster, large.name) as database:
        database.run(
            "INSERT INTO consentfeed.consents (customer_id, purpose, channel)"
            " SELECT id, 'surveys', 'voice' FROM consentfeed.customers ON CONFLICT DO NOTHING"
        )
        Sql.run_as(database.admin_url, "VACUUM ANALYZE")
        found, read = rows_read(database, decisions)
    assert len(found) == 51
    assert read <= 10 + 4 * 51


@pytest.mark.parametrize(
    ("statuses", "query", "there"),
    [("{revoked}", None, CUSTOMERS), ("{granted}", None, 0), (None, "Family19999", 0), (None, MIDDLE, 1)],
)
def test_how_many_there_are_is_said_about_right_and_without_counting(
    large: Sql, statuses: str | None, query: str | None, there: int
) -> None:
    about = "SELECT consentfeed.about_consents(NULL, NULL, NULL, %s, %s, NULL, NULL, NULL, NULL)"
    ((count,),), read = rows_read(large, about, statuses, query)
    assert there * 0.9 <= count <= there * 1.1 + 10
    assert read <= 10


def test_the_history_of_a_consent_is_found_by_an_index(large: Sql) -> None:
    ((consent,),) = large.run("SELECT id FROM consentfeed.consents WHERE customer_id = %s", MIDDLE)
    found, read = rows_read(large, "SELECT * FROM consentfeed.consent_history(%s)", consent)
    assert len(found) == 1
    assert read <= 10


def test_what_a_proof_and_a_checkpoint_need_is_found_by_indexes(large: Sql) -> None:
    """At most a tile of each level at either edge, however long the log is."""
    size = make_checkpoint(large)
    for span in (*inclusion_spans(10_000, size), *consistency_spans(10_001, size)):
        for run in runs([span]):
            found, read = rows_read(large, "SELECT consentfeed.tree_hashes(%s, %s, %s)", *run)
            assert len(found[0][0]) == run.length
            assert read <= 10 + run.length
    assert rows_read(large, "SELECT consentfeed.tree_root(%s)", size)[1] <= 2 * 256
    assert rows_read(large, "SELECT * FROM consentfeed.checkpoint_state()")[1] <= 10
    assert rows_read(large, "SELECT * FROM consentfeed.event_hashes(10000, 1)")[1] <= 10


def test_evidence_is_found_by_indexes(large: Sql) -> None:
    ((consent,),) = large.run("SELECT id FROM consentfeed.consents WHERE customer_id = %s", MIDDLE)
    for function in ("evidence_events", "evidence_facts"):
        found, read = rows_read(large, f"SELECT * FROM consentfeed.{function}(%s, NULL)", consent)
        assert len(found) == 1
        assert read <= 10
        assert rows_read(large, f"SELECT * FROM consentfeed.{function}(%s, %s)", consent, CUSTOMER)[0] == []


def test_the_history_of_a_customer_is_found_by_an_index(large: Sql) -> None:
    found, read = rows_read(large, "SELECT * FROM consentfeed.customer_history(%s, NULL, 100)", MIDDLE)
    assert len(found) == 1
    assert read <= 10


def test_the_newest_events_are_found_by_an_index_from_wherever_one_reads_back(large: Sql) -> None:
    for before in ("NULL", "10000"):
        found, read = rows_read(large, f"SELECT * FROM consentfeed.log_history({before}, 50)")
        assert len(found) == 50
        assert read <= 10 + 4 * 50


def test_expired_grants_are_found_by_an_index(large: Sql) -> None:
    found, read = rows_read(large, "SELECT consentfeed.expire_consents(100)")
    assert found == [(0,)]
    assert read <= 10


def test_an_import_reads_no_more_than_what_its_rows_are_about(large: Sql) -> None:
    large.run(
        "INSERT INTO consentfeed.erased_contacts SELECT id, 'email', '\\x00' FROM consentfeed.customers"
        " WHERE id::text LIKE 'a0000000%' ON CONFLICT DO NOTHING"
    )
    say = {"purpose": "marketing", "channel": "sms", "status": "granted", "decided_at": "2020-01-01T00:00:00Z"}
    hashes = {"email_hash": "ab", "msisdn_hash": "cd", "reference_hash": "ef"}
    old = [say | hashes | {"customer": f"a0000000-0000-4000-8000-{number:012}"} for number in range(5000, 5020)]
    new = [say | hashes | {"reference": f"NEW-{number}", "name": "New"} for number in range(20)]
    call = "SELECT outcome FROM consentfeed.import_rows(%s, NULL, 'crm', 1, 'service', 'x', true) ORDER BY item"
    answer, read = rows_read(large, call, json.dumps(old + new))
    assert answer == [("superseded",)] * 20 + [("recorded",)] * 20
    assert read <= 25 * len(old + new)


def test_a_change_reads_no_more_than_its_own_rows_and_the_last_event(large: Sql) -> None:
    ((consent,),) = large.run("SELECT id::text FROM consentfeed.consents WHERE customer_id = %s", MIDDLE)
    decide = "SELECT consentfeed.record_decisions(%s)"
    both = json.dumps([decision(consent, "grant"), decision(consent, "revoke")])
    found, read = rows_read(large, decide, both)
    assert len(found) == 2
    assert read <= 60


def test_a_plan_that_was_made_with_few_consents_reads_no_more_with_many(database: Sql) -> None:
    """A connection keeps its plans, and nobody has looked at the tables since they grew."""
    (consent, *_) = database.consents()
    decide = "SELECT consentfeed.record_decisions(%s)"
    both = json.dumps([decision(consent, "grant"), decision(consent, "revoke")])
    database.run("ALTER TABLE consentfeed.consents SET (autovacuum_enabled = off)")
    database.run("ALTER TABLE consentfeed.customers SET (autovacuum_enabled = off)")
    with psycopg.connect(database.app_url) as connection:
        for _ in range(6):
            connection.execute(decide, (both,))
        connection.commit()
        database.run(FILL)
        connection.execute(decide, (both,))  # it counts what it plans anew
        before = connection.execute(READ.encode()).fetchone()
        connection.execute(decide, (both,))
        after = connection.execute(READ.encode()).fetchone()
    assert before
    assert after
    assert after[0] - before[0] <= 60


def test_verifying_reads_the_log_a_few_times_however_many_consents_there_are(large: Sql) -> None:
    found, read = rows_read(large, "SELECT * FROM consentfeed.verify_log()")
    assert found == []
    assert CUSTOMERS < read < 5 * CUSTOMERS


def test_where_a_webhook_stands_is_read_and_moved_by_indexes(large: Sql) -> None:
    holder, (seq, hash_) = MIDDLE, large.run("SELECT * FROM consentfeed.log_head()")[0]
    large.run("SELECT consentfeed.save_webhook('crm', 'https://a.test', '{all}', '{}', '{}', '{}', 1, false, '', 9)")
    large.run("SELECT consentfeed.hold_webhooks(%s, 60)", holder)
    advance = "SELECT consentfeed.advance_webhook('crm', %s, %s, %s, %s, true)"
    answer, read = rows_read(large, advance, holder, seq, seq, hash_)
    assert answer == [(True,)]
    assert read <= 3
    answer, read = rows_read(large, "SELECT name, head FROM consentfeed.list_webhooks(%s)", holder)
    assert answer == [("crm", seq)]
    assert read <= 3
