"""consentfeed doctor: each check on a deployment that is well, and on one that is not."""

import asyncio
import contextlib
import json
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from consentfeed.cli import doctor
from consentfeed.doctor import url as url_checks
from consentfeed.doctor.database import DatabaseChecks, version_finding
from consentfeed.doctor.finding import Finding
from consentfeed.doctor.url import UrlChecks
from consentfeed.postgres import migrations
from consentfeed.postgres.database import Database
from consentfeed.settings import Settings
from tests.cli.test_cli import Run, run
from tests.support.database import APP_PASSWORD, OWNER, Sql, create_database, install, with_login
from tests.support.node import RunningNode
from tests.support.ports import accepts, free_port
from tests.support.postgres import Server
from tests.support.proxy import Proxy
from tests.support.tokens import SECRET, bearer
from tests.support.waiting import wait_until

__all__ = ["run"]  # a fixture

NO_URL = UrlChecks(None, None)


def examined(url: str, **settings: Any) -> dict[str, Finding]:
    """What all checks find."""
    return asyncio.run(doctor.examine(Settings(database_url=url, **settings), NO_URL))


def look(url: str, name: str, **options: Any) -> Finding:
    """What one check of the database finds, as the command reports it."""

    async def go() -> Finding:
        database = Database(url, 1)
        try:
            await database.open()
            checks = DatabaseChecks(database, url, options.pop("pool_size", 8), **options)
            return await doctor._look(doctor.OF_THE_DATABASE[name](checks))
        finally:
            await database.close()

    return asyncio.run(go())


def bad(finding: Finding, severity: str, *words: str) -> None:
    """It is as bad as that, what was seen or its cure has these words, and there is a cure."""
    assert finding.severity == severity, finding
    assert finding.cure.endswith((".", ")")), finding
    for word in words:
        assert word in finding.seen + finding.cure, finding


# A database that is well


@contextmanager
def own_cluster() -> Iterator[tuple[Server, Sql]]:
    """A PostgreSQL with its default settings, migrated."""
    with Server.new() as server:
        server.start()
        database = create_database(server.url(), "consentfeed", owner=False)
        install(database)
        yield server, database


def test_a_database_that_is_well_has_no_finding_and_a_standby_is_one() -> None:
    with own_cluster() as (server, database):
        found = examined(database.app_url)
        assert [*found] == [*doctor.OF_THE_DATABASE, *doctor.OF_THE_URL]
        for name in doctor.OF_THE_DATABASE:
            assert (found[name].severity, found[name].cure) == ("ok", ""), (name, found[name])
        for name in doctor.OF_THE_URL:
            bad(found[name], "warning", "--url")
        # As a standby that has nobody to follow.
        server.stop()
        server.follow()
        server.start()
        found = examined(database.app_url)
        bad(found["standby"], "problem", "standby", "primary")
        bad(found["listen"], "problem", "LISTEN")
        assert found["chain"].severity == found["rights"].severity == "ok"


# One that is not, check by check


def test_a_database_that_is_away_or_lets_nobody_in_is_the_only_finding_of_it(database: Sql) -> None:
    closed = f"postgresql://consentfeed_app@127.0.0.1:{free_port()}/none"
    found = examined(closed)
    assert [*found] == ["connection", *doctor.OF_THE_URL]
    bad(found["connection"], "problem", "cannot be reached", "CONSENTFEED_DATABASE_URL")
    parts = urlsplit(database.app_url)
    nowhere = urlunsplit(parts._replace(path="/not_there"))
    bad(examined(nowhere)["connection"], "problem", "3D000", "no such database")
    wrong = with_login(database.app_url, "consentfeed_app", "not it", parts.path[1:])
    bad(examined(wrong)["connection"], "problem", "28P01", "password")


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


@pytest.mark.parametrize(("seconds", "severity"), [(0.0, "ok"), (5.0, "warning"), (-5.0, "warning"), (60.0, "problem")])
def test_a_clock_that_goes_wrong_is_told(shared_database: Sql, seconds: float, severity: str) -> None:
    finding = look(shared_database.app_url, "clock", clock=lambda: datetime.now(UTC) + timedelta(seconds=seconds))
    assert finding.severity == severity
    if seconds:
        bad(finding, severity, f"{abs(seconds):.1f} s", "behind" if seconds > 0 else "ahead", "NTP")


