"""A signal ends every command with the status that it has by convention, and what the command had begun."""

import fcntl
import os
import pty
import re
import shlex
import signal
import sys
import termios

import pytest

from consentfeed.cli.terminal import READER_GONE
from tests.cli.command import ended
from tests.cli.every_command import COMMANDS, WAITING, status_of
from tests.support.database import Sql
from tests.support.http_server import http_server, stalled_stream
from tests.support.process import CONSENTFEED, ROOT, environment, process
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def test_every_command_is_tried() -> None:
    assert {*COMMANDS} <= {*WAITING, "tail", "dev", "checkpoint-key", "export", "import"}, (
        "dev, export and import have tests of their own; a key waits for nothing"
    )


def test_the_docs_list_the_statuses() -> None:
    table = (ROOT / "docs" / "operations.md").read_text().partition("<!-- statuses -->")[2].partition("\n## ")[0]
    statuses = {0, 1, 2, 128 + signal.SIGINT, 128 + signal.SIGTERM, READER_GONE}
    assert [int(status) for status in re.findall(r"^\| (\d+) \|", table, re.M)] == sorted(statuses)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("name", WAITING)
def test_a_command_that_waits_for_the_database_ends_and_its_statement_too(
    shared_database: Sql, settings: dict[str, str], name: str, number: signal.Signals
) -> None:
    command, table = WAITING[name]
    with shared_database.connect() as holder:
        holder.execute(f"LOCK TABLE consentfeed.{table} IN ACCESS EXCLUSIVE MODE".encode())

        def somebody_waits() -> bool:
            waiting = (
                "SELECT FROM pg_locks JOIN pg_database AS d ON d.oid = database WHERE datname = %s AND NOT granted"
            )
            return bool(holder.execute(waiting, (holder.info.dbname,)).rowcount)

        with process(*CONSENTFEED, *shlex.split(command), settings=settings) as running:
            wait_until(lambda: somebody_waits() or running.poll() is not None, 60)
            assert ended(running, number, status_of(name, number)) == ""
        wait_until(lambda: not somebody_waits(), what="PostgreSQL has heard of it")
    assert not shared_database.run("SELECT FROM consentfeed.users WHERE email = 'waiting@example.com'")


@pytest.mark.parametrize("number", SIGNALS)
def test_tail_ends_while_nothing_happens(number: signal.Signals) -> None:
    with (
        http_server(stalled_stream(("1", "reset", "{}"))) as url,
        process(*CONSENTFEED, "tail", "--url", url, "--token", bearer("csr")) as running,
    ):
        assert running.stdout
        assert running.stdout.readline() == "1  reset\n"
        assert ended(running, number, 128 + number) == ""


@pytest.mark.parametrize("number", SIGNALS)
def test_tail_ends_while_nobody_takes_what_it_has_to_print(number: signal.Signals) -> None:
    # Four lines to a page of the pipe: with three it would be full before it holds as much as is waited for.
    many = [(str(seq), "reset", f'{{"a":"{"x" * 950}"}}') for seq in range(200)]
    with (
        http_server(stalled_stream(*many)) as url,
        process(*CONSENTFEED, "tail", "--json", "--url", url, "--token", bearer("csr")) as running,
    ):
        assert running.stdout

        def unread() -> int:
            return int.from_bytes(fcntl.ioctl(running.stdout, termios.FIONREAD, bytes(4)), sys.byteorder)  # type: ignore[arg-type]

        wait_until(lambda: unread() > 60_000, what="the pipe is full")
        running.send_signal(number)
        assert running.wait(30) == 128 + number


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("name", ["dev", "serve", "tail", "verify"])
def test_a_command_that_is_still_being_imported_ends(name: str, number: signal.Signals) -> None:
    # A stand-in for the command line that takes for ever to import.
    script = (
        "import sys, time; from consentfeed import __main__\n"
        "class Slow:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'consentfeed.cli.main':\n"
        "            print('importing', flush=True)\n"
        "            try: time.sleep(60)\n"
        "            finally: sys.exit(1)\n"  # as anybody on the way may make one exit another
        f"sys.meta_path.insert(0, Slow()); sys.argv = ['consentfeed', {name!r}]; __main__.run()"
    )
    with process(sys.executable, "-c", script) as running:
        assert running.stdout
        assert running.stdout.readline() == "importing\n"
        assert ended(running, number, status_of(name, number)) == ""


def test_an_interrupted_prompt_leaves_a_terminal_that_shows_what_is_typed(settings: dict[str, str]) -> None:
    # Another process has to hold the terminal open: its settings are gone with the last one.
    terminal, theirs = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        for descriptor in range(3):
            os.dup2(theirs, descriptor)
        command = [*CONSENTFEED, "user", "add", "--role", "csr", "--email", "a@example.com"]
        os.execve(command[0], command, environment(settings))

    def shows() -> bool:
        return bool(termios.tcgetattr(theirs)[3] & termios.ECHO)

    assert shows()
    printed = b""
    while not printed.endswith(b"Password: "):
        printed += os.read(terminal, 1)
    wait_until(lambda: not shows())
    os.write(terminal, b"\x03")  # the key Ctrl-C
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert shows()
    os.close(terminal)
    os.close(theirs)
