"""Results go to stdout, everything else to stderr; and a command ends when nobody can read its results."""

import json
import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import Result, Run, refused
from tests.cli.every_command import COMMANDS, GROUPS, PRINTING
from tests.support.database import Sql
from tests.support.process import CONSENTFEED, environment, process


def test_every_command_is_tried() -> None:
    assert {*COMMANDS} <= {*PRINTING}


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_help_is_a_result(run: Run, name: str) -> None:
    status, out, err = run(*name.split(), "--help")
    assert (status, out.splitlines()[0].split()[:2], err) == (0, ["Usage:", "consentfeed"], "")


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_an_option_that_there_is_not_is_a_usage_error(run: Run, name: str) -> None:
    status, out, err = run(*name.split(), "--no-such-\x1b[31moption")
    assert (status, out) == (2, "")
    assert err.startswith("Usage: consentfeed")
    assert "option" in err.splitlines()[-1]
    assert "\x1b" not in err


@pytest.mark.parametrize("name", GROUPS)
def test_without_a_command_the_help_is_a_usage_error(run: Run, name: str) -> None:
    status, out, err = run(*name.split())
    assert (status, out) == (2, "")
    assert "Commands:" in err


@pytest.mark.parametrize("name", PRINTING)
def test_a_command_ends_as_by_sigpipe_where_the_reader_has_gone(
    logged: Sql, settings: dict[str, str], url: str, name: str
) -> None:
    command = PRINTING[name] + (f" --url {url}" if name in ("tail", "doctor") else "")
    if name == "migrate --dry-run":  # it has nothing to print otherwise
        logged.run("UPDATE consentfeed.migrations SET checksum = NULL WHERE name = 'functions'")
    reader, writer = os.pipe()
    os.close(reader)
    with process(*CONSENTFEED, *shlex.split(command), settings=settings, stdout=writer) as running:
        os.close(writer)
        _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (128 + signal.SIGPIPE, "")


def shell(text: str, settings: dict[str, str]) -> Result:
    """What a shell answers."""
    command = ["bash", "-c", text.replace("consentfeed", shlex.join(CONSENTFEED))]
    done = subprocess.run(command, env=environment(settings), capture_output=True, text=True, timeout=60, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def test_head_takes_the_first_line_and_tail_ends_though_nothing_more_happens(
    logged: Sql, settings: dict[str, str], url: str
) -> None:
    follow = f"consentfeed tail --url {url} --after 0-00000000 --json | head -1; echo ${{PIPESTATUS[0]}}"
    status, out, err = shell(follow, settings)
    event, tail_status = out.splitlines()
    assert (status, json.loads(event)["id"].split("-")[0], tail_status, err) == (0, "1", "141", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["token --role csr", "--help"])
def test_a_full_disk_is_an_error(settings: dict[str, str], command: str) -> None:
    assert refused(shell(f"consentfeed {command} >/dev/full", settings), "No space left on device")


def test_a_closed_stdout_is_an_error(settings: dict[str, str]) -> None:
    assert refused(shell("consentfeed token --role csr >&-", settings), "stdout is closed")


def test_what_stdout_cannot_encode_is_escaped(settings: dict[str, str], url: str) -> None:
    plain = f"PYTHONIOENCODING=latin-1 consentfeed doctor --url {url}"
    text, lines = shell(plain, settings), shell(f"{plain} --json", settings)
    assert (text.err, lines.err) == ("", "")
    assert "\\u2192 " in text.out
    assert json.loads(lines.out)["findings"]
