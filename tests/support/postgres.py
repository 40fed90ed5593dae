"""A whole PostgreSQL server of a test's own: started, crashed, copied to a standby, promoted.

Where any server will do, tests share one for the session: see conftest.py.
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import psycopg

from consentfeed.embedded import cluster, supervisor
from consentfeed.embedded.binaries import find_binaries, runnable
from consentfeed.embedded.site import account_for
from tests.support import scratch
from tests.support.database import Sql
from tests.support.ports import free_port
from tests.support.waiting import wait_until

SUPERUSER = "superuser"
_DEFAULTS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}


class Server:
    """One server on a folder and a port of its own; stopped when this process ends, however it ends.

    binaries: the folder with initdb and postgres, by default the newest here. variables: its environment's. folder: for
    its data, which it takes away in the end; by default in memory, where there is room.
    """

    def __init__(
        self,
        settings: Mapping[str, str] = {},
        *,
        binaries: Path | None = None,
        variables: Mapping[str, str] = {},
        password: str = "",
        folder: Path | None = None,
    ) -> None:
        self.folder = folder or scratch.new_folder()
        self.data = self.folder / "data"
        self.port = free_port()
        self.settings = {**_DEFAULTS, **settings}
        self.variables = variables
        self.password = password or secrets.token_hex(16)
        self._account = account_for(self.data)
        self.binaries = runnable(binaries or find_binaries(), self._account)
        self._give_away(self.folder)
        self._job = ExitStack()
        self._pid = 0

    @classmethod
    def new(
        cls,
        settings: Mapping[str, str] = {},
        *,
        binaries: Path | None = None,
        variables: Mapping[str, str] = {},
        folder: Path | None = None,
    ) -> "Server":
        """An empty cluster, not started. Letters and their order are as in the cluster of `consentfeed dev`."""
        server = cls(settings, binaries=binaries, variables=variables, folder=folder)
        file = server.folder / "password"
        file.touch(mode=0o600)
        file.write_text(server.password)
        server._give_away(file)
        locale = cluster.locales(server.binaries)[0]
        login = (f"--username={SUPERUSER}", f"--pwfile={file}", "--auth=scram-sha-256")
        server._run("initdb", *login, "--encoding=UTF8", *locale, "--data-checksums", "--no-sync")
        return server

    def standby(self, through_port: int = 0) -> "Server":
        """A copy that follows this server, by way of a port; not started."""
        copy = Server(self.settings, binaries=self.binaries, variables=self.variables, password=self.password)
        copy._run("pg_basebackup", "-h127.0.0.1", f"-p{self.port}", f"-U{SUPERUSER}", "-cfast", "-Xstream")
        login = f"host=127.0.0.1 port={through_port or self.port} user={SUPERUSER} password={self.password}"
        copy.follow(login)
        return copy

    def follow(self, primary: str = "") -> None:
        """From its next start on it is a standby: of the server of this conninfo, or of none."""
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = '{primary}'\n")
        (self.data / "standby.signal").touch()

    def __enter__(self) -> Self:
        """Itself, not started."""
        return self

    def __exit__(self, *_: object) -> None:
        """Removes it."""
        self.remove()

    def add_file(self, name: str, text: str) -> Path:
        """A file that PostgreSQL alone may read, in a folder of its own where it may also make some."""
        folder = self.folder / "files"
        folder.mkdir(mode=0o755, exist_ok=True)
        self._give_away(folder)
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(text)
        self._give_away(file)
        return file

    def start(self) -> None:
        """Starts, and returns when it answers."""
        options = [f"-c{name}={value}" for name, value in self.settings.items()]
        variables = [f"{name}={value}" for name, value in self.variables.items()]
        command = ["env", *variables, f"{self.binaries}/postgres", "-D", str(self.data), *options]
        # A server that died in its sleep leaves this behind, and the number may be somebody else's by now.
        with suppress(FileNotFoundError):
            (self.data / "postmaster.pid").unlink()
        job = supervisor.supervise([*command, f"-cport={self.port}"], self.folder / "log", [], self._account)
        _, self._pid = self._job.enter_context(job)
        wait_until(self.answers, 60, f"PostgreSQL starts; see {self.folder / 'log'}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """By default as an operator does: all connections are ended."""
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)
        self._pid = 0
        self._job.close()

    def crash(self) -> None:
        """Ends at once, with nothing written that was not yet."""
        self.stop(signal.SIGQUIT)

    def answers(self) -> bool:
        """Whether it accepts connections."""
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.Error:
            return False
        return True

    def url(self, database: str = "postgres") -> str:
        """The superuser's URL of a database here."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """One autocommit statement as the superuser."""
        return Sql.run_as(self.url(database), statement)

    def promote(self) -> None:
        """A standby becomes a server that writes."""
        self.sql("SELECT pg_promote()")
        wait_until(lambda: self.sql("SELECT pg_is_in_recovery()") == [(False,)], 60)

    def take_over(self, older: "Server") -> None:
        """pg_upgrade: it gets all that an older server has. Neither runs."""
        for server in (self, older):  # pg_upgrade starts both, and knows no password
            (server.data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 trust\n")
        command = [
            f"{self.binaries}/pg_upgrade", f"--old-bindir={older.binaries}", f"--new-bindir={self.binaries}",
            f"--old-datadir={older.data}", f"--new-datadir={self.data}", f"--username={SUPERUSER}",
        ]  # fmt: skip
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=self.folder, **supervisor.become(self._account)
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def remove(self) -> None:
        """Stops it, and takes its files away."""
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def take(self, folder: Path) -> None:
        """What lies there belongs to whom PostgreSQL runs as."""
        for path in (folder, *folder.rglob("*")):
            self._give_away(path)

    def _give_away(self, path: Path) -> None:
        """To whom PostgreSQL runs as."""
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _run(self, program: str, *options: str) -> None:
        subprocess.run(
            [f"{self.binaries}/{program}", "-D", str(self.data), *options],
            check=True, capture_output=True, cwd="/", env=os.environ | {"PGPASSWORD": self.password},
            **supervisor.become(self._account),
        )  # fmt: skip