def test_a_schema_of_another_version_is_told(database: Sql) -> None:
    assert look(database.app_url, "schema").severity == "ok"
    newest = max(migrations.expected())
    database.run("UPDATE consentfeed.migrations SET name = 'x' WHERE name = %s", newest)
    bad(look(database.app_url, "schema"), "problem", newest, "consentfeed migrate")
    database.run("UPDATE consentfeed.migrations SET name = %s WHERE name = 'x'", newest)
    database.run("INSERT INTO consentfeed.migrations (name) VALUES ('9999_to_come')")
    bad(look(database.app_url, "schema"), "problem", "9999_to_come", "newer consentfeed")
    database.run("DELETE FROM consentfeed.migrations WHERE name = '9999_to_come'")
    database.run("DROP FUNCTION consentfeed.held_locks()")
    bad(look(database.app_url, "schema"), "problem", "held_locks", "consentfeed migrate")
    # What cannot be looked at is said, not passed over.
    bad(look(database.app_url, "transactions"), "problem", "42883", "consentfeed migrate")


def test_no_schema_at_all_is_told(database: Sql) -> None:
    database.run("DROP SCHEMA consentfeed CASCADE")
    bad(look(database.app_url, "schema"), "problem", "not installed", "consentfeed migrate")


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
    assert look(database.app_url, "rights").severity == "ok"
    database.run(statement)
    bad(look(database.app_url, "rights"), severity, word, "consentfeed_app")


def test_the_owner_and_a_superuser_have_too_many_rights(database: Sql) -> None:
    bad(look(database.url, "rights"), "problem", "may INSERT")
    bad(look(database.admin_url, "rights"), "problem", "may INSERT")


def test_what_does_not_survive_a_crash_is_told(database: Sql) -> None:
    # The cluster of the tests is thrown away, and needs to survive none.
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        (off,) = admin.execute(
            "SELECT count(*) FROM pg_settings WHERE name = 'fsync' AND setting = 'off'"
        ).fetchone() or (0,)
    name = database.name
    Sql.run_as(database.admin_url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    finding = look(database.app_url, "durability")
    bad(finding, "problem", "synchronous_commit")
    assert ("fsync" in finding.seen.partition(";")[0]) == bool(off)


def test_no_limit_of_idle_transactions_is_told(database: Sql) -> None:
    name = database.name
    assert "10 s" in look(database.app_url, "idle").seen
    set_limit = f"ALTER ROLE consentfeed_app IN DATABASE {name} SET idle_in_transaction_session_timeout = 0"
    Sql.run_as(database.admin_url, set_limit)
    bad(look(database.app_url, "idle"), "warning", "idle_in_transaction_session_timeout")


def test_too_few_connections_for_one_more_node_are_told(database: Sql) -> None:
    assert look(database.app_url, "connections").severity == "ok"
    bad(look(database.app_url, "connections", pool_size=10_000), "warning", "10001", "CONSENTFEED_POOL_SIZE")


def test_a_queue_of_notifications_that_nobody_empties_is_told(database: Sql) -> None:
    # Filling 8 GB takes too long: the limits are put where a little is too much.
    assert look(database.app_url, "notifications").severity == "ok"
    with database.connect(autocommit=True) as sleeper:
        sleeper.execute("LISTEN held")
        sleeper.execute("BEGIN")
        sleeper.execute("SELECT 1")
        database.run("SELECT count(pg_notify('held', repeat('x', 7000) || n)) FROM generate_series(1, 300) AS n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("consentfeed.doctor.database._QUEUE_WARNING", 1e-9)
            bad(look(database.app_url, "notifications"), "warning", "LISTEN", "xact_start")
            patch.setattr("consentfeed.doctor.database._QUEUE_PROBLEM", 1e-9)
            bad(look(database.app_url, "notifications"), "problem", "LISTEN", "xact_start")


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
    assert look(database.app_url, "listen").severity == "ok"
    pooler = Proxy.before(database.app_url, alter=lose_notifications)
    url = pooler.url(database.app_url)
    assert look(url, "standby").severity == "ok", "all else passes"
    bad(look(url, "listen"), "problem", "pooler", "session mode")
    pooler.close()


@contextmanager
def pgbouncer(folder: Path, url: str, *, ignored: str) -> Iterator[str]:
    """PgBouncer in transaction mode before a database; the URL through it."""
    parts, port = urlsplit(url), free_port()
    folder.chmod(0o755)
    (folder / "users").write_text(f'"{parts.username}" "{APP_PASSWORD}"\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host={parts.hostname} port={parts.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = plain\nauth_file = {folder}/users\npool_mode = transaction\n"
        f"unix_socket_dir =\nignore_startup_parameters = {ignored}\n"
    )
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    user = ["-u", "nobody"] if Path("/proc/self").stat().st_uid == 0 else []
    process = subprocess.Popen([program, *user, str(folder / "ini")], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: accepts(port), what="pgbouncer")
        yield urlunsplit(parts._replace(netloc=f"{parts.netloc.rsplit('@')[0]}@127.0.0.1:{port}"))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


@pytest.mark.skipif(
    not (shutil.which("pgbouncer") or Path("/usr/sbin/pgbouncer").exists()),
    reason="no PgBouncer here; a proxy that loses notifications, as it does, is tried in any case",
)
def test_pgbouncer_in_transaction_mode_is_told(database: Sql) -> None:
    for ignored, check in (("", "connection"), ("timezone, lock_timeout, jit", "listen")):
        with (
            tempfile.TemporaryDirectory() as folder,
            pgbouncer(Path(folder), database.app_url, ignored=ignored) as url,
        ):
            found = examined(url)
            bad(found[check], "problem", "PgBouncer" if check == "connection" else "pooler")


def test_a_log_that_has_been_tampered_with_is_told(database: Sql) -> None:
    for consent in database.consents():
        database.set(consent, "granted")
    assert f"the newest {database.head()} events" in look(database.app_url, "chain").seen
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute("ALTER TABLE consentfeed.events_p0 DISABLE TRIGGER USER")
        admin.execute("UPDATE consentfeed.events_p0 SET body = replace(body, 'granted', 'revoked') WHERE seq = 2")
    bad(look(database.app_url, "chain"), "problem", "consentfeed verify")


def test_the_newest_events_alone_are_looked_at(database: Sql) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("consentfeed.doctor.database._RECENT", 2)
        for consent in database.consents():
            database.set(consent, "granted")
        assert "the newest 2 events" in look(database.app_url, "chain").seen


def test_a_log_without_room_is_told(database: Sql) -> None:
    assert "2 empty partitions" in look(database.app_url, "partitions").seen
    names = database.run(
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'consentfeed.events'::regclass ORDER BY 1 DESC"
    )
    database.run(f"ALTER TABLE consentfeed.events DETACH PARTITION {names[0][0]}")
    bad(look(database.app_url, "partitions"), "warning", "1 empty", "add_event_partitions")
    database.run(f"ALTER TABLE consentfeed.events DETACH PARTITION {names[1][0]}")
    bad(look(database.app_url, "partitions"), "problem", "0 empty", "add_event_partitions")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s",
        "SELECT FROM consentfeed.consents WHERE id = %s FOR UPDATE",
    ],
)
def test_an_open_transaction_that_holds_consents_is_told(database: Sql, statement: str) -> None:
    assert look(database.app_url, "transactions").severity == "ok"
    with database.connect() as holder:
        holder.execute("SELECT count(*) FROM consentfeed.consents")
        assert look(database.app_url, "transactions").severity == "ok", "a reader holds nobody up"
        holder.execute(statement.encode(), (database.consents()[0],))
        pid = f"process {holder.info.backend_pid} of role {OWNER}"
        bad(look(database.app_url, "transactions"), "warning", pid, "pg_terminate_backend")
        holder.rollback()


