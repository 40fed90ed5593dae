"""PostgreSQL ends all connections, in the middle of what they do."""

from tests.oracle.world import World


def backends_are_terminated(world: World) -> None:
    """They can come back at once."""
    world.table(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
