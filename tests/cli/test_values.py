"""A value that cannot be used is one line on stderr that says so, and status 1; nothing is begun with it."""

import os
import shlex
import subprocess

import pytest

from tests.cli.command import Result, Run, refused
from tests.cli.every_command import COMMANDS, WITH_ARGUMENTS
from tests.support.process import CONSENTFEED, environment

NO_URL = ["", "nonsense", "ftp://a", "http://", "http://[::1", "http://a:b", "http://a:99999", f"http://u:{'p4ss'}@a"]
OF_A_FOLDER = ["verify", "token --role csr", "user list", "doctor", "dev --port 0"]
# Commands up to the option, its values, and a word of the error.
VALUES = [
    (["tail --url", "doctor --url", "export --url"], NO_URL, "https://consents.example.com"),
    (["tail --token", "export --token"], ["", "a b", "ä", "a\n"], "`consentfeed token`"),
    (["doctor --url http://a --token"], ["", "a b", "ä", "a\n"], "`consentfeed token`"),
    (["tail --after"], ["", "a b", "ä"], "42-9f2ab1c3"),
    (["migrate --database-url"], ["", "postgresql://a:99999/b", f"postgresql://o:{'p4ss'}/x@h/b"], ""),
    ([f"{start} --data-dir" for start in OF_A_FOLDER], ["", "~nobody-here/x"], "CONSENTFEED_DATA_DIR"),
    (["verify --data-dir", "dev --port 0 --data-dir"], ["x" * 300], "x" * 300),
    (["serve --host"], ["a..b", "192.0.2.1"], "cannot listen on"),
    (["serve --host", "dev --host"], [""], "CONSENTFEED_HOST"),
    (["serve --port", "dev --port"], ["65536", "-1"], "CONSENTFEED_PORT"),
    (["verify --key x --checkpoint"], ["no-such-file"], "no-such-file"),
    (["verify --key"], ["", "log+00000000+AAAA"], "--checkpoint"),
    (["verify --log"], ["no-such-file"], "no-such-file"),
    (["export-log -o"], ["no-such-folder/copy"], "no-such-folder"),
    (["checkpoint-key"], ["no-such-folder/key"], "no-such-folder"),
    (["verify --expect"], ["", "2", "2-9F2AB1C3", "\x1b"], "42-9f2ab1c3"),
    (["token --role csr --expires"], ["", "0s", "8", "8d", "99999999h"], "8h"),
    (["token --role csr --email", "user add --role csr --no-password --email"], ["", "a", "a@b\x1b[31m"], "--email"),
    (["user disable --email"], ["", "nobody@example.com", "a@b\x1b[31m"], "no account"),
]  # fmt: skip
CASES = [
    (f"{start} {shlex.quote(value)}", word) for starts, values, word in VALUES for start in starts for value in values
]


@pytest.mark.parametrize(("command", "word"), CASES)
def test_an_option_that_cannot_be_used(run: Run, settings: dict[str, str], command: str, word: str) -> None:
    result = run(*shlex.split(command), **settings)
    assert refused(result, "consentfeed: ", word), result
    assert "p4ss" not in result.err
    assert result.err.strip("\n").isprintable()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_setting_that_cannot_be_used(run: Run, settings: dict[str, str], name: str) -> None:
    command = shlex.split(WITH_ARGUMENTS.get(name, name))
    assert refused(run(*command, **settings | {"pool_size": "none"}), "CONSENTFEED_POOL_SIZE")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "dev"])
def test_a_setting_that_is_missing(run: Run, name: str) -> None:
    command = shlex.split(WITH_ARGUMENTS.get(name, name))
    needed = {
        "migrate": "CONSENTFEED_OWNER_URL",
        "tail": "CONSENTFEED_TOKEN",
        "export": "CONSENTFEED_TOKEN",
        "import": "CONSENTFEED_TOKEN",
        "checkpoint-key": "CONSENTFEED_CHECKPOINT_KEY",
    }
    assert refused(run(*command), needed.get(name, "CONSENTFEED_DATABASE_URL"))


def test_options_that_exclude_each_other_are_a_usage_error(run: Run, settings: dict[str, str]) -> None:
    options = ["--role", "csr", "--email", "a@example.com", "--no-password", "--password-stdin"]
    status, out, err = run("user", "add", *options, **settings)
    assert (status, out) == (2, "")
    assert "--password-stdin and --no-password" in err.splitlines()[-1]


def test_without_a_terminal_no_password_is_asked_for(run: Run, settings: dict[str, str]) -> None:
    options = ["--role", "csr", "--email", "a@example.com"]
    assert refused(run("user", "add", *options, **settings), "--password-stdin")


@pytest.mark.parametrize(
    "command", ["user disable --email", "user add --role csr --no-password --email", "verify --expect", "dev --host"]
)
def test_an_argument_that_is_not_utf_8(settings: dict[str, str], command: str) -> None:
    # As a process: what is not UTF-8 becomes half of a character in Python, which no driver takes.
    words = [*map(os.fsencode, (*CONSENTFEED, *command.split())), b"a@\xff.example.com"]
    done = subprocess.run(words, env=environment(settings), capture_output=True, text=True, check=False, timeout=60)
    assert refused(Result(done.returncode, done.stdout, done.stderr))
