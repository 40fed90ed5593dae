"""The open streams of this node, in parts that are looked at by turns."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from consentfeed.stream.stream import Stream

TURNS: Final = 3


class OpenStreams:
    """A set of streams. Those of an account are in one part: what is asked of it is asked once."""

    def __init__(self) -> None:
        self._parts: tuple[set[Stream], ...] = tuple(set() for _ in range(TURNS))

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Stream]:
        return chain.from_iterable(self._parts)

    def __contains__(self, stream: Stream) -> bool:
        return stream in self._part_of(stream)

    def add(self, stream: Stream) -> None:
        """The stream is open."""
        self._part_of(stream).add(stream)

    def discard(self, stream: Stream) -> None:
        """It is no more."""
        self._part_of(stream).discard(stream)

    def part(self, turn: int) -> list[Stream]:
        """Those whose turn it is, as they are now."""
        return list(self._parts[turn])

    def _part_of(self, stream: Stream) -> set[Stream]:
        return self._parts[hash(stream.principal.id) % TURNS]
