"""PostgreSQL, NATS, nodes, writers and readers: all that a run consists of."""

import random
import shutil
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.oracle.clock import Clock
from tests.oracle.deliveries import Deliveries
from tests.oracle.disk import Disk
from tests.oracle.install import DATABASE, furnish
from tests.oracle.node import Node
from tests.oracle.notes import Notes
from tests.oracle.reader import Reader
from tests.oracle.readers import readers
from tests.oracle.rest_writer import RestWriter
from tests.oracle.sql_writer import SqlWriter
from tests.oracle.truth import History
from tests.oracle.writer import Writer
from tests.support.nats import nats_cluster
from tests.support.postgres import Server
from tests.support.process import ROOT
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

_SETTINGS = {
    "log_min_messages": "fatal",
    # What is committed must be there after a crash; how long a checkpoint takes is not what is tried here.
    "fsync": "on",
    "checkpoint_timeout": "30s",
}


class World:
    """package, sql: as they are, or broken on purpose. bulk: decisions a request; pace: requests a second.

    nats: whether nodes are sent events by NATS, three servers of it. nodes: how many; the last of them has two workers.
    """

    def __init__(
        self,
        seed: str,
        *,
        customers: int = 12,
        bulk: int = 40,
        pace: float = 20,
        package: Path = ROOT,
        sql: str = "",
        nats: bool = False,
        nodes: int = 2,
    ) -> None:
        self.seed = seed
        self.random = random.Random(f"{seed}/world")
        self.histories = {0: History()}  # by their number; those that somebody may still be in
        self._leaving = False
        self._closing = ExitStack()
        with ExitStack() as undo:
            undo.callback(self.close)
            self._start_database(customers, sql, connections=40 + 10 * nodes)
            self.nats = self._closing.enter_context(nats_cluster()) if nats else None
            self._start_nodes(package, nodes)
            self._start_receiver()
            undo.pop_all()
        ports = [node.proxy.port for node in self.nodes]
        self.readers = readers(ports, seed, list(self.consents))
        self.writers = self._writers(ports, bulk, pace)

    def _start_database(self, customers: int, sql: str, connections: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="consentfeed-oracle-"))
        self.folder.chmod(0o755)
        self.notes = Notes(self.folder)
        self.disk, self.clock = Disk(self.folder), Clock(self.folder)
        preloads = filter(None, (one.environment.get("LD_PRELOAD") for one in (self.disk, self.clock)))
        variables = self.disk.environment | self.clock.environment | {"LD_PRELOAD": ":".join(preloads)}
        self.database = Server.new({**_SETTINGS, "max_connections": str(connections)}, variables=variables)
        self._closing.callback(self._remove_database)
        self.clock.jump(-86400)  # what is published, is so before any time that the clock can jump to
        self.database.start()
        self.database_proxy = Proxy(self.database.port, seed=f"{self.seed}/database")
        self._closing.callback(self.database_proxy.close)
        self._app_url = self.database_proxy.url(furnish(self.database, customers, sql).app_url)
        self.notes.origin = self.table("SELECT hash FROM consentfeed.events WHERE seq = 0")[0][0]  # type: ignore[assignment]
        self.clock.jump(0)
        # What a session writes before it has the true time is a day old, and its idempotency key gone.
        wait_until(lambda: abs(self._database_time() - time.time()) < 5, 30, "PostgreSQL has the true time")
        # Not by their ids, which are others in each run: a seed decides on whom, and on what.
        rows = self.table(
            "SELECT id::text, customer_id::text, purpose, channel FROM consentfeed.consents ORDER BY 2, 3, 4"
        )
        self.customers = {str(consent): (str(who), str(what), str(how)) for consent, who, what, how in rows}
        self.consents: dict[str, list[str]] = {}
        for consent, (customer, *_) in self.customers.items():
            self.consents.setdefault(customer, []).append(consent)

    def _database_time(self) -> float:
        return float(str(self.table("SELECT extract(epoch FROM clock_timestamp())")[0][0]))

    def _start_nodes(self, package: Path, count: int) -> None:
        settings = {**self.notes.settings, "webhook_networks": "127.0.0.0/8"}
        if self.nats:
            settings |= {"nats_url": self.nats.url, "nats_replicas": "3"}
        variables = self.clock.environment
        self.nodes = [
            Node(self.folder, self._app_url, {**settings, "workers": workers}, package, variables)
            for workers in ["0"] * (count - 1) + ["2"]
        ]
        for node in self.nodes:
            self._closing.callback(node.close)
            node.spawn()
        self.revive()

    def _start_receiver(self) -> None:
        self.deliveries = Deliveries(self.seed)
        self._closing.callback(self.deliveries.close)
        self.deliveries.register(self.nodes[0].url)

    def _writers(self, ports: list[int], bulk: int, pace: float) -> list[Writer]:
        url = self.database_proxy.url(self.database.url(DATABASE))
        common = (self.seed, self.consents, self.eras, pace)
        return [
            *(RestWriter(f"rest-{number}", *common, ports, bulk) for number in range(3)),
            *(SqlWriter(f"sql-{number}", *common, url) for number in range(2)),
        ]

    def _remove_database(self) -> None:
        self.database.remove()  # the one that there is by then

    # The truth

    def table(self, statement: str) -> list[tuple[object, ...]]:
        """What PostgreSQL says, by no proxy."""
        return self.database.sql(statement, DATABASE)

    def head(self) -> int:
        """The newest event."""
        return int(str(self.table("SELECT max(seq) FROM consentfeed.events")[0][0]))

    def head_id(self) -> str:
        """Its id as staff see it."""
        newest = "SELECT seq || '-' || left(encode(hash, 'hex'), 8) FROM consentfeed.events ORDER BY seq DESC LIMIT 1"
        return str(self.table(newest)[0][0])

    @property
    def history(self) -> History:
        """The present one."""
        return self.histories[max(self.histories)]

    def eras(self) -> tuple[int, int]:
        """The number of the history there surely was, and of the one that there may be already."""
        present = max(self.histories)
        return present, present + self._leaving

    def read(self) -> None:
        """Takes what has been committed into the present history."""
        self.history.read(self.database.url(DATABASE))

    def leave(self) -> None:
        """From now on there may be another history, until fork() says that there is."""
        self._leaving = True

    def fork(self) -> None:
        """The database has another history."""
        self.histories[max(self.histories) + 1] = self.history.fork(self.database.url(DATABASE))
        self._leaving = False

    def forget(self) -> None:
        """Nobody is in an older history any more."""
        self.histories = {max(self.histories): self.history}

    # Living

    def start(self) -> None:
        """Readers first, then writers."""
        for one in self._everybody():
            one.start()

    def _everybody(self) -> list[Reader | Writer]:
        return [*self.readers, *self.writers]

    def pause(self, most: float = 1.0) -> None:
        """Lets time pass."""
        time.sleep(self.random.uniform(0.1, most))

    def some_node(self) -> Node:
        """One of the nodes."""
        return self.random.choice(self.nodes)

    def some_node_with_workers(self) -> Node:
        """One of those that are several processes."""
        return self.random.choice([node for node in self.nodes if node.has_workers])

    def revive(self) -> None:
        """As a supervisor does with nodes that have ended."""
        for node in self.nodes:
            node.start()

    def hold(self) -> None:
        """Nobody begins to write, until let_go()."""
        for writer in self.writers:
            writer.pause.set()
        for writer in self.writers:
            wait_until(writer.idle.is_set, 90, f"{writer.name} has finished")

    def let_go(self) -> None:
        """They write again."""
        for writer in self.writers:
            writer.pause.clear()

    def stop(self) -> list[str]:
        """Ends writers and readers; who did not end."""
        for writer in self.writers:
            writer.stop()
        for reader in self.readers:
            reader.give_up()
        for reader in self.readers:
            reader.stop()
        return [one.name for one in self._everybody() if one.is_alive()]

    def abandon(self) -> None:
        """Ends all at once, whatever is under way."""
        for one in self._everybody():
            one.give_up()
        self.close()
        for one in self._everybody():
            one.join(20)

    def close(self, *, keep_logs: bool = False) -> None:
        """Ends all, and takes everything away but perhaps the logs of the nodes."""
        with suppress(OSError):
            self._closing.close()
        if not keep_logs:
            shutil.rmtree(self.folder, ignore_errors=True)
