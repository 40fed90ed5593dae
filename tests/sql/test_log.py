"""events: its columns, what is in a body and what must not be, the chain, and that nobody changes it."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from consentfeed.log.event import Row, event_from_row
from tests.support.database import Sql, new_database
from tests.support.seed import STAFF
from tests.support.sql import bodies, decide, decision, expired_grant, refused

ODD = {"name": "Zyxwvut Ödegårdsson", "email": "very-odd@zyx.example", "msisdn": "+94790001122"}
NOTE = "Called from a neighbour's phone"


def events(database: Sql) -> list[dict[str, Any]]:
    with psycopg.connect(database.app_url, row_factory=dict_row) as connection:
        return connection.execute("SELECT * FROM consentfeed.events ORDER BY seq").fetchall()


def make_events_of_every_type(database: Sql) -> None:
    """Of one customer with odd data: by SQL, by staff with a reason and a note, by expiry."""
    customer = str(uuid4())
    database.run(
        "SELECT consentfeed.register_customer(%s, %s, %s, %s, 'en')", customer, ODD["name"], ODD["email"], ODD["msisdn"]
    )
    first, second, *_ = database.consents(customer)
    database.set(first, "granted")
    staff = {"actor_kind": "csr", "actor_id": STAFF["csr"], "reason_code": "phone-call", "reason_reference": "CALL-1"}
    decide(database.app_url, decision(first, "revoke", note=NOTE, **staff))
    expired_grant(database, second)
    database.run("SELECT consentfeed.expire_consents(10)")


@pytest.fixture(scope="module")
def made(cluster: str, template: str) -> Iterator[Sql]:
    """For all tests that only look at these events."""
    with new_database(cluster, template) as database:
        make_events_of_every_type(database)
        yield database


def test_events_has_the_columns_of_the_contract(made: Sql) -> None:
    columns = made.run(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'consentfeed.events'::regclass AND attnum > 0 ORDER BY attnum"
    )
    assert dict(columns) == {
        "seq": "bigint",
        "type": "text",
        "consent_id": "uuid",
        "customer_id": "uuid",
        "recorded_at": "timestamp with time zone",
        "body": "text",
        "hash": "bytea",
    }
    ((key,),) = made.run(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'consentfeed.events'::regclass AND contype = 'p'"
    )
    assert key == "PRIMARY KEY (seq)"


def test_row_0_is_log_created_with_a_random_member_and_no_previous_hash(made: Sql) -> None:
    row = events(made)[0]
    body = json.loads(row["body"])
    assert (row["seq"], row["type"], row["consent_id"], row["customer_id"]) == (0, "log-created", None, None)
    assert row["hash"] == hashlib.sha256(row["body"].encode()).digest()
    assert UUID(body.pop("random")).version == 4
    assert body.keys() == row.keys() - {"body", "hash"}


def test_seq_grows_by_one_and_each_hash_follows_from_the_one_before_and_the_body(made: Sql) -> None:
    previous = b""
    for seq, row in enumerate(events(made)):
        assert row["seq"] == seq
        assert row["hash"] == hashlib.sha256(previous + row["body"].encode()).digest()
        previous = row["hash"]
    assert seq == 4


def test_the_body_has_every_column_of_the_row(made: Sql) -> None:
    for row in events(made):
        body = json.loads(row["body"])
        assert body["seq"] == row["seq"]
        assert body["type"] == row["type"]
        assert body["consent_id"] == (row["consent_id"] and str(row["consent_id"]))
        assert body["customer_id"] == (row["customer_id"] and str(row["customer_id"]))
        assert body["recorded_at"] == row["recorded_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_the_body_has_all_that_the_feed_shows_but_e_mail_and_note(made: Sql) -> None:
    rows = Sql.run_as(made.app_url, "SELECT * FROM consentfeed.events_after(0, 10)")[1:]
    shown = [json.loads(event_from_row(Row(*row)).data) for row in rows]
    assert [data["type"] for data in shown] == ["granted", "revoked", "granted", "expired"]
    for data, body in zip(shown, bodies(made), strict=True):
        assert data["user"].pop("email") == ODD["email"]
        if data["reason"]:
            assert (data["reason"].pop("text"), body["reason"].pop("text")) == (NOTE, None)
        assert {key: body[key] for key in data} == data
    assert shown[1]["reason"] == {"code": "phone-call", "reference": "CALL-1"}
    assert shown[1]["actor"] == {"kind": "csr", "id": STAFF["csr"]}


def test_the_body_has_no_personal_data(made: Sql) -> None:
    for row in events(made):
        for word in (*ODD["name"].split(), ODD["email"], "zyx.example", ODD["msisdn"], "790001122", NOTE, "neighbour"):
            assert word not in row["body"]


def test_a_note_stands_beside_the_log_and_only_its_salted_hash_in_it(database: Sql) -> None:
    make_events_of_every_type(database)
    ((seq, salt, note),) = database.run("SELECT seq, salt, note FROM consentfeed.event_notes")
    assert note == NOTE
    assert bodies(database)[seq - 1]["note_sha256"] == hashlib.sha256((salt + note).encode()).hexdigest()
    decide(database.app_url, *(decision(consent, "revoke", note=NOTE) for consent in database.consents()))
    assert len({body["note_sha256"] for body in bodies(database, after=4)}) == 4, "one salt for each"
    database.run("UPDATE consentfeed.event_notes SET note = NULL")
    assert database.verify() == []


def test_text_of_any_kind_leaves_a_body_that_is_json(database: Sql) -> None:
    odd = "\"\\ \n\t\u2028 ' %s {} \U0001f600 </script> \x7f"
    consent = database.consents()[0]
    decide(database.app_url, decision(consent, "grant", reason_code=odd, reason_reference=odd, actor_id=odd, note=odd))
    (body,) = bodies(database)
    assert (body["reason"]["code"], body["reason"]["reference"], body["actor"]["id"]) == (odd, odd, odd)
    assert database.verify() == []


def test_who_does_not_say_how_and_who_records_nothing(database: Sql) -> None:
    consent = database.consents()[0]
    for unsaid in ({"method": '"'}, {"method": None}, {"actor_kind": None}, {"actor_kind": "root"}, {"actor_id": None}):
        with pytest.raises(psycopg.errors.CheckViolation):
            decide(database.app_url, decision(consent, "grant", **unsaid))
    assert bodies(database) == []


def partitions(database: Sql) -> list[str]:
    return [
        row[0]
        for row in database.run(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'consentfeed.events'::regclass ORDER BY 1"
        )
    ]


def test_nobody_changes_the_log_or_a_partition_of_it(database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    before = events(database)
    for table in ("consentfeed.events", *partitions(database)):
        for statement in (
            f"UPDATE {table} SET type = 'revoked'",
            f"UPDATE {table} SET type = 'revoked' WHERE seq = -1",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"INSERT INTO {table} SELECT * FROM consentfeed.events ON CONFLICT (seq) DO UPDATE SET type = 'revoked'",
            f"MERGE INTO {table} AS event USING consentfeed.log_order ON true WHEN MATCHED THEN DELETE",
        ):
            for url in (database.url, database.admin_url):
                assert refused(url, statement).sqlstate == "55000", statement
    assert events(database) == before


def described(database: Sql, name: str) -> str:
    """Everything that makes a partition what it is, but for its name and its range."""
    return str(
        database.run(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum)"
            f" FROM pg_attribute WHERE attrelid = 'consentfeed.{name}'::regclass AND attnum > 0"
            " UNION ALL SELECT tgname, pg_get_triggerdef(oid), tgenabled = 'A', NULL"
            f" FROM pg_trigger WHERE tgrelid = 'consentfeed.{name}'::regclass"
            " UNION ALL SELECT 'index', pg_get_indexdef(indexrelid), indisunique, NULL"
            f" FROM pg_index WHERE indrelid = 'consentfeed.{name}'::regclass"
            " UNION ALL SELECT 'constraint', pg_get_constraintdef(oid), true, NULL"
            f" FROM pg_constraint WHERE conrelid = 'consentfeed.{name}'::regclass"
            " UNION ALL SELECT coalesce(relacl, acldefault('r', relowner))::text, relpersistence::text, true, NULL"
            " FROM pg_class"
            f" WHERE oid = 'consentfeed.{name}'::regclass ORDER BY 1, 2"
        )
    ).replace(name, "events_pN")


def reach(database: Sql, seq: int) -> None:
    """As if the log had come to this position."""
    database.run(
        "INSERT INTO consentfeed.events SELECT %s, type, NULL, NULL, recorded_at, body, hash FROM consentfeed.events",
        seq,
    )


def test_two_partitions_are_kept_ahead_of_the_log(database: Sql) -> None:
    add = "SELECT consentfeed.add_event_partitions()"
    assert partitions(database) == [f"consentfeed.events_p{number}" for number in range(3)]
    assert Sql.run_as(database.app_url, add) == [(0,)]
    reach(database, 10_000_000)
    assert Sql.run_as(database.app_url, add) == [(1,)]
    assert partitions(database) == [f"consentfeed.events_p{number}" for number in range(4)]


def test_a_partition_made_later_is_as_the_first_and_append_only(database: Sql) -> None:
    reach(database, 29_999_999)
    assert database.run("SELECT consentfeed.add_event_partitions()") == [(2,)]
    assert described(database, "events_p4") == described(database, "events_p0")
    for statement in ("UPDATE {} SET type = ''", "DELETE FROM {}", "TRUNCATE {}"):
        refused(database.admin_url, statement.format("consentfeed.events_p4"))
