"""The command line: what each command does, and that it says why where it does not."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import psycopg
import pytest

from consentfeed.cli import demo, main
from consentfeed.cli import dev as dev_command
from consentfeed.embedded import server as embedded
from consentfeed.embedded.server import EmbeddedError
from consentfeed.identity import jwt
from consentfeed.node import logs
from consentfeed.postgres import migrations
from consentfeed.settings import Settings
from tests.support.database import Sql, new_database
from tests.support.node import RunningNode
from tests.support.ports import free_port
from tests.support.process import CONSENTFEED, process, read_until
from tests.support.seed import CUSTOMER, STAFF
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until

DEV = (*CONSENTFEED, "dev", "--port", "0", "--data-dir")


class Said(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command in this process; keyword arguments are settings, nothing else of the environment counts."""
    for name in [name for name in os.environ if name.startswith("CONSENTFEED_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda _level: None)

    def run(*arguments: str, stdin: str = "", **settings: str) -> Said:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["consentfeed", *arguments])
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in settings.items():
                patch.setenv(f"CONSENTFEED_{name.upper()}", value)
            capsys.readouterr()
            try:
                main.run()
                status = 0
            except SystemExit as end:
                status = int(end.code or 0)
        return Said(status, *capsys.readouterr())

    return run


@pytest.fixture
def serve_settings(shared_database: Sql) -> dict[str, str]:
    """What serve needs."""
    return {"database_url": shared_database.app_url, "secret": SECRET}


@pytest.fixture
def url(shared_node: RunningNode) -> str:
    """Where a node of the file's database is; it has nothing more to log, which would stand among what commands say."""
    wait_until(lambda: httpx.get(f"{shared_node.url}/readyz").status_code == 200)
    return shared_node.url


def refused(said: Said, *words: str) -> bool:
    """Whether it ended with a status other than 0, one line on stderr with these words, and nothing else."""
    assert said.status != 0, said
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1, said.err
    return all(word in said.err for word in words)


# token


def claims(said: Said) -> dict[str, Any]:
    assert said.status == 0, said.err
    (token,) = said.out.split()
    return jwt.read(token).claims


@pytest.mark.parametrize(("expires", "seconds"), [("90s", 90), ("15m", 900), ("8h", 8 * 3600), (None, 8 * 3600)])
def test_a_token_lasts_as_long_as_asked(
    run: Run, serve_settings: dict[str, str], expires: str | None, seconds: int
) -> None:
    found = claims(run("token", "--role", "csr", *(["--expires", expires] if expires else []), **serve_settings))
    assert found["exp"] - found["iat"] == seconds


@pytest.mark.parametrize("expires", ["", "0s", "8", "8d", "-5m", "1.5h", "8h\n", "99999999h", "soon"])
def test_a_token_is_refused_where_expires_is_no_time(run: Run, serve_settings: dict[str, str], expires: str) -> None:
    assert refused(run("token", "--role", "csr", "--expires", expires, **serve_settings), "--expires", "8h")


@pytest.mark.parametrize(
    ("arguments", "user"),
    [
        (["--role", "csr", "--email", "CSR@example.com"], {"id": STAFF["csr"], "role": "csr"}),
        (["--role", "customer", "--email", "customer@example.com"], {"id": CUSTOMER, "role": "customer"}),
        (
            ["--role", "service", "--email", "shop@partner.example"],
            {"email": "shop@partner.example", "role": "service"},
        ),
        (["--role", "admin"], {"role": "admin"}),
    ],
)
def test_a_token_opens_the_api(
    run: Run, serve_settings: dict[str, str], url: str, arguments: list[str], user: dict[str, str]
) -> None:
    token = run("token", *arguments, **serve_settings).out.strip()
    answer = httpx.get(f"{url}/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert user.items() <= answer.json()["user"].items()


def test_a_token_with_scopes_does_what_they_say_and_no_more(run: Run, serve_settings: dict[str, str], url: str) -> None:
    arguments = ("--scope", "consents:read", "--scope", "feed:read")
    said = run("token", "--role", "service", *arguments, **serve_settings)
    assert claims(said)["scope"] == "consents:read feed:read"
    headers = {"Authorization": f"Bearer {said.out.strip()}"}
    assert httpx.get(f"{url}/api/v1/consents", headers=headers).status_code == 200
    assert httpx.put(f"{url}/api/v1/customers/{CUSTOMER}", headers=headers).status_code == 403


def test_a_scope_that_there_is_not_is_refused(run: Run, serve_settings: dict[str, str]) -> None:
    assert run("token", "--role", "service", "--scope", "everything", **serve_settings).status != 0


def test_the_same_name_is_the_same_subject(run: Run, serve_settings: dict[str, str]) -> None:
    arguments = ("token", "--role", "service", "--email", "shop@partner.example")
    assert claims(run(*arguments, **serve_settings))["sub"] == claims(run(*arguments, **serve_settings))["sub"]


def test_a_token_is_not_made_for_who_is_not_there(
    run: Run, serve_settings: dict[str, str], shared_database: Sql
) -> None:
    shared_database.run("SELECT consentfeed.register_customer(%s, 'A', 'family@example.com', NULL, NULL)", uuid4())
    shared_database.run("SELECT consentfeed.register_customer(%s, 'B', 'family@example.com', NULL, NULL)", uuid4())
    shared_database.run("SELECT consentfeed.add_user('gone@example.com', 'admin', NULL, NULL)")
    shared_database.run("SELECT consentfeed.disable_user('gone@example.com')")
    for arguments, word in (
        (["--role", "customer"], "one registered customer"),
        (["--role", "customer", "--email", "nobody@example.com"], "one registered customer"),
        (["--role", "customer", "--email", "family@example.com"], "one registered customer"),
        (["--role", "admin", "--email", "csr@example.com"], "has the role csr"),
        (["--role", "admin", "--email", "Gone@example.com"], "disabled"),
    ):
        assert refused(run("token", *arguments, **serve_settings), word)


def test_a_token_needs_the_settings_of_serve(run: Run, serve_settings: dict[str, str]) -> None:
    assert refused(run("token", "--role", "csr"), "CONSENTFEED_DATABASE_URL", "CONSENTFEED_SECRET")
    del serve_settings["secret"]
    assert refused(run("token", "--role", "csr", **serve_settings), "CONSENTFEED_SECRET")


def test_an_unknown_role_is_refused(run: Run, serve_settings: dict[str, str]) -> None:
    said = run("token", "--role", "owner", **serve_settings)
    assert (said.status, said.out) == (2, "")
    assert "owner" in said.err


# verify


def log_three(database: Sql) -> Sql:
    for consent in database.consents()[:3]:
        database.set(consent, "granted")
    return database


@pytest.fixture
def logged(shared_database: Sql) -> Sql:
    """A database whose log holds events."""
    return log_three(shared_database)


def test_verify_says_that_the_log_is_whole_and_its_head(run: Run, logged: Sql) -> None:
    assert run("verify", database_url=logged.app_url) == Said(0, f"the log is whole up to {logged.head_id()}\n", "")


def test_verify_of_a_log_without_events(run: Run, database: Sql) -> None:
    said = run("verify", database_url=database.app_url)
    assert said == Said(0, f"the log is whole up to {database.head_id()}\n", "")


def test_verify_finds_ids_that_were_noted_earlier(run: Run, logged: Sql) -> None:
    noted = logged.run("SELECT seq || '-' || left(encode(hash, 'hex'), 8) FROM consentfeed.events")
    for (id,) in [*noted, ("0-00000000",)]:  # noqa: A001
        assert run("verify", "--expect", id, database_url=logged.app_url).status == 0


@pytest.mark.parametrize(("expected", "reason"), [("2-00000000", "forked"), ("9-9f2ab1c3", "unknown")])
def test_verify_fails_where_a_noted_id_is_not_in_the_log(run: Run, logged: Sql, expected: str, reason: str) -> None:
    said = run("verify", "--expect", expected, database_url=logged.app_url)
    assert said.status == 1
    assert said.out.startswith(f"position {expected[0]}: ")
    assert expected in said.out
    assert reason in said.out


@pytest.mark.parametrize("expected", ["", "2", "2-9F2AB1C3", "0123456789abcdef" * 2])
def test_verify_refuses_what_is_no_event_id(run: Run, logged: Sql, expected: str) -> None:
    assert refused(run("verify", "--expect", expected, database_url=logged.app_url), "--expect")


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ("UPDATE consentfeed.events SET body = replace(body, 'granted', 'revoked') WHERE seq = 2", 2),
        ("UPDATE consentfeed.events SET customer_id = gen_random_uuid() WHERE seq >= 2", 2),
        ("DELETE FROM consentfeed.events WHERE seq = 2", None),
        ("UPDATE consentfeed.events SET hash = sha256('') WHERE seq = 3", 3),
    ],
)
def test_verify_fails_with_the_first_position_that_does_not_fit(
    run: Run, database: Sql, change: str, position: int | None
) -> None:
    with psycopg.connect(log_three(database).admin_url) as superuser:
        superuser.execute("ALTER TABLE consentfeed.events_p0 DISABLE TRIGGER ALL")
        superuser.execute("ALTER TABLE consentfeed.events DISABLE TRIGGER ALL")
        superuser.execute(change.encode())
    said = run("verify", database_url=database.app_url)
    assert said.status == 1
    found = re.match(r"position ([0-9]+): \S", said.out)
    assert found, said
    # Of a missing event, the position is its own or that of the one after it.
    assert int(found[1]) in ((position,) if position else (2, 3))