# The URL


def of_url(check: Callable[[UrlChecks], Awaitable[Finding]], url: str | None, token: str | None = None) -> Finding:
    """What a check of the URL finds."""
    return asyncio.run(check(UrlChecks(url, token or bearer("service")))) if url else asyncio.run(check(NO_URL))  # type: ignore[arg-type]


def test_a_node_that_is_ready_streams_at_once(node: RunningNode) -> None:
    wait_until(lambda: httpx.get(f"{node.url}/readyz").status_code == 200)
    assert of_url(UrlChecks.ready, node.url) == Finding("ok", "ready")
    assert of_url(UrlChecks.ready, f"{node.url}/") == Finding("ok", "ready")
    assert of_url(UrlChecks.stream, node.url).severity == "ok"
    wait_until(lambda: not node.node.streams.open, what="the stream was closed")


def test_a_url_where_nothing_answers_is_told() -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    bad(of_url(UrlChecks.ready, closed), "problem", closed, "cannot be reached")
    bad(of_url(UrlChecks.stream, closed), "problem", closed, "cannot be reached")
    bad(of_url(UrlChecks.ready, "http://[::1"), "problem", "cannot be reached")


def test_a_node_that_is_not_ready_is_told_with_its_reasons(node: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_until(lambda: httpx.get(f"{node.url}/readyz").status_code == 200)
    monkeypatch.setattr(node.node.streams.admission, "draining", True)
    bad(of_url(UrlChecks.ready, node.url), "problem", "draining", "another node")
    bad(of_url(UrlChecks.stream, node.url), "problem", "503")


def test_a_token_of_another_deployment_is_told(node: RunningNode) -> None:
    other = bearer("service", secret="the secret of another deployment, as long")
    bad(of_url(UrlChecks.stream, node.url, other), "problem", "token", "CONSENTFEED_SECRET")
    found = asyncio.run(UrlChecks(node.url, None).stream())
    bad(found, "warning", "--token")


@contextmanager
def proxy(node: RunningNode, how: str) -> Iterator[str]:
    """A proxy before a node that spoils its streams: holds them back, packs them, or calls them something else."""
    done = threading.Event()

    class Spoils(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name: self.headers[name] for name in ("Accept", "Authorization") if name in self.headers}
            with (
                contextlib.suppress(OSError, httpx.HTTPError),
                httpx.stream("GET", node.url + self.path, headers=headers) as answer,
            ):
                if how == "holds all back":
                    done.wait(30)
                    return
                self.send_response(answer.status_code)
                kind = "text/html" if how == "renames" else answer.headers["content-type"]
                self.send_header("Content-Type", kind)
                if how == "packs":
                    self.send_header("Content-Encoding", "gzip")
                self.end_headers()
                self.wfile.flush()
                first = next(answer.iter_raw())
                if how == "holds the body back":
                    done.wait(30)
                elif how == "is slow":
                    done.wait(1.2)
                packer = zlib.compressobj(wbits=31)
                packed = packer.compress(first) + packer.flush()
                self.wfile.write(packed if how == "packs" else first)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Spoils)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    done.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("how", "severity", "words"),
    [
        ("passes on", "ok", []),
        ("holds all back", "problem", ["no byte", "proxy_buffering off"]),
        ("holds the body back", "problem", ["no byte", "proxy_buffering off"]),
        ("is slow", "warning", ["first bytes", "proxy"]),
        ("packs", "problem", ["gzip", "compression"]),
        ("renames", "problem", ["text/html", "Content-Type"]),
    ],
)
def test_a_proxy_that_spoils_streams_is_told(
    shared_node: RunningNode, monkeypatch: pytest.MonkeyPatch, how: str, severity: str, words: list[str]
) -> None:
    monkeypatch.setattr(url_checks, "_FIRST_SECONDS", 2.0)
    with proxy(shared_node, how) as url:
        finding = of_url(UrlChecks.stream, url)
    if severity == "ok":
        assert finding.severity == "ok", finding
    else:
        bad(finding, severity, *words)


