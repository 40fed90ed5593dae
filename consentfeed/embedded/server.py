"""PostgreSQL as a child of this process: started and stopped here, and gone when we are, however we end."""

import fcntl
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from consentfeed.embedded import cluster
from consentfeed.embedded.binaries import EmbeddedError, find_binaries, runnable
from consentfeed.embedded.site import Site, account_for, name_for, write
from consentfeed.embedded.supervisor import close_in_forks

__all__ = ["EmbeddedError", "find_binaries", "postgres"]

BUSY_SECONDS = 15.0
START_SECONDS = 120.0


@contextmanager
def postgres(
    data_dir: Path,
    *,
    user: str = "consentfeed_owner",
    database: str = "consentfeed",
    settings: Mapping[str, str] = {},
) -> Iterator[str]:
    """Runs the cluster kept in data_dir/postgres and yields its URL.

    The server is stopped on exit, however this process ends.
    """
    data_dir = data_dir.absolute()
    with _only_one(data_dir) as lock:
        account = account_for(data_dir / "postgres")
        site = Site(data_dir, runnable(find_binaries(), account), account, lock)
        if site.cluster.exists():
            cluster.check(site)
            cluster.drop_reused_pid(site.cluster)
        password = cluster.password_of(site)
        if not site.cluster.exists():
            cluster.initialise(site, user, password)
        login = f"postgresql://{quote(user, safe='')}:{password}@127.0.0.1"
        with _server(site, settings) as port:
            _ensure_database(f"{login}:{port}/postgres", database)
            write(data_dir / "postgres.port", str(port))
            yield f"{login}:{port}/{quote(database, safe='')}"


@contextmanager
def _only_one(data_dir: Path) -> Iterator[int]:
    """Holds the lock on the data directory; waits for a server that is just stopping."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.fdopen(os.open(data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+")
    except OSError as error:
        raise EmbeddedError(f"Cannot use {data_dir} ({error}): choose another --data-dir.") from None
    with file:
        close_in_forks(file)
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise _busy(data_dir) from None
                time.sleep(0.05)
        yield file.fileno()


def _busy(data_dir: Path) -> EmbeddedError:
    return EmbeddedError(f"Another `consentfeed dev` runs on {data_dir}: stop it, or choose another --data-dir.")


@contextmanager
def _server(site: Site, settings: Mapping[str, str]) -> Iterator[int]:
    """Starts the server and yields its port; takes another port where somebody was quicker."""
    fixed = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    options = [f"-c{name}={value}" for name, value in {**settings, **fixed}.items()]
    preferred = _last_port(site.data_dir)
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        port, begin = _free_port(preferred), site.log_size()
        with name_for(site.cluster, site.account) as (name, handles):
            command = [f"{site.binaries}/postgres", "-D", name, *options, f"-cport={port}"]
            with site.supervise(command, handles) as (supervisor, pid):
                if _is_ready(supervisor, pid, site.cluster):
                    yield port
                    return
        lines, preferred = site.last_lines(begin), 0
        if 'lock file "postmaster.pid" already exists' in lines:  # of a server that was started by other means
            raise _busy(site.data_dir)
        if "any TCP/IP sockets" not in lines or time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL did not start; the end of {site.log}:\n{lines}")


def _is_ready(supervisor: subprocess.Popen[bytes], pid: int, files: Path) -> bool:
    """Waits until our own child, not another server, says that it accepts connections."""
    deadline = time.monotonic() + START_SECONDS
    while supervisor.poll() is None and time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            lines = (files / "postmaster.pid").read_text().splitlines()
            if lines[:1] == [str(pid)] and lines[7:8] and lines[7].strip() == "ready":
                return True
        time.sleep(0.01)
    return False


def _ensure_database(url: str, database: str) -> None:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            known = "SELECT FROM pg_database WHERE datname = %s"
            if not connection.execute(known, [database]).rowcount:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    except psycopg.Error as error:
        raise EmbeddedError(f"The embedded PostgreSQL runs, but does not serve us: {error}") from error


def _last_port(data_dir: Path) -> int:
    with suppress(FileNotFoundError):
        return int((data_dir / "postgres.port").read_text())
    return 0


def _free_port(preferred: int) -> int:
    """The preferred port if it is free, else any; taken only once the server binds it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
