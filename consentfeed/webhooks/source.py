"""The next events of an endpoint: from memory, or from the table where it is further behind."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from consentfeed.feed.filter import Filter
from consentfeed.feed.live import Feed
from consentfeed.feed.replay import Replay
from consentfeed.log.chain import Forked
from consentfeed.log.event import Event
from consentfeed.log.position import Position
from consentfeed.postgres.log import Verdict


class Lost(Exception):
    """The position is not in this log any more; the message is the verdict: pruned, forked or unknown."""


class Portion(NamedTuple):
    """Events for one message, perhaps none, and the position that they reach; those between are for others."""

    events: list[Event]
    end: Position


class Source:
    """Reads the log for endpoints, each from its own position."""

    def __init__(self, feed: Feed, replay: Replay, judge: Callable[[Position, str | None], Awaitable[Verdict]]) -> None:
        self._feed = feed
        self._replay = replay
        self._judge = judge

    async def next(self, filter: Filter, position: Position, most: int, upto: int | None) -> Portion:
        """What comes after a position; upto: no event after this one. Raises Lost, and ConsentfeedError."""
        events = self._feed.after(position)
        if events is None:
            events = await self._older(filter, position)
        return _portion(events, filter, position, most, upto)

    async def _older(self, filter: Filter, position: Position) -> list[Event]:
        head = self._feed.head
        if position.seq >= head.seq:
            self._feed.wake()  # another node was faster
            return []
        try:
            events, _ = await self._replay.read_older(filter, position, head)
        except Forked:
            verdict = (await self._judge(position, None)).verdict
            if verdict == "ok":  # it has become so meanwhile
                return []
            raise Lost(verdict) from None
        return [event for event in events if event.seq <= head.seq]


def _portion(events: list[Event], filter: Filter, position: Position, most: int, upto: int | None) -> Portion:
    taken: list[Event] = []
    for event in events:
        if upto is not None and event.seq > upto:
            break
        if filter.matches(event):
            if len(taken) == most:
                break
            taken.append(event)
        position = event.position
    return Portion(taken, position)
