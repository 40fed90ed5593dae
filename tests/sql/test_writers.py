"""Many writers at once: gap-free and in commit order, each change once, and nobody waits for a row that is not his."""

import hashlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import IsolationLevel, errors

from tests.support.database import Sql
from tests.support.seed import OTHER
from tests.support.sql import bodies, decide, decision, expired_grant

SECONDS = 2.0
UPDATE = "UPDATE consentfeed.consents SET status = %s WHERE id = %s"
CHANGE = UPDATE + " AND status <> %s RETURNING version"
AFTER = "SELECT seq, hash, body FROM consentfeed.events_after(%s, %s)"
Change = tuple[str, int, str]


class _Rollback(Exception):
    pass


def write_sql(database: Sql, seed: int, consents: list[str], until: float) -> Iterator[Change]:
    """Transactions of random length and isolation with savepoints, some rolled back, repeated when they lose a race."""
    rng = random.Random(seed)
    with database.connect() as connection:
        while time.monotonic() < until:
            connection.isolation_level = rng.choice(list(IsolationLevel))
            made: list[Change] = []
            try:
                for consent in rng.sample(consents, rng.randint(1, 4)):
                    kept = len(made)
                    connection.execute("SAVEPOINT here")
                    for _ in range(rng.randint(1, 3)):
                        status = rng.choice(("granted", "revoked", "expired"))
                        row = connection.execute(CHANGE, (status, consent, status)).fetchone()
                        made += [(consent, row[0], status)] if row else []
                    if rng.random() < 0.2:
                        connection.execute("ROLLBACK TO here")
                        del made[kept:]
                if rng.random() < 0.1:
                    raise _Rollback
                connection.commit()
            except (_Rollback, errors.SerializationFailure, errors.DeadlockDetected):
                connection.rollback()
            else:
                yield from made


def write_decisions(database: Sql, seed: int, consents: list[str], until: float) -> Iterator[Change]:
    """Batches as the service hands them in."""
    rng = random.Random(seed)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        while time.monotonic() < until:
            batch = [
                decision(consent, rng.choice(("grant", "revoke")), note=rng.choice((None, "a note")))
                for consent in rng.choices(consents, k=rng.randint(1, 12))
            ]
            call = "SELECT problem, consent, seq, hash FROM consentfeed.record_decisions(%s) ORDER BY item"
            for problem, consent, seq, _ in connection.execute(call, (json.dumps(batch),)):
                assert problem in (None, "busy")
                if seq is not None:
                    told = json.loads(consent)
                    yield told["id"], told["version"], told["status"]


def read(database: Sql, ended: threading.Event) -> list[tuple[int, bytes, str]]:
    """Pages through the log while it is written; whatever is missing, twice or out of order breaks the chain."""
    seen: list[tuple[int, bytes, str]] = database.run("SELECT seq, hash, body FROM consentfeed.events WHERE seq = 0")
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        while True:
            last = ended.is_set()
            place, *page = connection.execute(AFTER, (seen[-1][0], 50)).fetchall()
            assert (place[0], place[1]) == seen[-1][:2]
            for seq, found, body in page:
                assert seq == seen[-1][0] + 1
                assert found == hashlib.sha256(seen[-1][1] + body.encode()).digest()
                seen.append((seq, found, body))
            if last and not page:
                return seen


def verify(database: Sql, ended: threading.Event) -> list[tuple[Any, ...]]:
    """Verifies the log while it is written: consents and events are looked at as of one moment."""
    while not ended.is_set():
        if problems := database.verify():
            return problems
    return []


def test_six_writers_and_two_readers_no_gap_no_repeat_in_order_each_change_once(database: Sql) -> None:
    consents = [*database.consents(), *database.consents(OTHER)]
    name = database.url.rpartition("/")[2]
    Sql.run_as(database.admin_url, f"ALTER DATABASE {name} SET deadlock_timeout = '20ms'")
    until, ended = time.monotonic() + SECONDS, threading.Event()
    writers = [write_sql] * 4 + [write_decisions] * 2
    with ThreadPoolExecutor(9) as pool:
        reading = [pool.submit(read, database, ended) for _ in range(2)]
        verifying = pool.submit(verify, database, ended)
        writing = [
            pool.submit(lambda write, n: list(write(database, n, consents, until)), write, n)
            for n, write in enumerate(writers)
        ]
        try:
            committed = [change for future in writing for change in future.result()]
        finally:
            ended.set()
        logs = [future.result() for future in reading]
        assert verifying.result() == []
    assert logs[0] == logs[1]
    events = [json.loads(body) for _, _, body in logs[0][1:]]
    assert len(events) == database.head() > 100
    assert Counter(committed) == Counter((e["consent_id"], e["consent"]["version"], e["type"]) for e in events)
    for consent in consents:
        versions = [event["consent"]["version"] for event in events if event["consent_id"] == consent]
        assert versions == list(range(1, len(versions) + 1))
    assert [event["recorded_at"] for event in events] == sorted(event["recorded_at"] for event in events)
    assert database.verify() == []


