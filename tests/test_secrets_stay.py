"""Secrets stay where they belong: a deployment is used with all logs at their loudest, and what others see is read."""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import psycopg
import pytest

from consentfeed.cli.demo import PASSWORD
from consentfeed.embedded import server as embedded
from tests.support.ports import free_port
from tests.support.process import CONSENTFEED, environment
from tests.support.waiting import wait_until

LOUD: Final = {
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_error_verbosity": "verbose",
    "log_min_error_statement": "debug1",
    "log_min_messages": "debug1",
}
READ, TYPED, MISTYPED = "chosen-by-the-clerk-7741", "typed-at-the-prompt-9062", "mistyped-by-somebody-3358"
CHANGED, LINKED, ASSIGNED = "changed-on-the-page-6618", "chosen-by-a-link-2290", "assigned-by-an-admin-4473"
MISSHAPEN, FORGED, ELSEWHERE = (
    "sent-in-a-wrong-shape-1207",
    "forged-token-5519",
    "the-secret-of-another-deployment-8823",
)


class Watch:
    """All command lines and titles of processes that anybody on this machine can see, for as long as it runs."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self._seen |= _command_lines()

    def stop(self) -> str:
        """What was seen."""
        self._stop.set()
        self._thread.join()
        return "\n".join(self._seen)


def _command_lines() -> set[str]:
    if sys.platform != "linux":
        every = subprocess.run(["ps", "-axwwo", "command"], capture_output=True, check=True, text=True)
        return {*every.stdout.splitlines()}
    found = set()
    for process in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended
            found.add(Path("/proc", process, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


class Used:
    """A deployment of `consentfeed dev`, its secrets, and what was printed, logged, told and shown in its use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self.secrets = {secret: secret for secret in (READ, TYPED, MISTYPED, MISSHAPEN, FORGED, ELSEWHERE)}
        self.secrets |= {secret: secret for secret in (CHANGED, LINKED, ASSIGNED)}
        self.texts: dict[str, str] = {}

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        return environment({"log_level": "debug"}) | more

    def run(self, *arguments: str, stdin: str = "", status: int = 0, **more: str) -> str:
        """A command to its end; keeps what it printed, and returns what of it was on stdout."""
        done = subprocess.run(
            [*CONSENTFEED, *arguments], input=stdin, capture_output=True, text=True, timeout=60,
            env=self._environment(more), cwd=self.folder, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        self._keep(" ".join(arguments), done.stdout, done.stderr)
        return done.stdout

    def _keep(self, name: str, out: str, err: str) -> None:
        self.texts[f"stdout of {name}"] = out
        self.texts[f"stderr of {name}"] = self.texts.get(f"stderr of {name}", "") + err

    @contextlib.contextmanager
    def running(self, name: str, *arguments: str, **more: str) -> Iterator[Path]:
        """A command that runs until SIGTERM; gives the file of what it prints."""
        out, err = self.folder / f"{name}.out", self.folder / f"{name}.err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [*CONSENTFEED, name, *arguments], stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL,
                env=self._environment({"PYTHONUNBUFFERED": "1"} | more), cwd=self.folder,
            )  # fmt: skip
        try:
            yield out
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            self._keep(name, out.read_text(), err.read_text())

    def prompted(self, *arguments: str, answers: list[str]) -> None:
        """A command at a terminal of its own, answered when it asks; keeps what the terminal shows."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(CONSENTFEED[0], [*CONSENTFEED, *arguments], self._environment({}))
        shown, deadline = b"", time.monotonic() + 60
        with contextlib.suppress(OSError):  # the other side has ended
            while time.monotonic() < deadline:
                if select.select([terminal], [], [], 0.1)[0]:
                    shown += os.read(terminal, 4096)
                if answers and shown.endswith(b": "):
                    shown += b"\n"
                    os.write(terminal, answers.pop(0).encode() + b"\n")
        os.close(terminal)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown
        self.texts["the terminal"] = shown.decode()


def loud_cluster(folder: Path) -> None:
    """A cluster that logs whatever it can."""
    with embedded.postgres(folder) as url, psycopg.connect(url, autocommit=True) as owner:
        for name, value in LOUD.items():
            owner.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())


def is_ready(url: str) -> bool:
    """Whether the node there is."""
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/readyz").status_code == 200
    return False


def use_commands(used: Used) -> str:
    """What an operator does; returns a bearer token."""
    data, add = ("--data-dir", str(used.folder)), ("user", "add", "--role", "csr", "--email")
    for status in (0, 1):  # the second is refused: there is such an account
        used.run(*add, "clerk@sltmobitel.lk", "--password-stdin", *data, stdin=f"{READ}\n", status=status)
    used.prompted(*add, "boss@sltmobitel.lk", *data, answers=[TYPED, TYPED])
    used.run("user", "list", *data)
    used.run("verify", *data)
    token = used.run("token", "--role", "admin", *data).strip()
    used.secrets["a bearer token"] = token
    return token


def use_pages(used: Used, token: str) -> None:
    """What people and programs do, rightly and wrongly."""
    login = "/api/v1/auth/login"
    with httpx.Client(base_url=used.url, timeout=30) as client:
        for email, password, status in (
            ("csr@sltmobitel.lk", MISTYPED, 401),
            ("nobody@sltmobitel.lk", MISTYPED, 401),
            ("boss@sltmobitel.lk", TYPED, 200),
            ("clerk@sltmobitel.lk", READ, 200),
        ):
            assert client.post(login, json={"email": email, "password": password}).status_code == status
        used.secrets["the token of a session"] = client.cookies["consentfeed_session"]
        assert client.post(login, json={"email": 1, "password": MISSHAPEN}).status_code == 422
        use_passwords(used, client, token)
        consent = client.get("/api/v1/consents?limit=1&status=granted").json()["consents"][0]["id"]
        because = {"reason": {"code": "asked", "text": "said by phone"}}
        assert client.post(f"/api/v1/consents/{consent}/revoke", json=because).status_code == 200
        used.texts["/metrics"] = client.get("/metrics").text
        assert client.post("/api/v1/auth/logout").status_code == 204
        assert client.get("/api/v1/auth/me").status_code == 401
    for sent, status in ((token, 200), (FORGED, 401)):
        answer = httpx.get(f"{used.url}/api/v1/consents", headers={"Authorization": f"Bearer {sent}"})
        assert answer.status_code == status


def use_passwords(used: Used, client: httpx.Client, token: str) -> None:
    """The clerk, who is signed in, changes their own; the boss gets a link, and then another one."""
    for old, status in ((MISTYPED, 403), (READ, 204)):
        change = client.post("/api/v1/auth/password", json={"old": old, "new": CHANGED})
        assert change.status_code == status
    headers = {"Authorization": f"Bearer {token}"}
    (boss,) = client.get("/api/v1/users?q=boss", headers=headers).json()["users"]
    path = f"/api/v1/users/{boss['id']}/password"
    link = used.secrets["the token of a link"] = client.post(f"{path}-link", headers=headers).json()["token"]
    for status in (204, 410):
        use = client.post("/api/v1/auth/password-link", json={"token": link, "password": LINKED})
        assert use.status_code == status
    assert client.post(path, headers=headers, json={"password": ASSIGNED}).status_code == 204


def use_environment(used: Used, kept: dict[str, str], token: str) -> None:
    """What takes the database's URL, the secret or a token from the environment."""
    app, owner, url = kept["app_url"], kept["owner_url"], f"http://127.0.0.1:{free_port()}"
    used.run("migrate", "--status", CONSENTFEED_OWNER_URL=owner)
    used.run("migrate", "--dry-run", CONSENTFEED_OWNER_URL=owner.replace("@", "x@"), status=1)
    used.run("verify", CONSENTFEED_DATABASE_URL=app.replace("@", "x@"), CONSENTFEED_SECRET=kept["secret"], status=1)
    used.run("serve", CONSENTFEED_DATABASE_URL=app, CONSENTFEED_SECRET=kept["secret"][:16], status=1)
    serve = {"CONSENTFEED_DATABASE_URL": app, "CONSENTFEED_SECRET": kept["secret"]}
    with used.running("serve", "--port", url.rpartition(":")[2], **serve):
        wait_until(lambda: is_ready(url), 60)
        with used.running("tail", "--after", "0-00000000", "--url", url, CONSENTFEED_TOKEN=token) as printed:
            wait_until(lambda: printed.stat().st_size, 60)


