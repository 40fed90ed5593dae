"""PostgreSQL is stopped at once, with nothing written that was not yet."""

from tests.oracle.world import World


def database_crashes(world: World) -> None:
    """And recovers when it is started."""
    world.database.crash()
    world.pause()
    world.database.start()
