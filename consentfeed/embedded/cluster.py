"""The files of the embedded PostgreSQL: made by initdb, closed to others, checked before a server runs on them."""

import os
import pwd
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from consentfeed.embedded.binaries import EmbeddedError, output, version
from consentfeed.embedded.supervisor import Account, guarded


class Site(NamedTuple):
    """Where a cluster lives, and with which programs and as whom it runs."""

    data_dir: Path
    binaries: Path
    account: Account | None  # whom to become; None: PostgreSQL runs as we do
    lock: int  # handle of the lock on data_dir, inherited by guard and server: free only when all of them are gone

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory."""
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        """What its programs print."""
        return self.data_dir / "postgres.log"

    def guarded(
        self, command: list[str], handles: list[int]
    ) -> AbstractContextManager[tuple[subprocess.Popen[bytes], int]]:
        """Runs one of the programs under a guard."""
        return guarded(command, self.log, [*handles, self.lock], self.account)

    def logged(self) -> int:
        """How much the log holds."""
        return self.log.stat().st_size if self.log.exists() else 0

    def said(self, begin: int) -> str:
        """The last lines of what was logged since."""
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


def password_of(site: Site) -> str:
    """The owner's password, made up for a new cluster."""
    file = site.data_dir / "postgres.password"
    with suppress(FileNotFoundError):
        return file.read_text()
    if site.cluster.exists():
        raise EmbeddedError(
            f"{file} is missing, and {site.cluster} opens to no other password: "
            "put the file back, or remove the directory to start afresh."
        )
    password = secrets.token_hex(24)
    write(file, password)
    return password


def initialise(site: Site, user: str, password: str) -> None:
    """Runs initdb beside the cluster's place and moves the result there once it is complete."""
    new, begin = site.data_dir / "postgres.new", site.logged()
    for locale in _locales(site):
        if new.exists():
            shutil.rmtree(new)  # left by an initdb that was killed
        new.mkdir()
        new.chmod(0o711)  # to be passed through; only what lies in it is given away
        (new / "data").mkdir(mode=0o700)
        write(new / "password", password)
        if site.account:
            for path in (new / "data", new / "password"):
                os.chown(path, site.account.pw_uid, site.account.pw_gid)
        with name_for(new, site.account) as (name, handles):
            command = [
                f"{site.binaries}/initdb", "-D", f"{name}/data", f"--pwfile={name}/password",
                f"--username={user}", "--auth=scram-sha-256", "--encoding=UTF8",
                "--data-checksums", "--no-instructions", *locale,
            ]  # fmt: skip
            with site.guarded(command, handles) as (guard, _):
                guard.wait()
        if guard.returncode == 0:
            (new / "data").rename(site.cluster)
            _sync(site.data_dir)
            shutil.rmtree(new)
            return
    raise EmbeddedError(f"initdb could not make {site.cluster}:\n{site.said(begin)}")


def _locales(site: Site) -> list[list[str]]:
    """Sorting by code point, letters by Unicode, the same on every machine; else plain C."""
    if version(site.binaries) >= (17,):
        return [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
    return [["--locale=C.UTF-8"], ["--locale=C"]]


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def check(site: Site) -> None:
    """The files must be of this major version, and belong to whom PostgreSQL runs as."""
    owner = site.cluster.stat().st_uid
    if owner == 0 or (owner != os.geteuid() and not site.account):
        raise EmbeddedError(
            f"{site.cluster} belongs to user {owner}, as whom PostgreSQL cannot run here: "
            "`chown -R` it to another user, or choose another --data-dir."
        )
    try:
        made_by = (site.cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedError(
            f"{site.cluster} is not a PostgreSQL cluster: move it away, or choose another --data-dir."
        ) from None
    here = str(version(site.binaries)[0])
    if made_by != here:
        raise EmbeddedError(
            f"{site.cluster} was made by PostgreSQL {made_by}, and here is PostgreSQL {here} "
            f"({site.binaries}), which cannot read it: install PostgreSQL {made_by}, "
            "or choose another --data-dir."
        )


def drop_reused_pid(cluster: Path) -> None:
    """Removes the pid file of a crash whose number another program has now.

    We hold the lock, so it is no server of ours. PostgreSQL sees to the other stale files itself.
    """
    file = cluster / "postmaster.pid"
    with suppress(FileNotFoundError):
        first = file.read_text().partition("\n")[0]
        if not first.isdigit() or _is_other_program(int(first), cluster):
            file.unlink()


def _is_other_program(pid: int, cluster: Path) -> bool:
    """Whether this process lives and is not a server on this cluster."""
    if sys.platform == "linux":
        with suppress(OSError):
            return not os.path.samestat(Path(f"/proc/{pid}/cwd").stat(), cluster.stat())
        return False
    name = output(["ps", "-o", "comm=", "-p", str(pid)])
    return bool(name) and "postgres" not in name
