"""A node gets no time: SIGSTOP, as when its machine is moved or out of memory."""

import os
import signal

from tests.oracle.world import World


def node_is_paused(world: World) -> None:
    """And goes on, as if nothing had been, with connections that have waited."""
    pid = world.some_node().pid
    os.kill(pid, signal.SIGSTOP)
    try:
        world.pause(3)
    finally:
        os.kill(pid, signal.SIGCONT)
