"""What is asked arrives, and what is answered does not."""

from contextlib import ExitStack

from tests.oracle.world import World


def answers_are_lost(world: World) -> None:
    """Of PostgreSQL, or of the nodes: what was done is done, and who asked does not know."""
    with ExitStack() as muted:
        for proxy in world.random.choice(([world.database_proxy], [node.proxy for node in world.nodes])):
            muted.enter_context(proxy.hard_to_pass("mute"))
        world.pause(2)
