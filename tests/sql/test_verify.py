"""verify_log() and judge_place(): whoever tampers with the log is found, at the first position that does not fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.support.database import Sql, new_database
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import decide, decision, publish

EVENTS = "UPDATE consentfeed.events SET"
CONSENTS = "UPDATE consentfeed.consents SET"
ANSWERED = "status = 'revoked', version = 1, actor_kind = 'customer', actor_id = '', method = 'rest'"
LEFT = "its consent is not as this event left it"


def recomputed(body: str, seq: int) -> str:
    """As by somebody who knows how the chain is made."""
    return (
        f"{EVENTS} body = {body}, hash = sha256(("
        "SELECT hash FROM consentfeed.events AS before WHERE before.seq = events.seq - 1"
        f") || convert_to({body}, 'UTF8')) WHERE seq = {seq}"
    )


# What a superuser does who has disabled the triggers: the first position that does not fit, and why.
TAMPERINGS = {
    f"{EVENTS} body = replace(body, 'granted', 'revoked') WHERE seq = 3": (3, "hash"),
    f"{EVENTS} body = body || ' ' WHERE seq = 3": (3, "hash"),
    f"{EVENTS} body = 'no JSON' WHERE seq >= 3": (3, "hash"),
    f"{EVENTS} body = '' WHERE seq = 0": (0, "hash"),
    f"{EVENTS} hash = sha256('') WHERE seq = 2": (2, "hash"),
    f"{EVENTS} hash = substr(hash, 1, 31) WHERE seq = 4": (4, "hash"),
    recomputed("body || ' '", 3): (4, "hash"),
    f"{EVENTS} seq = 40 WHERE seq = 5": (40, "missing"),
    "DELETE FROM consentfeed.events WHERE seq = 2": (3, "missing"),
    "DELETE FROM consentfeed.events WHERE seq = 0": (1, "missing"),
    "DELETE FROM consentfeed.events": (0, "empty"),
    f"{EVENTS} type = 'expired' WHERE seq = 3": (3, "type"),
    f"{EVENTS} consent_id = '{OTHER}' WHERE seq = 3": (3, "consent_id"),
    f"{EVENTS} consent_id = NULL WHERE seq = 3": (3, "consent_id"),
    f"{EVENTS} customer_id = '{OTHER}' WHERE seq = 2": (2, "customer_id"),
    f"{EVENTS} customer_id = '{OTHER}' WHERE seq = 0": (0, "customer_id"),
    f"{EVENTS} recorded_at = recorded_at - interval '1 microsecond' WHERE seq = 1": (1, "recorded_at"),
    recomputed("replace(body, '4', '5')", 4): (4, "seq"),
    "UPDATE consentfeed.notices SET text = 'other' WHERE (purpose, language) = ('profiling', 'en')": (3, "notice"),
    "DELETE FROM consentfeed.notices WHERE purpose = 'marketing'": (1, "notice"),
    "UPDATE consentfeed.event_notes SET note = 'other'": (2, "note"),
    "UPDATE consentfeed.event_notes SET salt = 'other'": (2, "note"),
    "UPDATE consentfeed.event_notes SET seq = 3": (3, "note"),
    "INSERT INTO consentfeed.event_notes VALUES (1, 'salt', 'never said')": (1, "note"),
    # The log is whole, and the consents are not as it says.
    f"{CONSENTS} status = 'granted' WHERE id = (SELECT consent_id FROM consentfeed.events WHERE seq = 4)": (4, LEFT),
    f"{CONSENTS} version = version + 1 WHERE status = 'revoked'": (2, LEFT),
    f"{CONSENTS} channel = 'fax' WHERE customer_id = '{OTHER}' AND status = 'granted'": (5, LEFT),
    f"{CONSENTS} customer_id = '{OTHER}', channel = 'fax' WHERE purpose = 'profiling' AND version = 2": (4, LEFT),
    f"{CONSENTS} purpose = 'surveys' WHERE purpose = 'profiling' AND version = 2": (4, LEFT),
    f"{CONSENTS} notice_version = 7 WHERE status = 'granted'": (5, LEFT),
    f"{CONSENTS} notice_language = 'ta' WHERE status = 'granted'": (5, LEFT),
    f"{CONSENTS} notice_sha256 = '' WHERE status = 'granted'": (5, LEFT),
    f"{CONSENTS} granted_at = granted_at - interval '1 microsecond' WHERE status = 'granted'": (5, LEFT),
    f"{CONSENTS} revoked_at = NULL WHERE status = 'revoked'": (2, LEFT),
    f"{CONSENTS} expires_at = now() WHERE status = 'granted'": (5, LEFT),
    f"{CONSENTS} updated_at = now() WHERE status = 'granted'": (5, LEFT),
    f"{CONSENTS} actor_kind = 'admin' WHERE status = 'granted'": (5, LEFT),
    f"{CONSENTS} actor_id = 'somebody' WHERE status = 'granted'": (5, LEFT),
    f"{CONSENTS} method = 'rest' WHERE status = 'granted'": (5, LEFT),
    f"{CONSENTS} reason_code = NULL": (2, LEFT),
    f"{CONSENTS} reason_reference = 'CALL-1' WHERE status = 'revoked'": (2, LEFT),
    f"{CONSENTS} note_sha256 = NULL": (2, LEFT),
    f"{CONSENTS} status = 'pending', version = 0 WHERE status = 'granted'": (5, LEFT),
    f"DELETE FROM consentfeed.consents WHERE customer_id = '{OTHER}'": (5, "its consent is missing"),
    "DELETE FROM consentfeed.consents": (2, "its consent is missing"),
    f"{CONSENTS} {ANSWERED} WHERE status = 'pending'": (5, "was changed without an event"),
    "INSERT INTO consentfeed.consents (customer_id, purpose, channel, status, version, actor_kind, actor_id, method)"
    f" VALUES ('{OTHER}', 'surveys', 'sms', 'granted', 1, 'customer', '', 'rest')": (5, "was changed without an event"),
    "DELETE FROM consentfeed.events WHERE seq = 5": (4, "was changed without an event"),
    # What is wrong with the log itself comes first: a log with a gap says nothing about consents.
    f"{CONSENTS} reason_code = NULL; {EVENTS} type = 'expired' WHERE seq = 3": (3, "type"),
}  # fmt: skip
# What may happen to notices and notes, and is no tampering.
FAIR = (
    f"INSERT INTO consentfeed.consents (customer_id, purpose, channel) VALUES ('{CUSTOMER}', 'surveys', 'sms')",
    # An event of an older version, which said less, and in another order.
    recomputed("(body::jsonb #- '{consent,updated_at}')::text", 4),
    "UPDATE consentfeed.event_notes SET note = NULL",
    "DELETE FROM consentfeed.event_notes",
    "DELETE FROM consentfeed.notices WHERE (purpose, language) = ('surveys', 'si')",
)


def fill(database: Sql) -> None:
    """Four events of CUSTOMER: two grants under two notices, each revoked, one with a note."""
    email, _, push, _ = database.consents()
    database.set(email, "granted")
    decide(database.app_url, decision(email, "revoke", reason_code="other", note="by phone"))
    database.set(push, "granted")
    database.set(push, "revoked")
    # It makes no event: the positions of those that are tampered with stand above.
    database.run("ALTER TABLE consentfeed.notices DISABLE TRIGGER collect_inserted")
    publish(database, "marketing", 2)
    database.run("ALTER TABLE consentfeed.notices ENABLE TRIGGER collect_inserted")


@pytest.fixture(scope="module")
def filled(cluster: str, template: str) -> Iterator[Sql]:
    """One for all tests that leave it as it is, with a fifth event, of OTHER."""
    with new_database(cluster, template) as database:
        fill(database)
        database.set(database.consents(OTHER)[0], "granted")
        yield database


@pytest.fixture
def reader(filled: Sql) -> Iterator[psycopg.Connection]:
    with psycopg.connect(filled.app_url) as connection:
        yield connection


@contextmanager
def tampered(database: Sql, statement: str) -> Iterator[psycopg.Connection]:
    """A superuser's transaction in which it has been done with the triggers disabled; rolled back after."""
    with psycopg.connect(database.admin_url) as connection:
        for table in ("events", "events_p0", "notices", "consents"):
            connection.execute(f"ALTER TABLE consentfeed.{table} DISABLE TRIGGER USER".encode())
        connection.execute(statement.encode())
        yield connection
        connection.rollback()


