"""SIGKILL of one of the workers of a node."""

import os
import signal
from contextlib import suppress

from tests.oracle.world import World
from tests.support.workers import pids


def worker_is_killed(world: World) -> None:
    """Its supervisor replaces it, while the other goes on."""
    node = world.some_node_with_workers()
    with suppress(ProcessLookupError, IndexError):  # the node itself is just being replaced
        os.kill(world.random.choice(pids(node)), signal.SIGKILL)
    world.pause()
