"""PostgreSQL cannot write a byte."""

from tests.oracle.world import World


def disk_is_full(world: World) -> None:
    """It refuses, or crashes and cannot start, until there is room again."""
    world.disk.fill()
    try:
        world.pause(2)
    finally:
        world.disk.empty()
    if not world.database.answers():
        world.database.crash()
        world.database.start()


def left_out(world: World) -> str:
    """It takes a library of our own between PostgreSQL and the system."""
    return "" if world.disk.environment else "no C compiler here, or no Linux: the disk is never full"
