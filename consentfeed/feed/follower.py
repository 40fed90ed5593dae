"""Those who follow the log: each has a position of its own, goes at its own pace, and holds up nobody else."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from consentfeed.log.event import Event

if TYPE_CHECKING:
    from consentfeed.feed.live import Feed


class Follower:
    """One follower of the feed; made by Feed.follow(). `forget` is called with the id of a customer to be forgotten.

    The feed only wakes a follower, and never waits for it: one that is slow finds more the next time it looks.
    """

    __slots__ = ("_feed", "_woken", "forget", "generation", "position")

    def __init__(self, feed: "Feed", forget: Callable[[str], None]) -> None:
        self._feed = feed
        self._woken = asyncio.Event()
        self.forget = forget
        self.restart()

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    async def wait(self, seconds: float) -> None:
        """Returns when woken, or after so long."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._woken.wait()
        except TimeoutError:
            pass
        # Before the follower looks: what comes while it looks wakes it again.
        self._woken.clear()

    @property
    def is_woken(self) -> bool:
        """Whether it has been woken since it last waited."""
        return self._woken.is_set()

    @property
    def history_changed(self) -> bool:
        """Whether the log is another one than the one that was followed so far."""
        return self.generation != self._feed.generation

    def restart(self) -> None:
        """Goes on from the newest event of the log as it is now."""
        self.position, self.generation = self._feed.head, self._feed.generation

    def events(self) -> list[Event] | None:
        """The events after the follower's position, or None where memory does not reach back so far."""
        return self._feed.after(self.position)
