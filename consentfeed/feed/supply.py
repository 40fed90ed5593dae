"""Events that come to the feed by themselves, beside the table: whether they can be waited for."""

import time
from typing import Final

# The relay gives a sign of life each second.
_ALIVE_SECONDS: Final = 3.0
# What is rung for comes by itself within a few milliseconds. Where everything is slow, reading the table as well would
# make it slower: what is rung for while somebody waits is read together.
GRACE_SECONDS: Final = 0.25
# How often the log is read although all that is known to be new has come by itself.
READ_SECONDS: Final = 30.0


class Supply:
    """What the feed knows of a source beside the table. Without one it is never prompt, and nobody waits.

    is_ours: this process is where the others get it from, and reads the table itself.
    """

    def __init__(self) -> None:
        self.is_ours = False
        self._heard_at = -_ALIVE_SECONDS

    @property
    def is_prompt(self) -> bool:
        """Whether what is new comes by itself, and soon."""
        return not self.is_ours and time.monotonic() - self._heard_at < _ALIVE_SECONDS

    def hear(self) -> None:
        """The source lives."""
        self._heard_at = time.monotonic()

    def lose(self) -> None:
        """The source is gone, or the way to it: nobody waits for it, until it is heard again."""
        self._heard_at = -_ALIVE_SECONDS
