"""Retention: whole partitions go, the chain and the readers go on."""

import psycopg
import pytest

from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER
from tests.support.sql import decide, decision

DROP = "SELECT consentfeed.drop_oldest_partition()"
SMALL = 4


def cut_small(database: Sql) -> None:
    """Partitions of four events instead of ten million."""
    with database.connect() as owner:
        owner.execute("ALTER TABLE consentfeed.events DETACH PARTITION consentfeed.events_p0")
        owner.execute(
            f"ALTER TABLE consentfeed.events ATTACH PARTITION consentfeed.events_p0 FOR VALUES FROM (0) TO ({SMALL})"
        )
        for number in (1, 2):
            name, begin = f"consentfeed.small_{number}", number * SMALL
            end = begin + SMALL if number == 1 else 10_000_000
            owner.execute(f"CREATE TABLE {name} PARTITION OF consentfeed.events FOR VALUES FROM ({begin}) TO ({end})")
            owner.execute(f"SELECT consentfeed.guard_log_table('{name}')")


@pytest.fixture
def small(database: Sql) -> Sql:
    """Nine events in partitions of four: 1 and 2 of CUSTOMER, the rest of OTHER; each of the first two has a note."""
    cut_small(database)
    own, other = database.consents()[0], database.consents(OTHER)[0]
    for action in ("grant", "revoke"):
        decide(database.app_url, decision(own, action, note="a note"))
    for number in range(7):
        database.set(other, ("granted", "revoked")[number % 2])
    assert database.head() == 9
    return database


def verdict(database: Sql, seq: int, prefix: bytes, customer: str | None = None) -> str:
    rows = Sql.run_as(
        database.app_url, "SELECT verdict FROM consentfeed.judge_place(%s, %s, %s)", seq, prefix, customer
    )
    return str(rows[0][0])


def test_what_was_is_known_as_far_back_as_the_log_is_kept_and_no_further(small: Sql) -> None:
    times = dict(small.run("SELECT seq, recorded_at FROM consentfeed.events"))
    small.run(DROP)
    small.run(DROP)
    past = (
        "SELECT seq, kept, state::json ->> 'status' FROM consentfeed.consents_at(NULL, %s, NULL, NULL, NULL, NULL, %s)"
    )
    own, other = small.consents()[0], small.consents(OTHER)[0]
    # Row 8 is the first that is kept; own was decided before it alone, other before it and after.
    assert Sql.run_as(small.app_url, past, own, times[7]) == []
    assert Sql.run_as(small.app_url, past, own, times[8]) == [(8, None, None), (None, True, "revoked")]
    assert Sql.run_as(small.app_url, past, other, times[9])[1:] == [(None, True, "granted")]
    third = small.consents(OTHER)[1]
    small.set(third, "granted")
    assert Sql.run_as(small.app_url, past, third, times[9])[1:] == [(None, True, "pending")]
    now = small.value("SELECT now()")
    small.set(own, "granted")
    assert Sql.run_as(small.app_url, past, own, now)[1:] == [(None, False, None)], "event 2 said so, and is gone"


def test_dropping_a_partition_keeps_its_last_hash_and_the_rest_verifies(small: Sql) -> None:
    hashes = dict(small.run("SELECT seq, hash FROM consentfeed.events"))
    assert small.run(DROP) == [(3,)]
    assert small.run("SELECT last_seq, last_hash FROM consentfeed.dropped_partitions") == [(3, hashes[3])]
    assert small.run("SELECT min(seq) FROM consentfeed.events") == [(4,)]
    assert small.verify() == []
    small.set(small.consents()[0], "granted")
    assert small.head() == 10
    assert small.run(DROP) == [(7,)]
    assert small.verify() == []
    Sql.run_as(small.admin_url, "UPDATE consentfeed.dropped_partitions SET last_hash = '' WHERE last_seq = 7")
    assert [row[0] for row in small.verify()] == [8]


def test_a_consent_without_kept_events_is_held_against_nothing_unless_it_has_changed_since(small: Sql) -> None:
    small.run(DROP)
    assert small.run("SELECT min(seq) FROM consentfeed.events WHERE customer_id = %s", CUSTOMER) == [(None,)]
    assert small.verify() == []
    small.run("ALTER TABLE consentfeed.consents DISABLE TRIGGER USER")
    change = "UPDATE consentfeed.consents SET version = version + 1, updated_at = now() WHERE id = %s"
    small.run(change, small.consents()[0])
    assert small.verify() == [(9, f"consent {small.consents()[0]} was changed without an event")]


