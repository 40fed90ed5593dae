"""The server of NATS that leads the stream ends, and is started again."""

from tests.oracle.world import World


def nats_leader_is_killed(world: World) -> None:
    """Another one leads, and goes on where the first one was."""
    assert world.nats
    leader = world.nats.leader()
    leader.stop()
    try:
        world.pause(3)
    finally:
        leader.start()


def left_out(world: World) -> str:
    """It takes NATS."""
    return "" if world.nats else "this run is without NATS"
