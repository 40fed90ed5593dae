"""The checks of the PostgreSQL server, on one that is well and on one that is not."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from consentfeed.doctor.server import collation_finding, version_finding
from tests.doctor.examined import bad, examined, look_at
from tests.support import pgbouncer
from tests.support.database import Sql
from tests.support.proxy import Proxy


@pytest.mark.parametrize(
    ("number", "severity", "word"),
    [
        (140_020, "problem", "not supported"),
        (150_015, "warning", "15.16"),
        (150_016, "ok", ""),
        (160_011, "warning", "16.12"),
        (170_007, "warning", "17.8"),
        (170_008, "ok", ""),
        (180_001, "warning", "18.2"),
        (180_002, "ok", ""),
        (190_000, "ok", ""),
    ],
)
def test_versions_with_a_known_fault_of_listen_are_told(number: int, severity: str, word: str) -> None:
    # Not by a server of that version: none is to be had here.
    finding = version_finding(number)
    assert finding.severity == severity
    assert word in finding.seen + finding.cure


def test_a_system_that_sorts_otherwise_than_before_is_told(shared_database: Sql) -> None:
    # Not by a system that was upgraded: none is to be had here.
    bad(
        collation_finding("en_US.utf8", "2.31", "2.36"),
        "warning",
        "2.31",
        "2.36",
        "REINDEX",
        "REFRESH COLLATION VERSION",
    )
    for versions in ((None, None), ("2.36", "2.36"), (None, "2.36")):
        assert collation_finding("en_US.utf8", *versions).severity == "ok"
    ((name,),) = shared_database.run("SELECT datcollate FROM pg_database WHERE datname = current_database()")
    found = look_at(shared_database.app_url, "collation")
    assert (found.severity, name in found.seen) == ("ok", True)


@pytest.mark.parametrize(("seconds", "severity"), [(0.0, "ok"), (5.0, "warning"), (-5.0, "warning"), (60.0, "problem")])
def test_a_clock_that_goes_wrong_is_told(shared_database: Sql, seconds: float, severity: str) -> None:
    finding = look_at(shared_database.app_url, "clock", clock=lambda: datetime.now(UTC) + timedelta(seconds=seconds))
    assert finding.severity == severity
    if seconds:
        bad(finding, severity, f"{abs(seconds):.1f} s", "behind" if seconds > 0 else "ahead", "NTP")


def test_what_does_not_survive_a_crash_is_told(database: Sql) -> None:
    # The cluster of the tests is thrown away, and needs to survive none.
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        (off,) = admin.execute(
            "SELECT count(*) FROM pg_settings WHERE name = 'fsync' AND setting = 'off'"
        ).fetchone() or (0,)
    name = database.name
    Sql.run_as(database.admin_url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    finding = look_at(database.app_url, "durability")
    bad(finding, "problem", "synchronous_commit")
    assert ("fsync" in finding.seen.partition(";")[0]) == bool(off)


def test_too_few_connections_for_one_more_node_are_told(database: Sql) -> None:
    assert look_at(database.app_url, "connections").severity == "ok"
    bad(look_at(database.app_url, "connections", pool_size=10_000), "warning", "10001", "CONSENTFEED_POOL_SIZE")
    bad(look_at(database.app_url, "connections", nodes=100), "warning", "100 workers take 900", "CONSENTFEED_POOL_SIZE")


def test_a_queue_of_notifications_that_nobody_empties_is_told(database: Sql) -> None:
    # Filling 8 GB takes too long: the limits are put where a little is too much.
    assert look_at(database.app_url, "notifications").severity == "ok"
    with database.connect(autocommit=True) as sleeper:
        sleeper.execute("LISTEN held")
        sleeper.execute("BEGIN")
        sleeper.execute("SELECT 1")
        database.run("SELECT count(pg_notify('held', repeat('x', 7000) || n)) FROM generate_series(1, 300) AS n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("consentfeed.doctor.server._QUEUE_USAGE", (1e-9, 1))
            bad(look_at(database.app_url, "notifications"), "warning", "LISTEN", "xact_start")
            patch.setattr("consentfeed.doctor.server._QUEUE_USAGE", (0, 1e-9))
            bad(look_at(database.app_url, "notifications"), "problem", "LISTEN", "xact_start")


def _server_messages(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and whole of each message, as long as they are whole."""
    while len(data) >= 5 and len(data) > (length := int.from_bytes(data[1:5], "big")):
        yield data[:1], data[: length + 1]
        data = data[length + 1 :]


def lose_notifications() -> Callable[[bytes], bytes]:
    """What a pooler does with them that lends a connection for one transaction."""
    held = b""

    def without(data: bytes) -> bytes:
        nonlocal held
        if data == b"N":  # no message: the answer to who asks for TLS
            return data
        held += data
        passed = b""
        for kind, message in _server_messages(held):
            held = held[len(message) :]
            passed += message if kind != b"A" else b""
        return passed

    return without


def test_a_pooler_that_loses_notifications_is_told(database: Sql) -> None:
    assert look_at(database.app_url, "listen").severity == "ok"
    pooler = Proxy.before(database.app_url, alter=lose_notifications)
    url = pooler.url(database.app_url)
    assert look_at(url, "standby").severity == "ok", "all else passes"
    bad(look_at(url, "listen"), "problem", "pooler", "session mode")
    pooler.close()


@pytest.mark.skipif(
    pgbouncer.MISSING, reason="no PgBouncer here; a proxy that loses notifications, as it does, is tried in any case"
)
def test_pgbouncer_in_transaction_mode_is_told_and_in_session_mode_all_is_well(database: Sql) -> None:
    with pgbouncer.pgbouncer(database.app_url, "transaction") as url:
        bad(examined(url)["listen"], "problem", "pooler", "session mode")
    with pgbouncer.pgbouncer(database.app_url, "session") as url:
        findings = examined(url)
        for name in ("connection", "settings", "listen", "schema", "rights"):
            assert findings[name].severity == "ok", (name, findings[name])


def test_settings_that_do_not_hold_are_told(database: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_at(database.app_url, "settings").severity == "ok"
    # As behind a pooler that hands on another connection than the one on which they were made.
    monkeypatch.setattr("consentfeed.postgres.connection._SETTINGS", "SELECT")
    bad(look_at(database.app_url, "settings"), "problem", "lock_timeout is 0", "session mode")
