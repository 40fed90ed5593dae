"""PostgreSQL has no connection left for anybody."""

from contextlib import ExitStack

import psycopg

from tests.oracle.install import DATABASE
from tests.oracle.world import World


def connections_are_exhausted(world: World) -> None:
    """Those that are lost meanwhile cannot come back."""
    with ExitStack() as connections:
        while True:
            try:
                connections.enter_context(psycopg.connect(world.database.url(DATABASE), connect_timeout=5))
            except psycopg.OperationalError:
                break
        world.database_proxy.cut()
        world.pause(2)
