"""A PostgreSQL server that can be killed, started again, copied and promoted."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg

from consentfeed.embedded import cluster, supervisor
from consentfeed.embedded.binaries import find_binaries, runnable
from tests.support.ports import free_port
from tests.support.waiting import wait_until

SUPERUSER = "oracle"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "wal_level": "replica",
    "log_min_messages": "fatal",
    # What is committed must be there after a crash; how long a checkpoint takes is not what is tried here.
    "fsync": "on",
    "checkpoint_timeout": "30s",
}


class Server:
    """One server on a folder of its own; stopped when its process ends, however it ends."""

    def __init__(self, environment: Mapping[str, str] = {}) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="consentfeed-oracle-"))
        self.port = free_port()
        self.environment = environment
        self._account = cluster.account_for(self.folder / "data")
        self._binaries = runnable(find_binaries(), self._account)
        if self._account:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        self._running = ExitStack()
        self._pid = 0

    @classmethod
    def new(cls, environment: Mapping[str, str] = {}) -> "Server":
        """An empty cluster, not started."""
        server = cls(environment)
        server._run("initdb", f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--locale=C", "-N")
        return server

    def standby(self, through_port: int) -> "Server":
        """A copy that follows this server by way of a port, started."""
        copy = Server(self.environment)
        copy._run("pg_basebackup", "-h127.0.0.1", f"-p{self.port}", f"-U{SUPERUSER}", "-cfast", "-Xstream")
        with (copy.folder / "data" / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = 'host=127.0.0.1 port={through_port} user={SUPERUSER}'\n")
        (copy.folder / "data" / "standby.signal").touch()
        copy.start()
        return copy

    def start(self) -> None:
        """Starts, and returns when it answers."""
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        environment = [f"{name}={value}" for name, value in self.environment.items()]
        command = ["env", *environment, f"{self._binaries}/postgres", "-D", str(self.folder / "data"), *options]
        # A server that died in its sleep leaves this behind, and the number may be somebody else's by now.
        with suppress(FileNotFoundError):
            (self.folder / "data" / "postmaster.pid").unlink()
        job = supervisor.guarded([*command, f"-cport={self.port}"], self.folder / "log", [], self._account)
        _, self._pid = self._running.enter_context(job)
        wait_until(self.answers, 60, f"PostgreSQL starts; see {self.folder / 'log'}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: fast; SIGQUIT: immediate, which is a crash."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, how)
        self._running.close()

    def answers(self) -> bool:
        """Whether it accepts connections."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.Error:
            return False
        return True

    def url(self, database: str, user: str = SUPERUSER, port: int = 0) -> str:
        """The URL of a database here, perhaps by way of another port; everybody is trusted."""
        return f"postgresql://{user}@127.0.0.1:{port or self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """One autocommit statement as the superuser."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def promote(self) -> None:
        """A standby becomes a server that writes."""
        self.sql("SELECT pg_promote()")
        wait_until(lambda: self.sql("SELECT pg_is_in_recovery()") == [(False,)], 60)

    def remove(self) -> None:
        """Stops it, and takes its files away."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *options: str) -> None:
        subprocess.run(
            [f"{self._binaries}/{program}", "-D", str(self.folder / "data"), *options],
            check=True, capture_output=True, cwd="/", **supervisor.become(self._account),
        )  # fmt: skip
