"""What the tests of commands share."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from consentfeed.cli import main
from consentfeed.node import logs
from tests.cli.command import Result, Run
from tests.support.database import Sql, new_database
from tests.support.node import RunningNode
from tests.support.tokens import SECRET, bearer
from tests.support.waiting import wait_until


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


@pytest.fixture
def serve_settings(shared_database: Sql) -> dict[str, str]:
    """What serve needs."""
    return {"database_url": shared_database.app_url, "secret": SECRET}


@pytest.fixture
def settings(shared_database: Sql, serve_settings: dict[str, str]) -> dict[str, str]:
    """What all commands together need."""
    return serve_settings | {"owner_url": shared_database.url, "token": bearer("csr")}


@pytest.fixture
def url(shared_node: RunningNode) -> str:
    """Where a node of the file's database is; it has nothing more to log, which would stand among what commands say."""
    wait_until(lambda: httpx.get(f"{shared_node.url}/readyz").status_code == 200)
    return shared_node.url


@pytest.fixture
def empty(cluster: str, template: str) -> Iterator[str]:
    """URL of an empty database, as its owner."""
    with new_database(cluster) as empty:
        yield empty.url


def three_events(database: Sql) -> Sql:
    """The database, with three events in its log."""
    for consent in database.consents()[:3]:
        database.set(consent, "granted")
    return database


@pytest.fixture
def logged(shared_database: Sql) -> Sql:
    """The database of the file, whose log holds events."""
    return three_events(shared_database) if shared_database.head() == 0 else shared_database
