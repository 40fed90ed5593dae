"""Readers of the feed, grouped by what they want to see."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any, Protocol

from consentfeed.feed.filter import Filter, Ids
from consentfeed.log.event import Event, Position

CHUNK_BYTES = 64 << 10  # uvicorn's high-water mark: larger chunks only pile up behind it
Write = Coroutine[Any, Any, None]


class Connection(Protocol):
    """Where a reader's bytes go."""

    def offer(self, piece: bytes) -> bool:
        """Sends what is framed() if there is room for it; whether there was. May raise where the client has gone."""

    async def write(self, chunk: bytes) -> None:
        """Sends it when there is room."""

    async def end(self, last: bytes) -> None:
        """Sends it, and no more after it."""

    def stalled(self) -> bool:
        """Whether the client took no byte since the last call; then it has been cut off."""

    def abort(self) -> None:
        """Cuts it off."""


class Reader:
    """One stream: everything it may see up to `cursor` has been sent; `place` is what it is told as its position."""

    __slots__ = (
        "connection", "cursor", "filter", "generation", "gone", "group", "ids", "live", "place", "task",
    )  # fmt: skip

    def __init__(
        self,
        filter: Filter,
        ids: Ids,
        cursor: Position,
        generation: int,
        connection: Connection,
        *,
        place: Position | None = None,
    ) -> None:
        self.filter = filter
        self.ids = ids
        self.cursor = cursor
        self.place = place or cursor
        self.connection = connection
        self.live = False
        self.gone = False
        self.generation = generation  # of the feed, when the cursor was found to be a place of it
        self.task: asyncio.Task[None] | None = None
        self.group: Group | None = None


class Group:
    """Readers with the same filter: one pass over the events and one joined chunk serves them all."""

    __slots__ = ("filter", "ids", "live", "place")

    def __init__(self, filter: Filter, ids: Ids) -> None:
        self.filter = filter
        self.ids = ids
        self.live: dict[Reader, None] = {}
        self.place: Position | None = None  # of a customer: the newest own event


def chunks(events: Iterable[Event], ids: Ids) -> Iterator[tuple[bytes, int, Position]]:
    """Joined frames of at most CHUNK_BYTES (or one frame), how many they are, and the place of the last."""
    frames: list[bytes] = []
    size = 0
    last: Event | None = None
    for event in events:
        frame = ids.frame(event)
        if last is not None and size + len(frame) > CHUNK_BYTES:
            yield b"".join(frames), len(frames), last.position
            frames, size = [], 0
        frames.append(frame)
        size += len(frame)
        last = event
    if last is not None:
        yield b"".join(frames), len(frames), last.position


def framed(chunk: bytes) -> bytes:
    """A chunk as it goes over the wire (RFC 9112, 7.1), once for all who get it."""
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


class Groups:
    """All groups with live readers; those about certain customers are found by the customer's id."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Filter, bool], Group] = {}
        self._by_customer: dict[str, set[Group]] = {}
        self._unkeyed: set[Group] = set()

    def __iter__(self) -> Iterator[Group]:
        """As they are now; readers may leave meanwhile."""
        return iter(list(self._groups.values()))

    def add(self, reader: Reader) -> None:
        """The reader is live from now on."""
        key = (reader.filter, reader.ids.seal is not None)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(reader.filter, reader.ids)
            self._index(group)
        if group.place is None or group.place.seq < reader.place.seq:
            group.place = reader.place
        group.live[reader] = None
        reader.group = group
        reader.live = True

    def remove(self, reader: Reader) -> None:
        """The reader is not live any more; its place is what its group's was."""
        group = reader.group
        assert group is not None
        reader.live = False
        reader.place = group.place if group.filter.owner and group.place is not None else reader.cursor
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
                        group.place = event.position  # also past own events that the filter leaves out
                    if group.filter.matches(event):
                        keyed.setdefault(group, []).append(event)
        yield from keyed.items()
        for group in self._unkeyed:
            found = events if group.filter.everything else [event for event in events if group.filter.matches(event)]
            if found:
                yield group, found

    def _index(self, group: Group) -> None:
        if group.filter.keys is None:
            self._unkeyed.add(group)
        else:
            for customer in group.filter.keys:
                self._by_customer.setdefault(customer, set()).add(group)

    def _forget(self, group: Group) -> None:
        del self._groups[(group.filter, group.ids.seal is not None)]
        self._unkeyed.discard(group)
        for customer in group.filter.keys or ():
            groups = self._by_customer[customer]
            groups.discard(group)
            if not groups:
                del self._by_customer[customer]
