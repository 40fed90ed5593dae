"""How far a standby lies behind its primary, by what it has replayed of the primary's write-ahead log."""

from collections import deque
from typing import Final, NamedTuple

_KEPT: Final = 1000


class Mark(NamedTuple):
    """How far the primary had written its log, and a time (monotonic) before which that was asked."""

    at: float
    lsn: int


class Lag:
    """Marks of the primary, which a standby's replay is held against. Positions in the log (LSN) are numbers of bytes.

    pg_last_xact_replay_timestamp() would need no marks, and misleads: on an idle primary it grows old although nothing
    is missing, and on a standby that is cut off it says nothing of what it has not received.
    """

    def __init__(self) -> None:
        self._marks: deque[Mark] = deque(maxlen=_KEPT)

    def remember(self, mark: Mark) -> None:
        """The primary is asked now and then."""
        if self._marks and mark.lsn < self._marks[-1].lsn:  # another primary, or one that was restored
            self._marks.clear()
        self._marks.append(mark)

    def seconds(self, replayed: int, now: float) -> float:
        """How old at most is what a standby shows: it has all that the primary had at the newest mark that is replayed.

        It grows with time where the primary cannot be asked; infinite where no mark is replayed.
        """
        return next((now - mark.at for mark in reversed(self._marks) if mark.lsn <= replayed), float("inf"))

    def since(self, at: float) -> int | None:
        """What must be replayed for all that was committed before this time to be there; None: it is not known yet."""
        return next((mark.lsn for mark in self._marks if mark.at >= at), None)
