"""Until when what each key may use is used up: what rates count with, in the memory of one process."""

from collections.abc import Hashable
from heapq import nlargest
from typing import Final, Protocol

_KEYS: Final = 20_000


class Times(Protocol):
    """Seconds of the monotonic clock by key; 0 for a key that is not known, or was forgotten."""

    def get(self, key: Hashable) -> float:
        """The time of a key."""

    def put(self, key: Hashable, time: float) -> None:
        """Sets it; of many keys those with the earliest times may be forgotten."""


class OwnTimes:
    """Times of this process alone."""

    def __init__(self) -> None:
        self._times: dict[Hashable, float] = {}

    def get(self, key: Hashable) -> float:
        """As Times."""
        return self._times.get(key, 0.0)

    def put(self, key: Hashable, time: float) -> None:
        """As Times: of too many keys the half stays that has used up most."""
        if len(self._times) >= _KEYS and key not in self._times:
            self._times = dict(nlargest(_KEYS // 2, self._times.items(), key=lambda entry: entry[1]))
        self._times[key] = time
