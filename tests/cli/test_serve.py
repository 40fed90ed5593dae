"""`consentfeed serve`: it says why where it does not serve."""

import re
import signal
import socket
from uuid import uuid4

import httpx
import pytest

from consentfeed.postgres import sql_files
from tests.cli.command import Result, Run, ended, refused
from tests.support.database import Sql
from tests.support.ports import free_port
from tests.support.process import CONSENTFEED, process
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until


def test_serve_names_the_settings_that_are_missing_or_wrong(run: Run, serve_settings: dict[str, str]) -> None:
    assert refused(run("serve"), "CONSENTFEED_DATABASE_URL", "CONSENTFEED_SECRET")
    assert refused(run("serve", **serve_settings | {"secret": "short"}), "CONSENTFEED_SECRET", "32")
    assert refused(run("serve", **serve_settings | {"port": "eighty"}), "CONSENTFEED_PORT")
    assert refused(run("serve", "--port", "65536", **serve_settings), "CONSENTFEED_PORT")
    assert refused(run("serve", **serve_settings | {"log_level": "loud"}), "CONSENTFEED_LOG_LEVEL")
    assert refused(run("serve", **serve_settings | {"heartbeat_seconds": "0"}), "CONSENTFEED_HEARTBEAT_SECONDS")


def test_serve_says_why_the_database_will_not_do(run: Run, shared_database: Sql, empty: str, cluster: str) -> None:
    admin, role = Sql(cluster, cluster, cluster), f"cf_mute_{uuid4().hex[:8]}"
    admin.run(f"CREATE ROLE {role} PASSWORD 'x'")
    nobody = f"cf_nobody_{uuid4().hex[:8]}"
    admin.run(f"CREATE ROLE {nobody} LOGIN PASSWORD 'x'")
    for url, words in (
        ("postgresql://x:x@127.0.0.1:1/x", ["cannot be reached"]),
        (empty, ["not installed", "consentfeed migrate"]),
        (re.sub(r":[^:@]*@", ":wrong@", shared_database.app_url), ["password", "wrong"]),
        (re.sub(r"/[^/]*$", "/nowhere", shared_database.app_url), ["no such database"]),
        (re.sub(r"//.*@", f"//{role}:x@", shared_database.app_url), ["may not log in"]),
        (re.sub(r"//.*@", f"//{nobody}:x@", shared_database.app_url), ["consentfeed_app"]),
    ):
        assert refused(run("serve", "--port", "0", database_url=url, secret=SECRET), *words), url
    for name in (role, nobody):
        admin.run(f"DROP ROLE {name}")


def test_serve_refuses_a_schema_that_does_not_fit(run: Run, database: Sql) -> None:
    settings = {"database_url": database.app_url, "secret": SECRET}
    database.run("INSERT INTO consentfeed.migrations (name) VALUES ('9999_future')")
    assert refused(run("serve", **settings), "9999_future", "newer")
    newest = max(sql_files.expected())
    database.run("DELETE FROM consentfeed.migrations WHERE name IN ('9999_future', %s)", newest)
    assert refused(run("serve", **settings), newest, "consentfeed migrate")


@pytest.mark.parametrize(
    "change",
    [
        "DROP FUNCTION consentfeed.record_decisions",
        "ALTER FUNCTION consentfeed.log_head() RENAME TO log_end",
        "REVOKE EXECUTE ON FUNCTION consentfeed.expire_consents FROM consentfeed_app",
    ],
)
def test_serve_refuses_functions_that_do_not_fit(run: Run, database: Sql, change: str) -> None:
    database.run(change)
    assert refused(run("serve", database_url=database.app_url, secret=SECRET), "consentfeed.", "consentfeed migrate")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "ALTER TABLE consentfeed.consents DISABLE TRIGGER collect_updated",
            ["trigger collect_updated on consents is disabled"],
        ),
        ("DROP TRIGGER append_only ON consentfeed.events_p0", ["trigger append_only on events_p0 is missing"]),
        ("REVOKE SELECT ON consentfeed.events FROM consentfeed_app", ["may no longer SELECT on events"]),
        ("ALTER FUNCTION consentfeed.append_events STABLE", ["function append_events", "is not as it was made"]),
    ],
)
def test_serve_refuses_a_database_without_its_guards(run: Run, database: Sql, change: str, words: list[str]) -> None:
    database.run(change)
    settings = {"database_url": database.app_url, "secret": SECRET}
    assert refused(run("serve", **settings), *words, "Run `consentfeed migrate` as the owner")
    assert run("migrate", owner_url=database.url).out.startswith("mended: ")


def test_serve_says_that_its_port_is_taken(serve_settings: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with process(*CONSENTFEED, "serve", "--port", port, settings=serve_settings) as running:
            out, err = running.communicate(timeout=30)
    assert refused(Result(running.returncode, out, err), port, "--port")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_serve_with_0(serve_settings: dict[str, str], number: signal.Signals) -> None:
    port = str(free_port())
    with process(*CONSENTFEED, "serve", settings=serve_settings | {"port": port}) as running:

        def answers() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
            except httpx.ConnectError:
                assert running.poll() is None
                return False

        wait_until(answers, 30)
        ended(running, number)
