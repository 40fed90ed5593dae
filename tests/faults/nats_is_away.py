"""All servers of NATS end, or get no time, and come back."""

from collections.abc import Callable

from tests.oracle.world import World
from tests.support.nats import NatsServer


def nats_is_away(world: World) -> None:
    """Connections are refused, or nothing comes by them."""
    assert world.nats
    ways: list[tuple[Callable[[NatsServer], None], Callable[[NatsServer], None]]] = [
        (NatsServer.stop, NatsServer.start),
        (NatsServer.pause, NatsServer.go_on),
    ]
    begin, end = world.random.choice(ways)
    for server in world.nats.servers:
        begin(server)
    try:
        world.pause(4)
    finally:
        for server in world.nats.servers:
            end(server)


def left_out(world: World) -> str:
    """It takes NATS."""
    return "" if world.nats else "this run is without NATS"
