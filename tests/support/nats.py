"""Servers of NATS with JetStream, of a test's own: one, or a cluster of three on loopback."""

import json
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from consentfeed.embedded.nats import find_nats_server
from tests.support.database import Sql
from tests.support.nats_client import NatsClient, NatsError, NatsMessage
from tests.support.nats_routes import Routes
from tests.support.ports import accepts, free_port
from tests.support.waiting import wait_until


def url_of(user: str, password: str, port: int, scheme: str = "nats") -> str:
    """As of CONSENTFEED_NATS_URL, with who comes."""
    return f"{scheme}://{user}:{password}@127.0.0.1:{port}"


class NatsServer:
    """A server that keeps its port and its files when it is started again. more: further lines of its configuration.

    tls: how clients of tests encrypt, where they have to. by: the command by which it is started, if any.
    """

    def __init__(self, name: str = "one", *, jetstream: bool = True) -> None:
        self.name = name
        self.port, self.route_port = free_port(), free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="consentfeed-nats-"))
        self.more = ""
        self.tls: ssl.SSLContext | None = None
        self.by: list[str] = []
        self._store = f"jetstream {{ store_dir: {self.folder}/store, max_file: 2GB }}\n" if jetstream else ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As of CONSENTFEED_NATS_URL."""
        return f"nats://127.0.0.1:{self.port}"

    def id(self) -> str:
        """What it calls itself since it was started."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            info: dict[str, str] = json.loads(connection.makefile("rb").readline().removeprefix(b"INFO "))
        return info["server_id"]

    def spawn(self) -> None:
        """Starts it, and does not wait."""
        config = self.folder / "nats.conf"
        config.write_text(f"server_name: {self.name}\nlisten: 127.0.0.1:{self.port}\n{self._store}{self.more}")
        with (self.folder / "log").open("ab") as log:
            command = [*self.by, str(find_nats_server()), "-c", str(config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def start(self) -> None:
        """Starts it, and returns when it listens."""
        self.spawn()
        wait_until(lambda: accepts(self.port), 20, f"NATS starts; see {self.folder / 'log'}")

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Ends it where it runs."""
        if self._process:
            self._process.send_signal(number)
            self._process.wait()
        self._process = None

    def pause(self) -> None:
        """It gets no time."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It gets time again."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def lose(self) -> None:
        """Takes its files away; it does not run."""
        shutil.rmtree(self.folder / "store", ignore_errors=True)

    def close(self) -> None:
        """Ends it, and takes its files away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Nats:
    """One server, or several that are a cluster, with routes between them."""

    def __init__(self, servers: Sequence[NatsServer], routes: Routes | None = None) -> None:
        self.servers = list(servers)
        self._routes = routes

    @property
    def url(self) -> str:
        """As of CONSENTFEED_NATS_URL."""
        return ",".join(server.url for server in self.servers)

    @contextmanager
    def cut_off(self, server: NatsServer) -> Iterator[None]:
        """For a while nothing passes between this server and the others; the client() of meanwhile is of the others."""
        assert self._routes
        order = self.servers
        self.servers = [one for one in order if one is not server] + [server]
        self._routes.cut_off(server.name, server.id())
        try:
            yield
        finally:
            self._routes.heal()
            self.servers = order

    def client(self) -> NatsClient:
        """A client of a server that answers."""
        for server in self.servers:
            if accepts(server.port):
                return NatsClient(server.port, tls=server.tls)
        raise AssertionError("no server of NATS runs")

    def relayed(self, database: Sql) -> list[NatsMessage]:
        """All messages of the stream, as soon as it ends where the log does."""

        def found() -> list[NatsMessage]:
            with self.client() as client:
                try:
                    is_there = client.state()["last_seq"] == database.head()
                except NatsError:
                    return []
                messages = client.stored() if is_there else []
                return messages if messages and messages[-1].headers["Nats-Msg-Id"] == database.head_id() else []

        messages: list[NatsMessage] = wait_until(found, 30, "all is relayed")
        return messages

    def last(self) -> str:
        """The id of the last message of the stream; empty where there is none, or nobody who says so."""
        with self.client() as client:
            try:
                return client.message(client.state()["last_seq"]).headers.get("Nats-Msg-Id", "")
            except NatsError:
                return ""

    def leader(self) -> NatsServer:
        """The server that leads the stream."""

        def led() -> str:
            with self.client() as client:
                try:
                    return str(client.api("STREAM.INFO.consentfeed")["cluster"].get("leader") or "")
                except NatsError:
                    return ""

        name = wait_until(led, 30, "the stream has a leader")
        return next(server for server in self.servers if server.name == name)


@contextmanager
def nats_server(*, jetstream: bool = True) -> Iterator[Nats]:
    """One server, running."""
    server = NatsServer(jetstream=jetstream)
    try:
        server.start()
        yield Nats([server])
    finally:
        server.close()


@contextmanager
def nats_cluster() -> Iterator[Nats]:
    """Three servers, running, with a leader of all."""
    servers = [NatsServer(name) for name in ("one", "two", "three")]
    with ExitStack() as stack:
        routes = stack.enter_context(Routes({server.name: server.route_port for server in servers}))
        for server in servers:
            stack.callback(server.close)
            server.more = routes.configuration(server.name)
            server.spawn()
        for server in servers:
            wait_until(lambda server=server: accepts(server.port), 20, "NATS starts")  # type: ignore[misc]
        nats = Nats(servers, routes)
        wait_until(lambda: _has_leader(nats), 30, "the cluster has a leader")
        yield nats


def _has_leader(nats: Nats) -> bool:
    with nats.client() as client:
        try:
            client.api("INFO")
        except NatsError:
            return False
    return True
