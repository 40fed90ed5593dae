"""Readers of the feed, grouped by what they want to see."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from consentfeed.feed.filter import Filter
from consentfeed.log.event import Event
from consentfeed.log.ids import Ids
from consentfeed.log.position import Position
from consentfeed.stream.connection import Connection

Write = Coroutine[Any, Any, None]


class Reader:
    """What the pump knows of a stream: everything that it may see up to `position` has been sent.

    resume_position is what the client is told as its own: a customer's moves with the customer's events alone.
    """

    __slots__ = (
        "connection", "filter", "generation", "gone", "group", "ids", "live", "position", "resume_position", "task",
    )  # fmt: skip

    def __init__(
        self,
        filter: Filter,
        ids: Ids,
        position: Position,
        generation: int,
        connection: Connection,
        *,
        resume_position: Position | None = None,
    ) -> None:
        self.filter = filter
        self.ids = ids
        self.position = position
        self.resume_position = resume_position or position
        self.connection = connection
        self.live = False
        self.gone = False
        self.generation = generation  # of the feed, when the position was found to be in it
        self.task: asyncio.Task[None] | None = None
        self.group: Group | None = None


class Group:
    """Readers with the same filter: one pass over the events and one joined chunk serves them all."""

    __slots__ = ("filter", "ids", "live", "resume_position")

    def __init__(self, filter: Filter, ids: Ids) -> None:
        self.filter = filter
        self.ids = ids
        self.live: dict[Reader, None] = {}
        self.resume_position: Position | None = None  # of a customer: the newest own event


class Groups:
    """All groups with live readers; those about certain customers are found by the customer's id."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Filter, Ids], Group] = {}
        self._by_customer: dict[str, set[Group]] = {}
        self._unkeyed: set[Group] = set()

    def __iter__(self) -> Iterator[Group]:
        """As they are now; readers may leave meanwhile."""
        return iter(list(self._groups.values()))

    def add(self, reader: Reader) -> None:
        """The reader is live from now on."""
        key = (reader.filter, reader.ids)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(*key)
            self._index(group)
        if group.resume_position is None or group.resume_position.seq < reader.resume_position.seq:
            group.resume_position = reader.resume_position
        group.live[reader] = None
        reader.group = group
        reader.live = True

    def remove(self, reader: Reader) -> None:
        """The reader is not live any more; what its client is told as its position is what its group's was."""
        group = reader.group
        assert group is not None
        reader.live = False
        own = group.resume_position if group.filter.owner else None
        reader.resume_position = own or reader.position
        del group.live[reader]
        if not group.live:
            self._forget(group)

    def matching(self, events: list[Event]) -> Iterator[tuple[Group, list[Event]]]:
        """Each group with the events that it is about, in order."""
        keyed: dict[Group, list[Event]] = {}
        if self._by_customer:
            for event in events:
                for group in self._by_customer.get(event.customer_id, ()):
                    if group.filter.owner:
                        group.resume_position = event.position  # also past own events that the filter leaves out
                    if group.filter.matches(event):
                        keyed.setdefault(group, []).append(event)
        yield from keyed.items()
        for group in self._unkeyed:
            matches = events if group.filter.everything else [event for event in events if group.filter.matches(event)]
            if matches:
                yield group, matches

    def _index(self, group: Group) -> None:
        if group.filter.keys is None:
            self._unkeyed.add(group)
        else:
            for customer in group.filter.keys:
                self._by_customer.setdefault(customer, set()).add(group)

    def _forget(self, group: Group) -> None:
        del self._groups[(group.filter, group.ids)]
        self._unkeyed.discard(group)
        for customer in group.filter.keys or ():
            groups = self._by_customer[customer]
            groups.discard(group)
            if not groups:
                del self._by_customer[customer]
