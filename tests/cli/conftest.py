"""What the tests of commands share."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.database import Sql, new_database
from tests.support.node import RunningNode
from tests.support.tokens import SECRET, bearer
from tests.support.waiting import wait_until


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
