"""One of the servers of NATS does not reach the two others."""

from tests.oracle.world import World


def nats_is_partitioned(world: World) -> None:
    """It is the one that leads the stream, or it is not; clients reach all of them, and are told nothing."""
    assert world.nats
    leader = world.nats.leader()
    others = [server for server in world.nats.servers if server is not leader]
    with world.nats.cut_off(world.random.choice([leader, others[0]])):
        world.pause(12)


def left_out(world: World) -> str:
    """It takes NATS."""
    return "" if world.nats else "this run is without NATS"