# user


def sign_in(url: str, email: str, password: str) -> httpx.Response:
    return httpx.post(f"{url}/api/v1/auth/login", json={"email": email, "password": password})


def test_an_added_account_signs_in_until_it_is_disabled(run: Run, serve_settings: dict[str, str], url: str) -> None:
    first = "first@example.com"
    added = run(
        "user",
        "add",
        "--email",
        first,
        "--role",
        "admin",
        "--password-stdin",
        stdin="a long password\n",
        **serve_settings,
    )
    assert (added.status, added.err) == (0, "")
    signed_in = sign_in(url, first, "a long password")
    assert signed_in.json()["user"]["role"] == "admin"
    assert signed_in.json()["user"]["id"] in added.out
    assert f"{first}  admin  active" in run("user", "list", **serve_settings).out.splitlines()
    assert run("user", "disable", "--email", first.upper(), **serve_settings).status == 0
    assert sign_in(url, first, "a long password").status_code == 401
    assert re.search(
        rf"^{first}  admin  disabled \d{{4}}-\d\d-\d\d$", run("user", "list", **serve_settings).out, re.MULTILINE
    )


def test_an_account_without_a_password_serves_tokens_alone(run: Run, serve_settings: dict[str, str], url: str) -> None:
    assert (
        run("user", "add", "--email", "app@example.com", "--role", "service", "--no-password", **serve_settings).status
        == 0
    )
    assert sign_in(url, "app@example.com", "").status_code == 401
    assert run("token", "--role", "service", "--email", "app@example.com", **serve_settings).status == 0


