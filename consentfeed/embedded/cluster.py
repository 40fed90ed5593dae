"""The files of the embedded PostgreSQL: made by initdb, closed to others, checked before a server runs on them."""

import os
import secrets
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from consentfeed.embedded.binaries import EmbeddedError, output, version
from consentfeed.embedded.site import Site, name_for, write


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
    new, begin = site.data_dir / "postgres.new", site.log_size()
    for locale in locales(site.binaries):
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
            with site.supervise(command, handles) as (supervisor, _):
                supervisor.wait()
        if supervisor.returncode == 0:
            (new / "data").rename(site.cluster)
            _sync(site.data_dir)
            shutil.rmtree(new)
            return
    raise EmbeddedError(f"initdb could not make {site.cluster}:\n{site.last_lines(begin)}")


def locales(binaries: Path) -> list[list[str]]:
    """Options of initdb, the best first: sorting by code point, letters by Unicode, the same on every machine."""
    if version(binaries) >= (17,):
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
