"""Where the embedded PostgreSQL lives: its directories, and as whom it runs in them."""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from consentfeed.embedded.binaries import EmbeddedError
from consentfeed.embedded.supervisor import Account, supervise


class Site(NamedTuple):
    """Where a cluster lives, and with which programs and as whom it runs."""

    data_dir: Path
    binaries: Path
    account: Account | None  # whom to become; None: PostgreSQL runs as we do
    lock: int  # handle of the lock on data_dir, inherited by supervisor and server: free only when all of them are gone

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory."""
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        """What its programs print."""
        return self.data_dir / "postgres.log"

    def supervise(
        self, command: list[str], handles: list[int]
    ) -> AbstractContextManager[tuple[subprocess.Popen[bytes], int]]:
        """Runs one of the programs under a supervisor."""
        return supervise(command, self.log, [*handles, self.lock], self.account)

    def log_size(self) -> int:
        """How many bytes the log holds."""
        return self.log.stat().st_size if self.log.exists() else 0

    def last_lines(self, begin: int) -> str:
        """The last dozen lines of the log, of those after so many bytes."""
        with self.log.open("rb") as file:
            file.seek(begin)
            return "\n".join(file.read().decode(errors="replace").splitlines()[-12:])


def account_for(cluster: Path) -> Account | None:
    """Root must become somebody else: the cluster's owner, or nobody for a new cluster."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwuid(cluster.stat().st_uid) if cluster.exists() else pwd.getpwnam("nobody")
    except KeyError as missing:
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root, and there is no other user for it ({missing}): "
            "start as an ordinary user."
        ) from None


@contextmanager
def name_for(directory: Path, account: Account | None) -> Iterator[tuple[str, list[int]]]:
    """A name by which the account finds the directory, even below what it may not enter.

    An open directory passed on does it on Linux: /proc/self/fd/N leads there without walking the
    ancestors. (/proc/self/cwd would not do: initdb starts the server from within another one.)
    """
    if not account or sys.platform != "linux":
        yield str(directory), []
        return
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}", [handle]
    finally:
        os.close(handle)


def write(path: Path, text: str) -> None:
    """Writes a file for its owner's eyes only, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
