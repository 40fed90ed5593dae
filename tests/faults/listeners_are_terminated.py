"""Only the connections that listen are ended."""

from tests.oracle.world import World

_TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'consentfeed listener'"
)


def listeners_are_terminated(world: World) -> None:
    """Again and again, for what is committed in between nobody is told of."""
    for _ in range(3):
        world.table(_TERMINATE)
        world.pause(0.5)
