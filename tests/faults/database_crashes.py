"""PostgreSQL is stopped at once, with nothing written that was not yet."""

import signal

from tests.oracle.world import World


def database_crashes(world: World) -> None:
    """And recovers when it is started."""
    world.database.stop(signal.SIGQUIT)
    world.pause()
    world.database.start()