def test_the_partition_that_holds_the_end_of_the_log_is_not_dropped(small: Sql) -> None:
    small.run(DROP)
    small.run(DROP)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        small.run(DROP)
    assert small.head() == 9


def test_the_notes_of_dropped_events_go_with_them(small: Sql) -> None:
    decide(small.app_url, decision(small.consents()[0], "grant", note="kept"))
    assert len(small.run("SELECT * FROM consentfeed.event_notes")) == 3
    small.run(DROP)
    assert small.run("SELECT seq, note FROM consentfeed.event_notes") == [(10, "kept")]


def test_a_dropped_place_is_pruned_to_staff(small: Sql) -> None:
    hashes = dict(small.run("SELECT seq, substr(hash, 1, 4) FROM consentfeed.events"))
    small.run(DROP)
    assert [verdict(small, seq, hashes[seq]) for seq in (0, 1, 2)] == ["pruned"] * 3
    assert verdict(small, 0, bytes(4)) == "pruned"
    assert verdict(small, 3, hashes[3]) == "ok", "everything after it is kept"
    assert verdict(small, 3, bytes(4)) == "forked"
    assert verdict(small, 9, hashes[9]) == "ok"
    assert verdict(small, 10, bytes(4)) == "unknown"


def test_a_place_is_never_pruned_to_a_customer_and_ok_where_nothing_of_the_customer_is_gone(small: Sql) -> None:
    new = small.new_customer()
    hashes = dict(small.run("SELECT seq, substr(hash, 1, 8) FROM consentfeed.events"))
    small.run(DROP)
    for customer, expected in ((new, "ok"), (CUSTOMER, "unknown"), (OTHER, "unknown")):
        assert verdict(small, 0, bytes(8), customer) == expected
        assert verdict(small, 0, hashes[0], customer) == expected
    assert verdict(small, 2, hashes[2], CUSTOMER) == "unknown"
    assert verdict(small, 9, hashes[9], OTHER) == "ok"


def test_a_customer_whose_events_are_all_gone_gets_a_place_that_holds(small: Sql) -> None:
    for _ in range(2):
        small.run(DROP)
        ((seq, prefix),) = Sql.run_as(
            small.app_url, "SELECT seq, substr(hash, 1, 8) FROM consentfeed.customer_consents(%s)", CUSTOMER
        )
        assert verdict(small, seq, prefix, CUSTOMER) == "ok"
    small.set(small.consents()[0], "granted")
    after = "SELECT seq FROM consentfeed.customer_events_after(%s, %s, 9)"
    assert Sql.run_as(small.app_url, after, CUSTOMER, seq) == [(seq,), (10,)]


def test_a_customer_without_events_keeps_a_place_that_holds(small: Sql) -> None:
    new = small.new_customer()
    for _ in range(2):
        small.run(DROP)
        place = "SELECT seq, substr(hash, 1, 8) FROM consentfeed.customer_place(%s)"
        ((seq, prefix),) = Sql.run_as(small.app_url, place, new)
        assert seq == 0
        assert verdict(small, seq, prefix, new) == "ok"


def test_readers_go_on_from_the_last_dropped_place_and_from_no_earlier_one(small: Sql) -> None:
    after = "SELECT seq, body IS NULL FROM consentfeed.events_after(%s, 100)"
    small.run(DROP)
    assert Sql.run_as(small.app_url, after, 3) == [(3, True), *((seq, False) for seq in range(4, 10))]
    assert Sql.run_as(small.app_url, after, 2)[0] == (4, False), "without the place itself: it is gone"
    small.run(DROP)
    assert Sql.run_as(small.app_url, after, 3)[0] == (8, False), "between it and the first kept event others are gone"


def test_dropping_gives_up_where_a_reader_keeps_it_waiting(small: Sql) -> None:
    with small.connect() as reader:
        reader.execute("SELECT count(*) FROM consentfeed.events")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            small.run(DROP)
    assert small.run(DROP) == [(3,)]


def test_a_change_of_the_customer_that_is_gone_is_missed_as_one_of_a_consent_is(database: Sql) -> None:
    """Whether something of a customer is gone is told by the versions of consents and of the customer."""
    cut_small(database)
    rename = "UPDATE consentfeed.customers SET name = %s WHERE id = %s"
    database.run(rename, "Early", OTHER)
    for number in range(3):
        database.set(database.consents(OTHER)[0], ("granted", "revoked")[number % 2])
    database.run(rename, "Late", CUSTOMER)
    assert database.run(DROP) == [(3,)]
    beginning = bytes(8)
    assert verdict(database, 0, beginning, CUSTOMER) == "ok"
    assert verdict(database, 0, beginning, OTHER) == "unknown"
