"""The checks of schema and log, on a database that is well and on one that is not."""

import psycopg
import pytest

from consentfeed.log.checkpoint import Checkpoint
from consentfeed.postgres import sql_files
from tests.doctor.examined import bad, look_at
from tests.sql.test_tree import tamper
from tests.support.checkpoints import add_events, make_checkpoint
from tests.support.database import OWNER, Sql


def test_a_schema_of_another_version_is_told(database: Sql) -> None:
    assert look_at(database.app_url, "schema").severity == "ok"
    newest = max(sql_files.expected())
    database.run("UPDATE consentfeed.migrations SET name = 'x' WHERE name = %s", newest)
    bad(look_at(database.app_url, "schema"), "problem", newest, "consentfeed migrate")
    database.run("UPDATE consentfeed.migrations SET name = %s WHERE name = 'x'", newest)
    database.run("INSERT INTO consentfeed.migrations (name) VALUES ('9999_to_come')")
    bad(look_at(database.app_url, "schema"), "problem", "9999_to_come", "newer consentfeed")
    database.run("DELETE FROM consentfeed.migrations WHERE name = '9999_to_come'")
    database.run("DROP FUNCTION consentfeed.held_locks()")
    bad(look_at(database.app_url, "schema"), "problem", "held_locks", "consentfeed migrate")
    # What cannot be looked at is said, not passed over.
    bad(look_at(database.app_url, "transactions"), "problem", "42883", "consentfeed migrate")


def test_no_schema_at_all_is_told(database: Sql) -> None:
    database.run("DROP SCHEMA consentfeed CASCADE")
    bad(look_at(database.app_url, "schema"), "problem", "not installed", "consentfeed migrate")


@pytest.mark.parametrize(
    ("statement", "severity", "word"),
    [
        ("GRANT INSERT ON consentfeed.customers TO consentfeed_app", "problem", "may INSERT consentfeed.customers"),
        ("GRANT UPDATE (name) ON consentfeed.customers TO consentfeed_app", "problem", "may UPDATE"),
        ("GRANT DELETE ON consentfeed.nodes TO consentfeed_app", "problem", "may DELETE consentfeed.nodes"),
        ("GRANT TRUNCATE ON consentfeed.events_p0 TO consentfeed_app", "problem", "may TRUNCATE"),
        (
            "REVOKE SELECT ON consentfeed.consents FROM consentfeed_app",
            "problem",
            "may not SELECT consentfeed.consents",
        ),
        (
            "REVOKE EXECUTE ON FUNCTION consentfeed.log_head() FROM consentfeed_app",
            "problem",
            "may not call consentfeed.log_head()",
        ),
        ("GRANT SELECT (role) ON consentfeed.users TO consentfeed_app", "warning", "may SELECT consentfeed.users"),
        (
            "GRANT EXECUTE ON FUNCTION consentfeed.drop_oldest_partition() TO consentfeed_app",
            "warning",
            "may call consentfeed.drop_oldest_partition()",
        ),
    ],
)
def test_a_right_too_many_or_too_few_is_told(database: Sql, statement: str, severity: str, word: str) -> None:
    assert look_at(database.app_url, "rights").severity == "ok"
    database.run(statement)
    bad(look_at(database.app_url, "rights"), severity, word, "consentfeed_app")


def test_the_owner_and_a_superuser_have_too_many_rights(database: Sql) -> None:
    bad(look_at(database.url, "rights"), "problem", "may INSERT")
    bad(look_at(database.admin_url, "rights"), "problem", "may INSERT")


def test_a_log_that_has_been_tampered_with_is_told(database: Sql) -> None:
    for consent in database.consents():
        database.set(consent, "granted")
    assert f"the newest {database.head()} events" in look_at(database.app_url, "chain").seen
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute("ALTER TABLE consentfeed.events_p0 DISABLE TRIGGER USER")
        admin.execute("UPDATE consentfeed.events_p0 SET body = replace(body, 'granted', 'revoked') WHERE seq = 2")
    bad(look_at(database.app_url, "chain"), "problem", "consentfeed verify")