def test_an_event_is_visible_only_when_every_event_before_it_is(database: Sql) -> None:
    """Two transactions that end in the other order than they began: no number was handed out before the commit."""
    first, second, *_ = database.consents()
    with database.connect() as early, database.connect() as late:
        early.execute(UPDATE, ("granted", first))
        late.execute(UPDATE, ("granted", second))
        late.commit()
        assert [event["consent_id"] for event in bodies(database)] == [second]
        early.commit()
    assert [event["consent_id"] for event in bodies(database)] == [second, first]


@pytest.fixture
def impatient(database: Sql) -> Sql:
    """Statements of the service and the owner fail instead of waiting."""
    name = database.url.rpartition("/")[2]
    Sql.run_as(database.admin_url, f"ALTER DATABASE {name} SET statement_timeout = '2s'")
    return database


def test_a_transaction_left_open_holds_up_its_own_consents_alone(impatient: Sql) -> None:
    first, second, third, fourth = impatient.consents()
    for consent in (first, impatient.consents(OTHER)[0]):
        expired_grant(impatient, consent)
    with closing(impatient.connect()) as psql:
        psql.execute(UPDATE, ("granted", first))
        outcomes = decide(impatient.app_url, *(decision(consent, "revoke") for consent in (second, first, third)))
        assert [outcome.problem for outcome in outcomes] == [None, "busy", None]
        impatient.set(fourth, "granted")
        assert Sql.run_as(impatient.app_url, "SELECT consentfeed.expire_consents(10)") == [(1,)]
        psql.commit()
    assert decide(impatient.app_url, decision(first, "revoke"))[0].problem is None
    assert impatient.verify() == []


def test_a_lock_on_a_customer_holds_up_nobodys_decisions(impatient: Sql) -> None:
    first, second, third, _ = impatient.consents()
    with closing(impatient.connect()) as psql:
        psql.execute("SELECT * FROM consentfeed.customers FOR UPDATE")
        psql.execute("SELECT * FROM consentfeed.notices FOR UPDATE")
        psql.execute("SELECT * FROM consentfeed.purposes FOR UPDATE")
        assert decide(impatient.app_url, decision(first, "grant"))[0].seq == 1
        impatient.set(second, "granted")
        impatient.set(third, "revoked")
    assert impatient.head() == 3


def test_a_reader_of_the_log_holds_up_no_writer_and_no_new_partition(impatient: Sql) -> None:
    with closing(impatient.connect(autocommit=False)) as reader:
        reader.execute("SELECT count(*) FROM consentfeed.events")
        Sql.run_as(
            impatient.admin_url,
            "INSERT INTO consentfeed.events SELECT 10000000, type, NULL, NULL, recorded_at, body, hash"
            " FROM consentfeed.events",
        )
        assert Sql.run_as(impatient.app_url, "SELECT consentfeed.add_event_partitions()") == [(1,)]
        impatient.set(impatient.consents()[0], "granted")
    assert impatient.head() == 10_000_001


def test_batches_in_opposite_order_do_not_deadlock(impatient: Sql) -> None:
    consents = [*impatient.consents(), *impatient.consents(OTHER)]

    def batches(order: list[str]) -> set[Any]:
        problems = set()
        for round_ in range(20):
            action = ("grant", "revoke")[round_ % 2]
            problems |= {o.problem for o in decide(impatient.app_url, *(decision(c, action) for c in order))}
        return problems

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(batches, consents), pool.submit(batches, consents[::-1])]:
            assert future.result() <= {None, "busy"}
    assert impatient.verify() == []


def test_a_consent_decided_more_than_once_in_a_batch_takes_the_decisions_in_order(database: Sql) -> None:
    first, second, *_ = database.consents()
    actions = ("grant", "revoke", "revoke", "grant")
    outcomes = decide(database.app_url, *(decision(c, action) for action in actions for c in (first, second)))
    assert [o.consent["version"] for o in outcomes[::2] if o.consent] == [1, 2, 2, 3]
    hashes = dict(database.run("SELECT seq, hash FROM consentfeed.events"))
    for outcome in outcomes:
        if outcome.seq is not None:
            assert outcome.hash == hashes[outcome.seq]
            assert bodies(database)[outcome.seq - 1]["consent"] == outcome.consent
    assert [o.seq is None for o in outcomes] == [False] * 4 + [True] * 2 + [False] * 2
