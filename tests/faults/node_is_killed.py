"""SIGKILL of a node."""

from tests.oracle.world import World


def node_is_killed(world: World) -> None:
    """And a start after a while."""
    node = world.some_node()
    node.kill()
    world.pause()
    node.start()
