"""Real PostgreSQL for every test: a cluster per run, a template database, and a clone of it per test."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from consentfeed.embedded import server as embedded
from consentfeed.identity.passwords import hash_password
from consentfeed.postgres import migrations
from consentfeed.settings import Settings
from tests.support.node import CUSTOMER, OTHER, PASSWORD, SECRET, STAFF, RunningNode, Sql
from tests.support.rest import Rest

OWNER, OWNER_PASSWORD, APP_PASSWORD = "cf_test_owner", "owner of tests", "app of tests"
# A cluster that is thrown away needs to survive no crash.
_SETTINGS = {"max_connections": "300", "max_prepared_transactions": "2", "fsync": "off", "full_page_writes": "off"}


def _docker_answers() -> bool:
    return shutil.which("docker") is not None and (
        subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20).returncode == 0
    )


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
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
        with embedded.postgres(tmp_path_factory.mktemp("cluster"), settings=_SETTINGS) as url:
            yield url


def with_login(url: str, user: str, password: str, database: str) -> str:
    """The URL for another role and database."""
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(
            netloc=f"{user}:{password.replace(' ', '%20')}@{parts.hostname}:{parts.port}", path=f"/{database}"
        )
    )


@pytest.fixture(scope="session")
def template(cluster: str) -> Iterator[str]:
    """Name of a migrated database with two customers, three purposes and the accounts; its owner is no superuser."""
    name = f"cf_template_{uuid4().hex[:8]}"
    with psycopg.connect(cluster, autocommit=True) as admin:
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (OWNER,)).fetchone():
            admin.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{OWNER_PASSWORD}'")
        admin.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
        url = with_login(cluster, OWNER, OWNER_PASSWORD, name)
        migrations.migrate(url)
        admin.execute(f"ALTER ROLE consentfeed_app LOGIN PASSWORD '{APP_PASSWORD}'")
    with psycopg.connect(url) as owner:
        seed(owner)
    yield name
    with psycopg.connect(cluster, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def seed(owner: psycopg.Connection) -> None:
    """Two customers, three purposes with notices, and the accounts."""
    owner.execute(
        "INSERT INTO consentfeed.purposes (key, title, channels, position, default_validity) VALUES"
        " ('marketing', 'Offers', '{sms,email}', 1, NULL),"
        " ('profiling', 'Profiling', '{push}', 2, '12 months'),"
        " ('surveys', 'Surveys', '{voice}', 3, NULL)"
    )
    owner.execute(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " SELECT purpose.key, 1, language, 'What you agree to: ' || purpose.title || ' ' || language, now()"
        " FROM consentfeed.purposes AS purpose, unnest('{en,si}'::text[]) AS language"
    )
    for customer, name, email, msisdn in (
        (CUSTOMER, "Nimal Perera", "customer@example.com", "+94771234567"),
        (OTHER, "Kamala O'Brien", "other@example.com", "+94712345678"),
    ):
        owner.execute("SELECT consentfeed.register_customer(%s, %s, %s, %s, 'en')", (customer, name, email, msisdn))
    hashed = hash_password(PASSWORD)
    for role, account in STAFF.items():
        owner.execute(
            "INSERT INTO consentfeed.users (id, email, role, password_hash) VALUES (%s, %s, %s, %s)",
            (account, f"{role}@example.com", role, hashed),
        )
    owner.execute("SELECT consentfeed.add_user('customer@example.com', 'customer', %s, %s)", (hashed, CUSTOMER))


@contextmanager
def _clone(cluster: str, template: str) -> Iterator[Sql]:
    name = f"cf_{uuid4().hex[:12]}"
    with psycopg.connect(cluster, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
    yield Sql(
        with_login(cluster, OWNER, OWNER_PASSWORD, name),
        with_login(cluster, "consentfeed_app", APP_PASSWORD, name),
        urlunsplit(urlsplit(cluster)._replace(path=f"/{name}")),
    )
    with psycopg.connect(cluster, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def database(cluster: str, template: str) -> Iterator[Sql]:
    """A database of the test's own."""
    with _clone(cluster, template) as database:
        yield database


@pytest.fixture(scope="module")
def shared_database(cluster: str, template: str) -> Iterator[Sql]:
    """A database for all tests of a file that mind their own customers alone."""
    with _clone(cluster, template) as database:
        yield database


StartNode = Callable[..., RunningNode]


@contextmanager
def _nodes(database: Sql) -> Iterator[StartNode]:
    running: list[RunningNode] = []

    def start(**changes: Any) -> RunningNode:
        settings: dict[str, Any] = {
            "database_url": database.app_url,
            "secret": SECRET,
            "port": 0,
            "heartbeat_seconds": 0.5,
            "poll_seconds": 1.0,
            "probe_seconds": 0.5,
            "drain_seconds": 2.0,
            **changes,
        }
        running.append(RunningNode(Settings(**settings)))
        return running[-1]

    yield start
    for node in running:
        node.stop()


@pytest.fixture
def start_node(database: Sql) -> Iterator[StartNode]:
    """Starts nodes on the test's database; keyword arguments are settings."""
    with _nodes(database) as start:
        yield start


@pytest.fixture
def node(start_node: StartNode) -> RunningNode:
    """One node on the test's database."""
    return start_node()


@pytest.fixture(scope="module")
def shared_node(shared_database: Sql) -> Iterator[RunningNode]:
    """One node on the file's database."""
    with _nodes(shared_database) as start:
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
    return migrations.SQL
