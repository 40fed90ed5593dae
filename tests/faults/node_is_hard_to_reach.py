"""The network to a node delays, gives a byte at a time, swallows or refuses."""

from tests.oracle.world import World
from tests.support.proxy import MODES


def node_is_hard_to_reach(world: World) -> None:
    """New connections, and perhaps those that there are."""
    proxy = world.some_node().proxy
    with proxy.hard_to_pass(world.random.choice(MODES)):
        if world.random.random() < 0.5:
            proxy.cut()
        world.pause(2)
