"""A client takes nothing from its stream any more, and stays connected."""

import time

from tests.oracle.streaming import Streaming
from tests.oracle.world import World

_SECONDS = 3.5  # longer than a node waits for one that takes nothing


def client_stops_reading(world: World) -> None:
    """While writes go on; then it reads what is left, and comes back."""
    reader = world.random.choice([one for one in world.readers if isinstance(one, Streaming)])
    reader.asleep.set()
    try:
        time.sleep(_SECONDS)
    finally:
        reader.asleep.clear()