def test_verify_finds_each_tampering_at_the_first_position_that_does_not_fit(filled: Sql) -> None:
    for statement, (seq, why) in TAMPERINGS.items():
        with tampered(filled, statement) as connection:
            found = connection.execute("SELECT * FROM consentfeed.verify_log()").fetchall()
        assert [row[0] for row in found] == [seq], (statement, found)
        assert why in found[0][1], (statement, found)
    assert filled.verify() == []


def test_verify_finds_nothing_in_a_log_that_is_whole(database: Sql) -> None:
    assert database.verify() == []
    fill(database)
    assert Sql.run_as(database.app_url, "SELECT * FROM consentfeed.verify_log()") == []
    for statement in FAIR:
        with tampered(database, statement) as connection:
            assert connection.execute("SELECT * FROM consentfeed.verify_log()").fetchall() == [], statement


def judge(connection: psycopg.Connection, seq: int, prefix: bytes, customer: str | None = None) -> Any:
    row = connection.execute(
        "SELECT verdict FROM consentfeed.judge_place(%s, %s, %s)", (seq, prefix, customer)
    ).fetchone()
    assert row
    return row[0]


def test_a_tail_that_was_cut_or_recomputed_is_found_by_an_id_noted_before(filled: Sql) -> None:
    ((noted,),) = filled.run("SELECT substr(hash, 1, 4) FROM consentfeed.events WHERE seq = 5")
    cut = (
        "DELETE FROM consentfeed.events WHERE seq = 5;"
        f"UPDATE consentfeed.consents SET status = 'pending', version = 0 WHERE customer_id = '{OTHER}'"
    )
    for statement, verdict in ((cut, "unknown"), (recomputed("body || ' '", 5), "forked"), ("SELECT", "ok")):
        with tampered(filled, statement) as connection:
            assert connection.execute("SELECT * FROM consentfeed.verify_log()").fetchall() == []
            assert judge(connection, 5, noted) == verdict


