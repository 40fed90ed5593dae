"""The wall clock of nodes and PostgreSQL jumps."""

from tests.oracle.world import World


def clock_jumps(world: World) -> None:
    """Forward or back, by minutes and more, and then to where it was."""
    world.clock.jump(world.random.choice((-3600, -90, 90, 3600)))
    try:
        world.pause(3)  # a clock looks where it is once a second
    finally:
        world.clock.jump(0)


def left_out(world: World) -> str:
    """It takes libfaketime."""
    return "" if world.clock.environment else "no libfaketime here (Debian: faketime): the clock never jumps"
