"""Long work on the event loop in slices, between which all others have their turn."""

import asyncio
import time
from typing import Final

# uvloop accepts one connection per turn, so a burst must not keep the loop for long.
_SECONDS: Final = 0.001


class Slices:
    """The slices of one piece of work, however many parts it has."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self._ends = time.monotonic() + _SECONDS

    @property
    def is_over(self) -> bool:
        """Whether it is the others' turn."""
        return time.monotonic() > self._ends

    async def rest(self) -> None:
        """Returns when the others have had it."""
        await asyncio.sleep(0)
        self._ends = time.monotonic() + _SECONDS