def test_something_else_at_the_url_is_told(shared_node: RunningNode) -> None:
    # A page of the service itself: a proxy that leads somewhere else.
    bad(of_url(UrlChecks.ready, f"{shared_node.url}/healthz?"), "problem", "something else")
    bad(of_url(UrlChecks.stream, f"{shared_node.url}/nowhere"), "problem", "404")


# The command


def test_the_command_reports_each_check_and_ends_with_1_where_there_is_a_problem(
    run: Run, database: Sql, node: RunningNode
) -> None:
    wait_until(lambda: httpx.get(f"{node.url}/readyz").status_code == 200)
    settings = {"database_url": database.app_url, "secret": SECRET}
    said = run("doctor", "--json", "--url", node.url, **settings)
    report = json.loads(said.out)
    found = {finding["check"]: finding for finding in report["findings"]}
    assert [*found] == [*doctor.OF_THE_DATABASE, *doctor.OF_THE_URL]
    problems = {name for name, finding in found.items() if finding["severity"] == "problem"}
    # The cluster of the tests is thrown away, and needs to survive no crash.
    assert problems <= {"durability"}
    assert (said.status, report["healthy"]) == ((1, False) if problems else (0, True))
    database.run("GRANT INSERT ON consentfeed.customers TO consentfeed_app")
    said = run("doctor", "--token", bearer("service"), public_url=node.url, database_url=database.app_url)
    assert said.status == 1
    assert re.search(r"^problem +rights +the role may INSERT consentfeed.customers\n +→ Connect as", said.out, re.M)
    assert re.search(r"^ok +stream +the first bytes", said.out, re.M)
    assert re.fullmatch(r"\d problems, \d warnings", said.out.splitlines()[-1])
    for secret in (SECRET, APP_PASSWORD, "Bearer"):
        assert secret not in said.out + said.err


def test_a_deployment_that_is_well_ends_with_0(run: Run) -> None:
    with own_cluster() as (_, database):
        said = run("doctor", "--json", database_url=database.app_url)
        assert (said.status, json.loads(said.out)["healthy"]) == (0, True), said


def test_without_settings_the_command_says_which_are_needed(run: Run) -> None:
    said = run("doctor")
    assert said.status == 1
    assert "CONSENTFEED_DATABASE_URL" in said.err