def environments(folder: Path) -> str:
    """What the processes of PostgreSQL have in their environment; nothing where that cannot be seen."""
    if sys.platform != "linux":
        return ""
    pid = (folder / "postgres/postmaster.pid").read_text().split("\n")[0]
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = ""
    for one in (pid, *below):
        with contextlib.suppress(OSError):  # gone by now
            found += Path(f"/proc/{one}/environ").read_bytes().decode(errors="replace")
    return found


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Used:
    """A deployment that has been used in every way."""
    used = Used(tmp_path_factory.mktemp("secrets"))
    loud_cluster(used.folder)
    watch = Watch()
    options = ("--port", used.url.rpartition(":")[2], "--data-dir", str(used.folder))
    with used.running("dev", *options, CONSENTFEED_SECRET=ELSEWHERE):
        wait_until(lambda: is_ready(used.url), 120)
        kept = json.loads((used.folder / "dev.json").read_text())
        used.secrets["the secret"] = kept["secret"]
        used.secrets["the service's password"] = kept["app_password"]
        used.secrets["the owner's password"] = (used.folder / "postgres.password").read_text()
        used.texts["environments of PostgreSQL"] = environments(used.folder)
        token = use_commands(used)
        use_pages(used, token)
        use_environment(used, kept, token)
    used.texts["command lines"] = watch.stop()
    used.texts["PostgreSQL's log"] = (used.folder / "postgres.log").read_text(errors="replace")
    return used