def test_judge_place_knows_the_places_of_this_log(filled: Sql, reader: psycopg.Connection) -> None:
    hashes = [row[0] for row in filled.run("SELECT hash FROM consentfeed.events ORDER BY seq")]
    for seq, whole in enumerate(hashes):
        assert judge(reader, seq, whole[:4]) == "ok"
        assert judge(reader, seq, bytes([whole[0] ^ 1]) + whole[1:4]) == "forked"
    assert judge(reader, 0, bytes(4)) == "ok", "the place before the first event"
    assert judge(reader, 6, hashes[5][:4]) == "unknown"
    assert judge(reader, -1, bytes(4)) == "unknown"
    assert judge(reader, 2**62, bytes(4)) == "unknown"


def test_judge_place_knows_a_customers_own_places_alone(filled: Sql, reader: psycopg.Connection) -> None:
    hashes = [row[0] for row in filled.run("SELECT hash FROM consentfeed.events ORDER BY seq")]
    assert judge(reader, 4, hashes[4][:8], CUSTOMER) == "ok"
    assert judge(reader, 5, hashes[5][:8], CUSTOMER) == "unknown"
    assert judge(reader, 5, hashes[5][:8], OTHER) == "ok"
    assert judge(reader, 0, hashes[0][:8], CUSTOMER) == "ok"
    assert judge(reader, 0, bytes(8), CUSTOMER) == "ok"
    assert judge(reader, 99, bytes(8), CUSTOMER) == "unknown"


def test_a_customers_place_moves_with_the_customers_own_events_alone(database: Sql) -> None:
    place = "SELECT seq, hash FROM consentfeed.customer_place(%s)"
    row0 = database.run("SELECT seq, hash FROM consentfeed.events")
    assert Sql.run_as(database.app_url, place, CUSTOMER) == row0
    database.set(database.consents(OTHER)[0], "granted")
    assert Sql.run_as(database.app_url, place, CUSTOMER) == row0
    database.set(database.consents()[0], "granted")
    database.set(database.consents(OTHER)[0], "revoked")
    own = database.run("SELECT seq, hash FROM consentfeed.events WHERE seq = 2")
    assert Sql.run_as(database.app_url, place, CUSTOMER) == own
    assert Sql.run_as(database.app_url, "SELECT seq, hash FROM consentfeed.customer_consents(%s)", CUSTOMER) == own
