"""The tree over the log: what is kept of it, who may add to it, and that it outlives dropped events."""

from uuid import uuid4

import psycopg
import pytest

from tests.sql.test_retention import DROP, cut_small
from tests.support.checkpoints import add_events, hold, make_checkpoint, root_of
from tests.support.database import Sql
from tests.support.sql import refused

HASHES = "SELECT hash FROM consentfeed.events ORDER BY seq"
TILES = "SELECT level, number FROM consentfeed.tiles ORDER BY level, number"


def hashes(database: Sql) -> list[bytes]:
    return [row[0] for row in database.run(HASHES)]


@pytest.fixture
def grown(database: Sql) -> Sql:
    """1,400 events and row 0: five whole tiles, and part of a sixth."""
    add_events(database, 1400)
    return database


def root(database: Sql, size: int) -> bytes:
    return bytes(database.value("SELECT consentfeed.tree_root(%s)", size))


def test_whole_tiles_alone_are_kept_and_the_root_of_any_size_is_that_of_its_events(grown: Sql) -> None:
    assert make_checkpoint(grown) == 1401
    assert grown.run(TILES) == [(1, number) for number in range(5)]
    known = hashes(grown)
    assert grown.run("SELECT size, root FROM consentfeed.checkpoints") == [(1401, root_of(known))]
    for size in (1, 2, 3, 255, 256, 257, 511, 512, 1279, 1280, 1281, 1400, 1401):
        assert root(grown, size) == root_of(known[:size]), size
    assert grown.verify() == []


def test_a_tile_of_tiles_is_kept_when_it_is_whole(database: Sql) -> None:
    """Hashes that nobody chained serve as well: the tree is over whatever stands in the table."""
    with psycopg.connect(database.admin_url) as superuser:
        superuser.execute(
            "INSERT INTO consentfeed.events (seq, type, recorded_at, body, hash)"
            " SELECT seq, 'granted', now(), '', sha256(int8send(seq))"
            " FROM generate_series(1, 65600) AS seq"
        )
    assert make_checkpoint(database) == 65601
    assert database.run("SELECT level, count(*) FROM consentfeed.tiles GROUP BY level ORDER BY level") == [
        (1, 256),
        (2, 1),
    ]
    known = hashes(database)
    for size in (65536, 65537, 65600, 65601):
        assert root(database, size) == root_of(known[:size]), size
    assert database.run("SELECT * FROM consentfeed.broken_tree()") == []


def test_what_was_built_is_not_built_again_and_batches_stop_where_they_are_told(grown: Sql) -> None:
    holder = hold(grown)
    build = "SELECT consentfeed.build_tiles(%s, 2)"
    assert [grown.value(build, holder) for _ in range(4)] == [2, 2, 1, 0]
    assert grown.run("SELECT position FROM consentfeed.followers") == [(1280,)]


def test_who_does_not_hold_the_work_writes_nothing(grown: Sql) -> None:
    """A node that slept through its time finds that another one has taken over."""
    first = hold(grown)
    assert grown.value("SELECT consentfeed.build_tiles(%s, 1)", first) == 1
    second = hold(grown)
    assert grown.value("SELECT consentfeed.build_tiles(%s, 1)", first) is None
    assert grown.run("SELECT outcome FROM consentfeed.add_checkpoint(%s)", first) == [("not-held",)]
    assert grown.run("SELECT count(*) FROM consentfeed.checkpoints") == [(0,)]
    assert grown.value("SELECT consentfeed.build_tiles(%s, 9)", second) == 4
    assert grown.run("SELECT outcome FROM consentfeed.add_checkpoint(%s)", second) == [("made",)]


def test_the_work_is_held_by_one_until_its_time_is_over_or_it_lets_go(database: Sql) -> None:
    take = "SELECT consentfeed.hold_follower('checkpoints', %s, %s)"
    one, other = str(uuid4()), str(uuid4())
    assert database.value(take, one, 60)
    assert not database.value(take, other, 60)
    assert database.value(take, one, 60), "the holder keeps it"
    database.run("SELECT consentfeed.release_follower('checkpoints', %s)", other)
    assert not database.value(take, other, 60), "nobody lets go for another"
    database.run("SELECT consentfeed.release_follower('checkpoints', %s)", one)
    assert database.value(take, other, 0)
    assert database.value(take, one, 60), "its time was over"


def test_the_holder_is_waited_for_by_whoever_takes_over_while_it_writes(grown: Sql) -> None:
    """Between looking at the row and writing nobody can come."""
    holder = hold(grown)
    with grown.connect() as building:
        building.execute("SELECT consentfeed.build_tiles(%s, 0)", (holder,))
        with grown.connect(autocommit=True) as other:
            other.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("SELECT consentfeed.hold_follower('checkpoints', %s, 1)", (str(uuid4()),))