def test_the_newest_events_alone_are_looked_at(database: Sql) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("consentfeed.doctor.database._RECENT", 2)
        for consent in database.consents():
            database.set(consent, "granted")
        assert "the newest 2 events" in look_at(database.app_url, "chain").seen


def test_a_log_without_room_is_told(database: Sql) -> None:
    assert "2 empty partitions" in look_at(database.app_url, "partitions").seen
    names = database.run(
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'consentfeed.events'::regclass ORDER BY 1 DESC"
    )
    database.run(f"ALTER TABLE consentfeed.events DETACH PARTITION {names[0][0]}")
    bad(look_at(database.app_url, "partitions"), "warning", "1 empty", "add_event_partitions")
    database.run(f"ALTER TABLE consentfeed.events DETACH PARTITION {names[1][0]}")
    bad(look_at(database.app_url, "partitions"), "problem", "0 empty", "add_event_partitions")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s",
        "SELECT FROM consentfeed.consents WHERE id = %s FOR UPDATE",
    ],
)
def test_an_open_transaction_that_holds_consents_is_told(database: Sql, statement: str) -> None:
    assert look_at(database.app_url, "transactions").severity == "ok"
    with database.connect() as holder:
        holder.execute("SELECT count(*) FROM consentfeed.consents")
        assert look_at(database.app_url, "transactions").severity == "ok", "a reader holds nobody up"
        holder.execute(statement.encode(), (database.consents()[0],))
        pid = f"process {holder.info.backend_pid} of role {OWNER}"
        bad(look_at(database.app_url, "transactions"), "warning", pid, "pg_terminate_backend")
        holder.rollback()


def test_a_checkpoint_that_does_not_fit_or_is_late_is_told(database: Sql) -> None:
    assert look_at(database.app_url, "checkpoints").severity == "ok"
    bad(look_at(database.app_url, "checkpoints", signs=True), "warning", "no checkpoint yet")
    add_events(database, 300)
    size = make_checkpoint(database)
    assert look_at(database.app_url, "checkpoints", signs=True).severity == "ok"
    root = database.value("SELECT root FROM consentfeed.checkpoints")
    for signed in (Checkpoint("log", size, bytes(32)), Checkpoint("log", size + 1, root)):
        bad(look_at(database.app_url, "checkpoints", signed=signed), "problem", "CONSENTFEED_CHECKPOINT_DIR", "verify")
    add_events(database, 1)
    assert look_at(database.app_url, "checkpoints", signs=True).severity == "ok", "it has just come"
    tamper(database, "UPDATE consentfeed.events SET recorded_at = recorded_at - interval '2 minutes' WHERE seq = 301")
    bad(look_at(database.app_url, "checkpoints", signs=True), "warning", "301 of 302", "CONSENTFEED_CHECKPOINT_KEY")
    tamper(database, "UPDATE consentfeed.events SET hash = sha256('') WHERE seq = 300")
    bad(look_at(database.app_url, "checkpoints"), "problem", "in the database does not fit", "verify")


def test_a_webhook_that_fails_or_was_given_up_is_told(database: Sql) -> None:
    assert "there are none" in look_at(database.app_url, "webhooks").seen
    database.run("SELECT consentfeed.save_webhook('crm', 'https://a.test', '{all}', '{}', '{}', '{}', 1, false, '', 9)")
    assert look_at(database.app_url, "webhooks").severity == "ok"
    add_events(database, 2)
    failing = "failing_since = now(), last_error = 'status', last_error_detail = '500'"
    database.run(f"UPDATE consentfeed.webhooks SET {failing}")
    bad(look_at(database.app_url, "webhooks"), "warning", "crm (status 500, 2 events behind)", "docs/webhooks.md")
    database.run("UPDATE consentfeed.webhooks SET disabled_at = now()")
    bad(look_at(database.app_url, "webhooks"), "problem", "given up: crm")
