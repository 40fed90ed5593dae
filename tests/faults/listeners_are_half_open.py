"""The connections that listen carry nothing any more, and nobody says that they are lost."""

from tests.oracle.world import World


def listeners_are_half_open(world: World) -> None:
    """New ones work after a while."""
    world.database_proxy.freeze(b"consentfeed listener")
    world.pause(3)
    world.database_proxy.heal()
