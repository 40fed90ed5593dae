"""Retention drops the oldest partition of the log."""

import psycopg

from tests.oracle.install import PARTITION, PARTITIONS
from tests.oracle.readers import Polling
from tests.oracle.streaming import Streaming
from tests.oracle.world import World
from tests.support.waiting import wait_until


def old_events_are_dropped(world: World) -> None:
    """And some begin again at the origin: staff are told that it is gone, a customer may go on from there."""
    full = world.history.dropped + 1 + PARTITION
    wait_until(lambda: world.head() > full, 60, "the oldest partition is full")
    world.read()  # what is about to go
    wait_until(lambda: _drop(world), 20, "nobody keeps it waiting")
    world.read()
    for reader in world.random.sample([one for one in world.readers if isinstance(one, Streaming | Polling)], 3):
        reader.starts_over.set()


def _drop(world: World) -> bool:
    try:
        world.table("SELECT consentfeed.drop_oldest_partition()")
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def left_out(world: World) -> str:
    """There are some small partitions, and then a large one."""
    all_gone = world.history.dropped + 1 == PARTITION * PARTITIONS
    return "all small partitions have been dropped" if all_gone else ""
