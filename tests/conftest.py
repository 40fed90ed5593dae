"""Real PostgreSQL for every test: a cluster per run, a template database, and a clone of it per test."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from httpx._transports import default

from consentfeed.cli import main
from consentfeed.embedded import server as embedded
from consentfeed.node import logs
from consentfeed.postgres import sql_files
from tests.cli.command import Result, Run
from tests.support import scratch
from tests.support.database import Sql, give_login, install, make_owner, new_database
from tests.support.dump import dumping
from tests.support.nats import Nats, nats_server
from tests.support.node import RunningNode, StartNode, nodes
from tests.support.rest import Rest
from tests.support.seed import seed

# Each new client of httpx reads all certificates that this machine trusts, for 0.02 s of the processor: a fifth of the
# time of all tests, which make tens of thousands. Those that say the same of certificates share what was read.
vars(default)["create_ssl_context"] = cache(vars(default)["create_ssl_context"])

_PAGES = Path(__file__).parent / "web"

# A cluster that is thrown away needs to survive no crash.
_SETTINGS = {
    "max_connections": "300",
    "max_prepared_transactions": "2",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "96MB",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the pages come last: after them Playwright's event loop goes on, in which asyncio.run() refuses."""
    items.sort(key=lambda item: item.path.is_relative_to(_PAGES))


def _docker_answers() -> bool:
    return shutil.which("docker") is not None and (
        subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20).returncode == 0
    )


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """URL of a superuser: CONSENTFEED_TEST_DATABASE_URL if set, else a container, else the embedded PostgreSQL."""
    if url := os.environ.get("CONSENTFEED_TEST_DATABASE_URL"):
        yield url
    elif _docker_answers():
        from testcontainers.postgres import PostgresContainer  # noqa: PLC0415

        image = os.environ.get("CONSENTFEED_TEST_IMAGE", "postgres:17")
        options = [part for item in _SETTINGS.items() for part in ("-c", "=".join(item))]
        with PostgresContainer(image, driver=None).with_command(["postgres", *options]) as container:
            yield container.get_connection_url()
    else:
        with scratch.folder() as folder, embedded.postgres(folder, settings=_SETTINGS) as url:
            login = urlsplit(url)
            give_login(url, str(login.username), str(login.password))
            yield url


@pytest.fixture(scope="session")
def template(cluster: str) -> Iterator[str]:
    """Name of a migrated database with two customers, three purposes and the accounts; its owner is no superuser."""
    make_owner(cluster)
    with new_database(cluster) as database:
        install(database)
        with database.connect() as owner:
            seed(owner)
        yield database.name


@pytest.fixture
def database(cluster: str, template: str) -> Iterator[Sql]:
    """A database of the test's own."""
    with new_database(cluster, template) as database:
        yield database


@pytest.fixture(scope="module")
def shared_database(cluster: str, template: str) -> Iterator[Sql]:
    """A database for all tests of a file that mind their own customers alone."""
    with new_database(cluster, template) as database:
        yield database


@pytest.fixture
def start_node(database: Sql) -> Iterator[StartNode]:
    """Starts nodes on the test's database; keyword arguments are settings."""
    with nodes(database) as start:
        yield start


@pytest.fixture
def node(start_node: StartNode) -> RunningNode:
    """One node on the test's database."""
    return start_node()


@pytest.fixture
def restore(cluster: str, database: Sql) -> Callable[[], Callable[[], None]]:
    """restore() takes a dump of the test's database, and returns what puts it back."""
    return dumping(cluster, database.name)


@pytest.fixture
def nats() -> Iterator[Nats]:
    """A server of NATS of the test's own."""
    with nats_server() as nats:
        yield nats


@pytest.fixture(scope="module")
def shared_node(shared_database: Sql) -> Iterator[RunningNode]:
    """One node on the file's database."""
    with nodes(shared_database) as start:
        yield start()


@pytest.fixture(scope="module")
def rest(shared_node: RunningNode, shared_database: Sql) -> Iterator[Rest]:
    """That node as its clients see it."""
    rest = Rest(shared_node, shared_database)
    yield rest
    rest.close()


@pytest.fixture
def sql_folder() -> Path:
    """The sql/ folder."""
    return sql_files.SQL


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command in this process; keyword arguments are settings, nothing else of the environment counts."""
    for name in [name for name in os.environ if name.startswith("CONSENTFEED_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda _level: None)

    def run(*arguments: str, stdin: str = "", **settings: str) -> Result:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["consentfeed", *arguments])
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in settings.items():
                patch.setenv(f"CONSENTFEED_{name.upper()}", value)
            capsys.readouterr()
            try:
                main.run()
                status = 0
            except SystemExit as end:
                status = int(end.code or 0)
        return Result(status, *capsys.readouterr())

    return run
