"""A dump of a database, and its restore under whoever uses it."""

from collections.abc import Callable

import psycopg

from tests.support.database import OWNER
from tests.support.waiting import wait_until


def dumping(cluster: str, name: str) -> Callable[[], Callable[[], None]]:
    """What takes a dump of a database (a copy of it), and returns what puts it back."""

    def dump() -> Callable[[], None]:
        _copy(cluster, name, f"{name}_dump")

        def put_back() -> None:
            with psycopg.connect(cluster, autocommit=True) as admin:
                _alone(admin, name)
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
                admin.execute(f"ALTER DATABASE {name}_dump RENAME TO {name}")

        return put_back

    return dump


def _alone(admin: psycopg.Connection, name: str) -> None:
    admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    wait_until(lambda: not admin.execute("SELECT FROM pg_stat_activity WHERE datname = %s", (name,)).fetchall())


def _copy(cluster: str, name: str, copy: str) -> None:
    with psycopg.connect(cluster, autocommit=True) as admin:
        _alone(admin, name)
        admin.execute(f"CREATE DATABASE {copy} TEMPLATE {name} OWNER {OWNER}")
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
