"""The network to PostgreSQL delays, gives a byte at a time, swallows or refuses."""

from tests.oracle.world import World
from tests.support.proxy import MODES


def database_is_hard_to_reach(world: World) -> None:
    """New connections, and perhaps those that there are."""
    with world.database_proxy.hard_to_pass(world.random.choice(MODES)):
        if world.random.random() < 0.5:
            world.database_proxy.cut()
        world.pause(2)
