"""Events that come to the feed by themselves, beside the table: whether they can be waited for."""

import time
from typing import Final

# The relay gives a sign of life each second.
_ALIVE_SECONDS: Final = 3.0
# What is rung for comes by itself within a few milliseconds; who waits for longer reads the table.
GRACE_SECONDS: Final = 0.1
# How often the log is read although all that is known to be new has come by itself.
READ_SECONDS: Final = 30.0
_PAUSES: Final = (1.0, 32.0)


class Supply:
    """What the feed knows of a source beside the table. Without one it is never prompt, and nobody waits.

    is_ours: this process is where the others get it from, and reads the table itself.
    """

    def __init__(self) -> None:
        self.is_ours = False
        self._is_late = True
        self._heard_at = -_ALIVE_SECONDS
        self._pause = 0.0
        self._paused_until = 0.0

    @property
    def is_prompt(self) -> bool:
        """Whether what is new comes by itself, and soon."""
        now = time.monotonic()
        is_late = self._is_late or now < self._paused_until
        return not self.is_ours and not is_late and now - self._heard_at < _ALIVE_SECONDS

    def hear(self) -> None:
        """The source lives."""
        self._heard_at = time.monotonic()

    def miss(self) -> None:
        """What should have come has not: nobody waits again until it is as far as the table, and not at once."""
        self._is_late = True
        self._pause = min(max(2 * self._pause, _PAUSES[0]), _PAUSES[1])
        self._paused_until = time.monotonic() + self._pause

    def catch_up(self) -> None:
        """It is as far as the table."""
        self._is_late = False

    def keep_up(self) -> None:
        """What was waited for has come in time."""
        self._pause = 0.0
