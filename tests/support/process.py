"""Programs in processes of their own: for signals, exit statuses, and what they print."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CONSENTFEED = (sys.executable, "-m", "consentfeed")
ROOT = Path(__file__).parents[2]


def environment(settings: Mapping[str, str] = {}) -> dict[str, str]:
    """Our environment with these settings, named as in Settings, and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONSENTFEED_")}
    return kept | {f"CONSENTFEED_{name.upper()}": value for name, value in settings.items()}


@contextmanager
def process(
    *command: str, cwd: Path | None = None, settings: Mapping[str, str] = {}, stdout: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """A command, killed at the end if it still runs. What it writes has to be read where it is more than 64 KiB."""
    with subprocess.Popen(
        command, cwd=cwd, env=environment(settings), text=True, stdout=stdout, stderr=subprocess.PIPE
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def read_until(running: subprocess.Popen[str], word: str) -> str:
    """What it prints, up to the line with this word."""
    assert running.stdout
    printed = ""
    for line in running.stdout:
        printed += line
        if word in line:
            return printed
    raise AssertionError(f"it ended: {printed}{running.stderr.read() if running.stderr else ''}")


def end(running: subprocess.Popen[str] | subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
    """The status with which a signal ends it; killed where the signal does not."""
    running.send_signal(number)
    try:
        return running.wait(30)
    except subprocess.TimeoutExpired:
        running.kill()
        return running.wait()


def shell(text: str, cwd: Path, **variables: str) -> str:
    """What a shell prints for these commands, `consentfeed` among them; all have to succeed."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", text],
        cwd=cwd,
        env=os.environ | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout
