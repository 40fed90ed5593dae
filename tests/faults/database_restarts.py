"""PostgreSQL is restarted by its operator."""

from tests.oracle.world import World


def database_restarts(world: World) -> None:
    """All connections are ended, and nobody gets one for a while."""
    world.database.stop()
    world.pause()
    world.database.start()
