"""Somebody deletes the stream."""

from contextlib import suppress

from tests.oracle.world import World
from tests.support.nats_client import NatsError


def nats_stream_is_lost(world: World) -> None:
    """It is made anew, and nobody is told anything twice."""
    assert world.nats
    world.nats.leader()
    with world.nats.client() as client, suppress(NatsError):  # where it has no leader just now it is not lost
        client.api("STREAM.DELETE.consentfeed")
    world.pause(2)


def left_out(world: World) -> str:
    """It takes NATS."""
    return "" if world.nats else "this run is without NATS"
