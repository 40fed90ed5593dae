"""A command that never outlives us: between us and it stands a guard, this file run as a program.

The guard holds one end of a pipe, and stops its command when the other end closes, however we end. It is started by
the path of this file and without site-packages, so this file imports the standard library alone.
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
_kept_from_forks: WeakSet[IO[Any]] = WeakSet()


def keep_from_forks(file: IO[Any]) -> None:
    """Closes this file in every child forked from now on."""
    _kept_from_forks.add(file)


def _let_go() -> None:
    for file in tuple(_kept_from_forks):
        file.close()


os.register_at_fork(after_in_child=_let_go)


def become(account: Account | None) -> dict[str, Any]:
    """Arguments for Popen; it changes to cwd first, then drops groups, gid and uid."""
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


@contextmanager
def guarded(
    command: list[str], log: Path, handles: list[int], account: Account | None
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Runs a command under a guard of its own, both holding `handles`; yields the guard and the command's pid."""
    job = {"args": command, "pass_fds": handles, "cwd": "/", **become(account)}
    kept = ("PATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
    environment = {key: os.environ[key] for key in kept if key in os.environ} | {"LC_ALL": "C"}
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
        guard = subprocess.Popen(  # noqa: S603 - our own interpreter and this file
            # By its path and isolated: no PYTHONPATH and no current directory has a say in it.
            [sys.executable, "-I", "-S", __file__, json.dumps(job)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, cwd="/",
            env=environment, pass_fds=handles, start_new_session=True,
        )  # fmt: skip
    assert guard.stdin
    assert guard.stdout
    keep_from_forks(guard.stdin)
    try:
        yield guard, int(guard.stdout.readline() or 0)
    finally:
        guard.stdin.close()
        guard.wait()
        guard.stdout.close()


def _stand(job: dict[str, Any]) -> int:
    """The guard's life: runs one command, and ends it when the parent closes the pipe or dies."""
    wake, poke = os.pipe()
    os.set_blocking(poke, False)
    signal.set_wakeup_fd(poke, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which the command would inherit
    child = subprocess.Popen(
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=_death_signal(),  # noqa: PLW1509 - the guard has no threads
        **job,
    )
    with suppress(BrokenPipeError):
        os.write(1, b"%d\n" % child.pid)
    while child.poll() is None and 0 not in select.select([0, wake], [], [])[0]:
        os.read(wake, 512)
    for number, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, None)):
        if child.poll() is None:
            child.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                child.wait(patience)
    return child.returncode


def _death_signal() -> Callable[[], object] | None:
    """Linux can also end the command when the guard itself is killed."""
    if sys.platform == "linux":
        with suppress(ImportError):  # some Pythons are built without
            import ctypes  # noqa: PLC0415

            prctl = ctypes.CDLL(None).prctl
            return lambda: prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG
    return None


if __name__ == "__main__":
    sys.exit(_stand(json.loads(sys.argv[1])))
