"""A dump is taken, life goes on, and the dump is put in the place of the database."""

from tests.oracle.install import DATABASE
from tests.oracle.world import World
from tests.support.waiting import wait_until

_HEAD = "SELECT max(seq) FROM consentfeed.events"


def database_is_restored(world: World) -> None:
    """What came after the dump is gone; who has seen it needs a reset."""
    _alone(world)
    world.database.sql(f"CREATE DATABASE dump TEMPLATE {DATABASE}")
    _open(world)
    head = world.table(_HEAD)
    wait_until(lambda: world.table(_HEAD) > head, 20, "something is committed after the dump")
    world.pause()
    with world.database_proxy.hard_to_pass("refuse"):
        world.database_proxy.cut()
        _alone(world)
        _open(world)
        world.read()
        _alone(world)
        world.leave()
        world.database.sql(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        world.database.sql(f"ALTER DATABASE dump RENAME TO {DATABASE}")
        world.fork()


def _open(world: World) -> None:
    world.database.sql(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")


def _alone(world: World) -> None:
    """Nobody is in the database, and nobody comes in."""
    world.database.sql(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false")
    others = f"FROM pg_stat_activity WHERE datname = '{DATABASE}'"
    world.database.sql(f"SELECT pg_terminate_backend(pid) {others}")
    wait_until(lambda: not world.database.sql(f"SELECT pid {others}"), 30)
