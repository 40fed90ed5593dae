"""Commands of the command line, run in this process or in one of their own."""

import signal
import subprocess
from collections.abc import Callable
from typing import NamedTuple

import httpx


class Result(NamedTuple):
    """The exit status of a command, and what it printed."""

    status: int
    out: str
    err: str


Run = Callable[..., Result]


def refused(result: Result, *words: str) -> bool:
    """Whether it ended with status 1, one line on stderr with these words, and nothing else."""
    assert result.status == 1, result
    assert result.out == ""
    assert len(result.err.splitlines()) == 1, result.err
    return all(word in result.err for word in words)


def ended(running: subprocess.Popen[str], number: signal.Signals, status: int = 0) -> str:
    """What it wrote to stderr, once the signal has ended it with this status."""
    running.send_signal(number)
    _, err = running.communicate(timeout=30)
    assert running.returncode == status, err
    assert "Traceback" not in err
    return err


def sign_in(url: str, email: str, password: str) -> httpx.Response:
    """Whether the password opens the account."""
    return httpx.post(f"{url}/api/v1/auth/login", json={"email": email, "password": password})
