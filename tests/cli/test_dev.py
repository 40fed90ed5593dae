"""`consentfeed dev`: from beginning to end, and where it refuses to begin."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from consentfeed.cli import demo
from consentfeed.cli import dev as dev_command
from consentfeed.embedded import server as embedded
from consentfeed.embedded.server import EmbeddedError
from consentfeed.settings import Settings
from tests.cli.command import Run, ended, refused, sign_in
from tests.support.nats_client import NatsClient
from tests.support.ports import accepts
from tests.support.process import CONSENTFEED, process, read_until
from tests.support.waiting import wait_until

DEV = (*CONSENTFEED, "dev", "--port", "0", "--data-dir")


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.7", "example.com", "localhost.example.com", "127.0.0.1.x"]
)
def test_dev_listens_on_loopback_alone(run: Run, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(embedded, "postgres", lambda *_: pytest.fail("it started"))
    assert refused(run("dev", "--port", "0", "--host", host), host, "loopback")
    assert refused(run("dev", host=host), host, "loopback")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_dev_takes_any_loopback(run: Run, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    def start(_: Path) -> None:
        raise EmbeddedError("it would start")

    monkeypatch.setattr(embedded, "postgres", start)
    assert refused(run("dev", "--port", "0", "--host", host), "it would start")


def test_dev_with_nats_relays_the_demo_and_ends_it(tmp_path: Path) -> None:
    with process(*DEV, str(tmp_path), "--nats") as running:
        _, printed = url_of(running)
        port = re.search(r"nats://127\.0\.0\.1:([0-9]+)", printed)
        assert port, printed
        with NatsClient(int(port[1])) as client:
            wait_until(lambda: len(client.stored()) > 100, 30, "the demo's events are in the stream")
        ended(running, signal.SIGTERM)
    assert not accepts(int(port[1]))


def test_a_data_dir_where_dev_has_not_run_is_said(run: Run, tmp_path: Path) -> None:
    for command in (["token", "--role", "csr"], ["verify"]):
        assert refused(run(*command, "--data-dir", str(tmp_path)), "consentfeed dev", str(tmp_path))


def test_a_data_dir_that_cannot_be_made_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refused(run("dev", "--port", "0", "--data-dir", str(tmp_path / "file" / "below")), "--data-dir")


def url_of(running: subprocess.Popen[str]) -> tuple[str, str]:
    """Where it says that it runs, and all that it says."""
    printed = read_until(running, "Ctrl-C")
    url = re.search(r"http://127\.0\.0\.1:[0-9]+", printed)
    assert url, printed
    return url[0], printed


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
    result = run(*arguments)
    assert result.status == 0, result.err
    return result.out.strip()


def test_dev_from_beginning_to_end(run: Run, data_dir: Path) -> None:
    with dev(data_dir, signal.SIGTERM) as (url, text):
        owner_url = next(word for word in text.split() if word.startswith("postgresql://"))
        for role in ("customer", "csr", "admin"):
            email = f"{role}@sltmobitel.lk"
            assert email in text
            assert sign_in(url, email, "consentfeed").json()["user"]["role"] == role
        offered = httpx.get(f"{url}/api/v1/auth/ways").json()["demo"]
        assert offered == {"accounts": [*demo.ACCOUNTS], "password": demo.PASSWORD}
        token = printed(run, "token", "--role", "csr", "--expires", "15m", "--data-dir", str(data_dir))
        with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}) as http:
            for query in ("Nethmi", "0710000001", "customer@sltmobitel.lk"):
                (customer,) = http.get("/customers", params={"q": query}).json()["customers"]
            for purpose in http.get("/purposes").json()["purposes"]:
                titles = {language: words["title"] for language, words in purpose["texts"].items()}
                assert titles.keys() == {"en", "si", "ta"}
                assert titles["en"] == purpose["title"]
                assert len({*titles.values()}) == len(titles), "each language has a title of its own"
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
        # Of the owner, who is a superuser here.
        assert examined.out.endswith("\n0 problems, 1 warnings\n"), examined.out
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
            assert first["event"] == "consent-updated"
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
        dev_command._announce(Settings(**changes), 3001, "postgresql://owner@127.0.0.1/consentfeed", [*demo.ACCOUNTS])
        assert f"  password      {shown}" in capsys.readouterr().out


def test_dev_says_which_accounts_still_have_the_demos_password(capsys: pytest.CaptureFixture[str]) -> None:
    one = next(iter(demo.ACCOUNTS))
    for accounts, shown in (([], "changed\n"), ([one], f"{demo.PASSWORD} (of {one}; the others")):
        dev_command._announce(Settings(), 3001, "postgresql://owner@127.0.0.1/consentfeed", accounts)
        assert f"  password      {shown}" in capsys.readouterr().out


def test_a_port_that_is_taken_is_said_before_anything_is_made(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        folder = tmp_path / "data"
        assert refused(
            run("dev", "--port", port, "--data-dir", str(folder)), f"cannot listen on 127.0.0.1:{port}", "--port"
        )
    assert not folder.exists()


def test_on_a_terminal_logs_are_lines_for_people_and_elsewhere_json() -> None:
    script = (
        "import structlog; from consentfeed.node import logs; logs.configure('info');"
        "structlog.get_logger().info('something happened', node=1)"
    )
    piped = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr
    assert json.loads(piped)["event"] == "something happened"
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", script], stderr=theirs, check=True)
    line = os.read(ours, 1000).decode()
    assert re.fullmatch(r"[-0-9T:.Z]+ \[info +\] something happened +node=1\s+", line), line
