"""A command that never outlives us: between us and it stands a supervisor, this file run as a program.

The supervisor holds one end of a pipe, and stops its command when the other end closes, however we end. It is started
by the path of this file and without site-packages, so this file imports the standard library alone.
"""

import json
import os
import pwd
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeAlias
from weakref import WeakSet

Account: TypeAlias = pwd.struct_passwd

# A forked child would hold pipe and lock open beyond our death, and so keep the command running.
_files: WeakSet[IO[Any]] = WeakSet()


def close_in_forks(file: IO[Any]) -> None:
    """Closes this file in every child forked from now on."""
    _files.add(file)


def _close_files() -> None:
    for file in tuple(_files):
        file.close()


os.register_at_fork(after_in_child=_close_files)


def become(account: Account | None) -> dict[str, Any]:
    """Arguments for Popen; it changes to cwd first, then drops groups, gid and uid."""
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


@contextmanager
def supervise(
    command: list[str], log: Path, handles: list[int], account: Account | None
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Runs a command under a supervisor, both holding `handles`; yields the supervisor and the command's pid."""
    job = {"args": command, "pass_fds": handles, "cwd": "/", **become(account)}
    inherited = ("PATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
    environment = {name: os.environ[name] for name in inherited if name in os.environ} | {"LC_ALL": "C"}
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
        supervisor = subprocess.Popen(  # noqa: S603 - our own interpreter and this file
            # By its path and isolated: no PYTHONPATH and no current directory has a say in it.
            [sys.executable, "-I", "-S", __file__, json.dumps(job)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, cwd="/",
            env=environment, pass_fds=handles, start_new_session=True,
        )  # fmt: skip
    assert supervisor.stdin
    assert supervisor.stdout
    close_in_forks(supervisor.stdin)
    try:
        yield supervisor, int(supervisor.stdout.readline() or 0)
    finally:
        supervisor.stdin.close()
        supervisor.wait()
        supervisor.stdout.close()


def _main(job: dict[str, Any]) -> int:
    """The supervisor's life: runs one command, and ends it when the parent closes the pipe or dies."""
    # The wait below is for the parent's end of the pipe: a signal, as of the command's end, writes here to end it too.
    signals, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which the command would inherit
    child = subprocess.Popen(
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=_death_signal(),  # noqa: PLW1509 - the supervisor has no threads
        **job,
    )
    with suppress(BrokenPipeError):
        os.write(1, b"%d\n" % child.pid)
    while child.poll() is None and 0 not in select.select([0, signals], [], [])[0]:
        os.read(signals, 512)
    for number, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, None)):
        if child.poll() is None:
            child.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                child.wait(patience)
    return child.returncode


def _death_signal() -> Callable[[], object] | None:
    """Linux can also end the command when the supervisor itself is killed."""
    if sys.platform == "linux":
        with suppress(ImportError):  # some Pythons are built without
            import ctypes  # noqa: PLC0415

            prctl = ctypes.CDLL(None).prctl
            return lambda: prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG
    return None


if __name__ == "__main__":
    sys.exit(_main(json.loads(sys.argv[1])))