def test_a_customers_account_is_the_customers(run: Run, serve_settings: dict[str, str], shared_database: Sql) -> None:
    customer = str(uuid4())
    shared_database.run("SELECT consentfeed.register_customer(%s, 'New', 'new@example.com', NULL, NULL)", customer)
    said = run("user", "add", "--email", "new@example.com", "--role", "customer", "--no-password", **serve_settings)
    assert customer in said.out


@pytest.mark.parametrize(
    ("arguments", "stdin", "word"),
    [
        (["--email", "csr@example.com", "--role", "csr", "--no-password"], "", "already"),
        (["--email", "CSR@example.com", "--role", "csr", "--no-password"], "", "already"),
        (["--email", "nobody", "--role", "csr", "--no-password"], "", "--email"),
        (["--email", "nobody@example.com", "--role", "customer", "--no-password"], "", "customer"),
        (["--email", "new@example.com", "--role", "csr", "--password-stdin"], "too short\n", "10 characters"),
        (["--email", "new@example.com", "--role", "csr", "--password-stdin"], "", "10 characters"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    run: Run, serve_settings: dict[str, str], shared_database: Sql, arguments: list[str], stdin: str, word: str
) -> None:
    before = shared_database.run("SELECT count(*) FROM consentfeed.users")
    assert refused(run("user", "add", *arguments, stdin=stdin, **serve_settings), word)
    assert shared_database.run("SELECT count(*) FROM consentfeed.users") == before


def test_accounts_from_outside_are_listed_disabled_by_address_and_keep_no_token_from_being_made(
    run: Run, serve_settings: dict[str, str], shared_database: Sql
) -> None:
    admit = "SELECT consentfeed.admit_account(gen_random_uuid(), 'https://id.example', %s, %s, 'csr', NULL)"
    email = "outside@example.com"
    shared_database.run(admit, "subject", email)
    assert f"{email}  csr  active  https://id.example" in run("user", "list", **serve_settings).out.splitlines()
    assert run("user", "disable", "--email", email, **serve_settings).status == 0
    assert f"{email}  csr  active" not in run("user", "list", **serve_settings).out
    assert run("token", "--role", "admin", "--email", email, **serve_settings).status == 0, "of the same address"


def test_disabling_who_is_not_there_says_so(run: Run, serve_settings: dict[str, str]) -> None:
    assert refused(run("user", "disable", "--email", "nobody@example.com", **serve_settings), "nobody@example.com")


# migrate


@pytest.fixture
def empty(cluster: str, template: str) -> Iterator[str]:
    """URL of an empty database, as its owner."""
    with new_database(cluster) as empty:
        yield empty.url


def states(said: Said) -> dict[str, str]:
    """The state of each migration."""
    assert said.status == 0, said.err
    return dict(line.split("  ") for line in said.out.splitlines())


def test_migrate_shows_what_it_would_do_and_then_does_it(run: Run, empty: str) -> None:
    keys = [*sorted(migrations.expected()), migrations.FUNCTIONS]
    assert states(run("migrate", "--status", owner_url=empty)) == dict.fromkeys(keys, "pending")
    planned = run("migrate", "--dry-run", owner_url=empty)
    assert all(file.text in planned.out for file in migrations.files())
    assert states(run("migrate", "--status", owner_url=empty)) == dict.fromkeys(keys, "pending")
    done = run("migrate", "--database-url", empty)
    assert done.out.splitlines() == [f"applied {file.name}" for file in migrations.files()]
    assert states(run("migrate", "--status", owner_url=empty)) == dict.fromkeys(keys, "applied")
    assert run("migrate", owner_url=empty) == Said(0, "nothing to apply\n", "")
    assert run("migrate", "--dry-run", owner_url=empty) == Said(0, "", "")


def test_the_option_of_migrate_wins_over_the_variable(run: Run, shared_database: Sql, empty: str) -> None:
    assert run("migrate", "--database-url", shared_database.url, owner_url=empty).out == "nothing to apply\n"


def test_migrate_says_what_it_needs(run: Run) -> None:
    assert refused(run("migrate"), "CONSENTFEED_OWNER_URL")
    said = run("migrate", owner_url="postgresql://nobody:x@127.0.0.1:1/none")
    assert said.status == 1
    assert said.err.startswith("consentfeed: connection failed")


# serve, where it refuses to


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
    database.run("DELETE FROM consentfeed.migrations WHERE name IN ('9999_future', '0007_idempotency_keys')")
    assert refused(run("serve", **settings), "0007_idempotency_keys", "consentfeed migrate")


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


def test_serve_says_that_its_port_is_taken(serve_settings: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with process(*CONSENTFEED, "serve", "--port", port, settings=serve_settings) as running:
            out, err = running.communicate(timeout=30)
    assert refused(Said(running.returncode, out, err), port, "--port")


# dev, where it refuses to


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.7", "example.com", "localhost.example.com", "127.0.0.1.x"]
)
def test_dev_listens_on_loopback_alone(run: Run, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(embedded, "postgres", lambda *_: pytest.fail("it started"))
    assert refused(run("dev", "--host", host), host, "loopback")
    assert refused(run("dev", host=host), host, "loopback")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_dev_takes_any_loopback(run: Run, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    def start(_: Path) -> None:
        raise EmbeddedError("it would start")

    monkeypatch.setattr(embedded, "postgres", start)
    assert refused(run("dev", "--host", host), "it would start")


def test_a_data_dir_where_dev_has_not_run_is_said(run: Run, tmp_path: Path) -> None:
    for command in (["token", "--role", "csr"], ["verify"]):
        assert refused(run(*command, "--data-dir", str(tmp_path)), "consentfeed dev", str(tmp_path))


def test_a_data_dir_that_cannot_be_made_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refused(run("dev", "--data-dir", str(tmp_path / "file" / "below")), "--data-dir")


# Processes of their own: signals, and dev from beginning to end


def ended(running: subprocess.Popen[str], number: signal.Signals) -> str:
    """What it wrote to stderr, once the signal has ended it with status 0."""
    running.send_signal(number)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 0, err
    assert "Traceback" not in err
    return err


def url_of(running: subprocess.Popen[str]) -> tuple[str, str]:
    """Where it says that it runs, and all that it says."""
    printed = read_until(running, "Ctrl-C")
    url = re.search(r"http://127\.0\.0\.1:[0-9]+", printed)
    assert url, printed
    return url[0], printed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_is_still_being_imported_ends_a_service_with_0(number: signal.Signals) -> None:
    # A stand-in for the command line that takes for ever to import.
    script = (
        "import sys, types, time; from consentfeed import __main__\n"
        "class Slow:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'consentfeed.cli.main':\n"
        "            print('importing', flush=True)\n"
        "            try: time.sleep(60)\n"
        "            finally: sys.exit(1)\n"  # as anybody on the way may make one exit another
        "sys.meta_path.insert(0, Slow()); sys.argv = ['consentfeed', 'dev']; __main__.run()"
    )
    with process(sys.executable, "-c", script) as running:
        assert running.stdout
        assert running.stdout.readline() == "importing\n"
        assert ended(running, number) == ""


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


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dev keeps its data."""
    return tmp_path_factory.mktemp("dev")


@pytest.mark.parametrize(
    ("sign", "number"), [("postgres.new", signal.SIGINT), ("postgres/postmaster.pid", signal.SIGTERM)]
)
def test_a_signal_during_the_start_of_dev_ends_it_with_0(data_dir: Path, number: signal.Signals, sign: str) -> None:
    # First while initdb runs, then while PostgreSQL is started and filled.
    with process(*DEV, str(data_dir)) as running:
        wait_until(lambda: (data_dir / sign).exists() or running.poll() is not None, 60)
        ended(running, number)
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


@contextmanager
def dev(data_dir: Path, number: signal.Signals) -> Iterator[tuple[str, str]]:
    """`consentfeed dev` until the signal: where it runs, and what it printed."""
    with process(*DEV, str(data_dir), settings={"log_level": "debug"}) as running:
        yield url_of(running)
        log = ended(running, number)
    for line in log.splitlines():
        json.loads(line)
    assert not re.search(r"sltmobitel\.lk|Nethmi|Senaratne|710000001|consentfeed_session=|Bearer", log)


def printed(run: Run, *arguments: str) -> str:
    said = run(*arguments)
    assert said.status == 0, said.err
    return said.out.strip()


def test_dev_from_beginning_to_end(run: Run, data_dir: Path) -> None:
    with dev(data_dir, signal.SIGTERM) as (url, said):
        owner_url = next(word for word in said.split() if word.startswith("postgresql://"))
        for role in ("customer", "csr", "admin"):
            email = f"{role}@sltmobitel.lk"
            assert email in said
            assert sign_in(url, email, "consentfeed").json()["user"]["role"] == role
        token = printed(run, "token", "--role", "csr", "--expires", "15m", "--data-dir", str(data_dir))
        with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}) as http:
            for query in ("Nethmi", "0710000001", "customer@sltmobitel.lk"):
                (customer,) = http.get("/customers", params={"q": query}).json()["customers"]
            consent = http.get("/consents", params={"customer": customer["id"], "status": "granted"}).json()[
                "consents"
            ][0]
            answer = http.post(
                f"/consents/{consent['id']}/revoke", json={"reason": {"code": "test", "text": "for Nethmi"}}
            )
            event = answer.json()["event"]["id"]
            http.put("/customers/7", json={"name": "Nethmi Senaratne"})
            http.get("/consents", params={"q": "Nethmi", "status": "none"})
        assert printed(run, "verify", "--data-dir", str(data_dir)).endswith(event)
        examined = run("doctor", "--data-dir", str(data_dir), "--url", url)
        assert examined.out.endswith("\n0 problems, 0 warnings\n"), examined.out
        with psycopg.connect(owner_url) as owner:
            assert owner.execute("SELECT current_user").fetchone() == ("consentfeed_owner",)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(owner_url)

    with dev(data_dir, signal.SIGINT) as (url, _):
        bearer = {"Authorization": f"Bearer {token}"}  # the secret is kept, too
        kept = httpx.get(f"{url}/api/v1/consents/{consent['id']}", headers=bearer).json()
        assert (kept["status"], kept["version"]) == ("revoked", consent["version"] + 1)
        assert printed(run, "verify", "--expect", event, "--data-dir", str(data_dir)).endswith(event)
        tail = [*CONSENTFEED, "tail", "--url", url, "--token", token, "--after", "0-00000000", "--json"]
        with process(*tail) as following:
            assert following.stdout
            first = json.loads(following.stdout.readline())
            assert (first["id"][:2], first["event"]) == ("1-", "consent-updated")
    assert refused(run("verify", "--data-dir", str(data_dir)), "cannot be reached")
    elsewhere = ["dev", "--data-dir", str(data_dir), "--port", "0", "--host", "192.0.2.1"]
    assert refused(run(*elsewhere), "loopback", "csr@sltmobitel.lk", "user disable")
    with embedded.postgres(data_dir) as owner_url, psycopg.connect(owner_url) as owner:
        owner.execute("SELECT consentfeed.disable_user(email) FROM consentfeed.users")
    # Now it would: what stops it is that this address, which nobody has, is not this machine's.
    assert refused(run(*elsewhere), "cannot listen on 192.0.2.1")


def test_dev_does_not_offer_a_password_where_an_identity_provider_signs_in(capsys: pytest.CaptureFixture[str]) -> None:
    provider = {"issuer": "https://id.example.com", "client_id": "consentfeed"}
    for changes, shown in (({}, demo.PASSWORD), (provider, "off"), (provider | {"passwords": True}, demo.PASSWORD)):
        dev_command._announce(Settings(**changes), 3001, "postgresql://owner@127.0.0.1/consentfeed")
        assert f"  password      {shown}" in capsys.readouterr().out