@pytest.mark.parametrize("table", ["tiles", "checkpoints", "dropped_hashes"])
@pytest.mark.parametrize(
    "change", ["DELETE FROM consentfeed.{}", "TRUNCATE consentfeed.{}", "UPDATE consentfeed.{} SET {} = {}"]
)
def test_nobody_changes_the_tree_or_what_was_signed(grown: Sql, table: str, change: str) -> None:
    column = {"tiles": "hash", "checkpoints": "root", "dropped_hashes": "hashes"}[table]
    for url in (grown.url, grown.admin_url):
        assert refused(url, change.format(table, column, column)).diag.sqlstate == "55000"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        Sql.run_as(grown.app_url, f"INSERT INTO consentfeed.{table} SELECT * FROM consentfeed.{table}")


def test_a_second_root_for_one_size_is_refused_by_the_key(grown: Sql) -> None:
    size = make_checkpoint(grown)
    with pytest.raises(psycopg.errors.UniqueViolation):
        grown.run("INSERT INTO consentfeed.checkpoints (size, root) VALUES (%s, sha256(''))", size)


def tamper(database: Sql, *statements: str) -> None:
    """As a superuser with the triggers off."""
    with psycopg.connect(database.admin_url) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for table in ("events", "events_p0", "tiles", "checkpoints"):
            superuser.execute(f"ALTER TABLE consentfeed.{table} DISABLE TRIGGER ALL".encode())
        for statement in statements:
            superuser.execute(statement.encode())


REWRITE = (
    # Another event, and the chain after it computed again: no link is broken.
    "UPDATE consentfeed.events SET body = replace(body, '\"n\":300', '\"n\":301') WHERE seq = 300",
    """
    DO $$
    DECLARE
        _hash bytea := (SELECT hash FROM consentfeed.events WHERE seq = 299);
        _row record;
    BEGIN
        FOR _row IN SELECT seq, body FROM consentfeed.events WHERE seq >= 300 ORDER BY seq LOOP
            _hash := sha256(_hash || convert_to(_row.body, 'UTF8'));
            UPDATE consentfeed.events SET hash = _hash WHERE seq = _row.seq;
        END LOOP;
    END
    $$
    """,
)


def test_a_chain_that_was_computed_again_is_found_by_the_tree(grown: Sql) -> None:
    make_checkpoint(grown)
    tamper(grown, *REWRITE)
    assert grown.run("SELECT * FROM consentfeed.broken_chain()") == [], "the chain alone does not tell"
    assert grown.verify() == [(256, "events 256 to 511 are not what they were when the tree was made")]


def test_a_tree_that_was_computed_again_as_well_is_found_by_the_checkpoint(grown: Sql) -> None:
    make_checkpoint(grown)
    tamper(grown, *REWRITE, "DELETE FROM consentfeed.tiles", "UPDATE consentfeed.followers SET position = 0")
    holder = hold(grown)
    assert grown.value("SELECT consentfeed.build_tiles(%s, 9)", holder) == 5
    assert grown.verify() == [(1400, "the checkpoint over 1401 events does not fit the log")]
    add_events(grown, 1)
    assert grown.run("SELECT outcome, size FROM consentfeed.add_checkpoint(%s)", holder) == [("contradiction", 1401)]


def test_a_log_that_is_shorter_than_its_checkpoint_makes_no_other(grown: Sql) -> None:
    make_checkpoint(grown)
    tamper(grown, "DELETE FROM consentfeed.events WHERE seq = 1400")
    assert grown.verify() == [(1399, "the checkpoint over 1401 events does not fit the log")]
    assert grown.run("SELECT outcome FROM consentfeed.add_checkpoint(%s)", hold(grown)) == [("contradiction",)]


def test_a_tile_that_is_missing_is_found(grown: Sql) -> None:
    make_checkpoint(grown)
    tamper(grown, "DELETE FROM consentfeed.tiles WHERE number = 4")
    assert grown.verify() == [(1400, "the checkpoint over 1401 events does not fit the log")]


def test_the_tree_outlives_dropped_events(database: Sql) -> None:
    """Partitions of four, so that tiles reach over several; some are dropped before their tile is whole."""
    cut_small(database)
    add_events(database, 9)
    known = hashes(database)
    assert database.run(DROP) == [(3,)]
    assert make_checkpoint(database) == 10
    assert database.run(DROP) == [(7,)]
    assert database.run("SELECT first_seq, length(hashes) FROM consentfeed.dropped_hashes ORDER BY 1") == [
        (0, 128),
        (4, 128),
    ]
    add_events(database, 600)
    assert make_checkpoint(database) == 610
    known += hashes(database)[2:]
    for size in (1, 3, 4, 5, 8, 9, 10, 256, 257, 610):
        assert root(database, size) == root_of(known[:size]), size
    assert database.run("SELECT seq, hash FROM consentfeed.event_hashes(2, 7)") == list(enumerate(known))[2:9]
    assert database.verify() == []


def test_what_the_tree_does_not_reach_is_an_error_and_no_root(grown: Sql) -> None:
    with pytest.raises(psycopg.errors.NoDataFound):
        root(grown, 256)
    make_checkpoint(grown)
    with pytest.raises(psycopg.errors.NoDataFound):
        root(grown, 1402)
