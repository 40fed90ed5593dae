"""SIGTERM and a start, one node after the other, as a deployment does."""

from tests.oracle.world import World


def nodes_are_rolled(world: World) -> None:
    """Each ends with status 0, in time."""
    for node in world.nodes:
        node.end()
        node.start()