def test_no_secret_is_in_a_log_in_an_answer_or_in_the_list_of_processes(used: Used) -> None:
    found = {
        (name, where) for name, secret in used.secrets.items() for where, text in used.texts.items() if secret in text
    }
    (token,) = (where for where in used.texts if where.startswith("stdout of token"))
    # What a developer is to be told: the owner's URL, and the token that was asked for.
    assert found == {("the owner's password", "stdout of dev"), ("a bearer token", token)}


def test_the_logs_were_loud_and_the_processes_were_looked_at(used: Used) -> None:
    log = used.texts["PostgreSQL's log"]
    for sign in (
        "PASSWORD 'SCRAM-SHA-256$",
        "consentfeed.add_user($1",
        "$argon2id$",
        "find_sessions($1",
        "another account has this id or e-mail address",
    ):
        assert sign in log, sign
    for sign in ("user add", "user list", "migrate", "verify", "tail", "serve", "postgres: ", "supervisor.py"):
        assert sign in used.texts["command lines"], sign
    for name in ("dev", "serve"):
        assert '"event": "listener connected"' in used.texts[f"stderr of {name}"]
    assert PASSWORD in used.texts["stdout of dev"]
    assert "consentfeed_streams_open" in used.texts["/metrics"]
    assert len(used.secrets) == 15


def test_the_services_own_logs_name_nobody(used: Used) -> None:
    for name in ("dev", "serve"):
        for person in ("@sltmobitel.lk", "said by phone", "+94"):
            assert person not in used.texts[f"stderr of {name}"]


def test_files_that_hold_secrets_are_for_their_owner_alone(used: Used) -> None:
    for name in ("dev.json", "postgres.password", "postgres.log"):
        assert (used.folder / name).stat().st_mode & 0o077 == 0, name


TORN = ["s3cret/part", "s3cret#part", "s3cret?part", "part@s3cret", "s3cret%part", "s3cret part"]


@pytest.mark.parametrize("password", TORN)
def test_a_password_that_tears_the_url_is_not_shown(tmp_path: Path, password: str) -> None:
    torn = f"postgresql://somebody:{password}@127.0.0.1:1/none"
    used = Used(tmp_path)
    used.run("migrate", "--status", CONSENTFEED_OWNER_URL=torn, status=1)
    used.run("serve", CONSENTFEED_DATABASE_URL=torn, CONSENTFEED_SECRET="s" * 32, status=1)
    for name, text in used.texts.items():
        assert "s3cret" not in text
        assert name.startswith("stdout") or text.startswith("consentfeed: "), text
