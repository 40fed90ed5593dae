"""Memory that the workers of one machine share, so that limits hold for all of them together.

Nothing here takes a lock: a worker that is killed while it holds one would stop all others. Each number is eight bytes
that are written at once. Where two workers count at the same moment, one of the two may be missed.
"""

import os
import tempfile
from collections.abc import Hashable, Iterator
from hashlib import blake2b
from mmap import mmap
from typing import Final

# Twice as many as there are streams, and keys of a rate, by default.
_ENTRIES: Final = 1 << 15
_WAYS: Final = 8  # places that an entry may take
_TABLE: Final = 16 * _ENTRIES
_SALT: Final = 16
RATES: Final = 5
_TOTAL: Final = "total of a worker"  # no name of a principal: those begin with a role or a scheme


class Table:
    """Numbers by key; 0 for a key that is not there. For a key without a place the lowest number goes."""

    def __init__(self, memory: memoryview, salt: bytes) -> None:
        self._keys = memory[: _TABLE // 2].cast("Q")
        self._numbers = memory[_TABLE // 2 :].cast("d")
        self._salt = salt

    def get(self, key: Hashable) -> float:
        """The number of a key."""
        hashed = self._hash(key)
        for place in self._places(hashed):
            if self._keys[place] == hashed:
                return self._numbers[place]
        return 0.0

    def put(self, key: Hashable, number: float) -> None:
        """Sets it; 0 makes its place free."""
        hashed = self._hash(key)
        places = self._places(hashed)
        own = (place for place in places if self._keys[place] == hashed)
        place = next(own, None)
        if place is None:
            place = min(places, key=self._numbers.__getitem__)
        # The number first: under the key of another it would be taken for the other's.
        self._keys[place], self._numbers[place] = 0, number
        self._keys[place] = hashed if number else 0

    def clear(self) -> None:
        """Forgets all."""
        self._keys[:] = memoryview(bytes(_TABLE // 2)).cast("Q")
        self._numbers[:] = memoryview(bytes(_TABLE // 2)).cast("d")

    def _hash(self, key: Hashable) -> int:
        digest = blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=8, key=self._salt).digest()
        return int.from_bytes(digest, "little") or 1

    @staticmethod
    def _places(hashed: int) -> range:
        first = hashed % (_ENTRIES // _WAYS) * _WAYS
        return range(first, first + _WAYS)


class WorkerCounts:
    """Counts of open streams: each worker writes a table of its own, and reads all."""

    def __init__(self, own: Table, tables: list[Table]) -> None:
        self._own = own
        self._tables = tables

    def change(self, name: str, by: int) -> None:
        """As Counts of the streams."""
        for key in (name, _TOTAL):
            self._own.put(key, self._own.get(key) + by)

    def of(self, name: str) -> int:
        """As Counts."""
        return int(sum(table.get(name) for table in self._tables))

    def total(self) -> int:
        """As Counts."""
        return self.of(_TOTAL)


class SharedMemory:
    """A table for each rate, then one for the streams of each worker, in a file without a name."""

    def __init__(self, file: int, workers: int) -> None:
        """file: descriptor of what new_file() made for as many workers."""
        memory = memoryview(mmap(file, _SALT + _TABLE * (RATES + workers)))
        salt = bytes(memory[:_SALT])
        firsts = range(_SALT, len(memory), _TABLE)
        tables = [Table(memory[first : first + _TABLE], salt) for first in firsts]
        self._rates: Iterator[Table] = iter(tables[:RATES])
        self._streams = tables[RATES:]

    def new_times(self) -> Table:
        """The memory of the next rate; StopIteration where there are more than RATES."""
        return next(self._rates)

    def counts(self, number: int) -> WorkerCounts:
        """The counts of worker `number`, from 1."""
        return WorkerCounts(self._streams[number - 1], self._streams)

    def forget_streams(self, number: int) -> None:
        """Worker `number` has none any more: it is gone."""
        self._streams[number - 1].clear()


def new_file(workers: int) -> int:
    """The descriptor of a file for so many workers, which goes when the last of them has closed it."""
    if hasattr(os, "memfd_create"):  # where nothing can be written to, as in a container, there is memory
        file = os.memfd_create("consentfeed")
    else:
        with tempfile.TemporaryFile() as named:
            file = os.dup(named.fileno())
    os.truncate(file, _SALT + _TABLE * (RATES + workers))
    os.pwrite(file, os.urandom(_SALT), 0)
    return file
