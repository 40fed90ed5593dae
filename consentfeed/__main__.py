"""`consentfeed`, and `python -m consentfeed`: minds signals before anything is imported that takes its time."""

import os
import signal
import sys
from types import FrameType

_SERVICES = ("dev", "serve")
_status: int | None = None


def run() -> None:
    """The console script. SIGTERM and SIGINT end a service with status 0, also while it is still starting, and every
    other command with 143 and 130."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        from consentfeed.cli import main  # noqa: PLC0415 - takes a second

        main.run()
    finally:
        # Whatever became of the exit on its way up: what catches it may end with another status. Nothing is flushed: a
        # pipe that nobody empties would keep us.
        if _status is not None:
            os._exit(_status)


def _end(number: int, _frame: FrameType | None) -> None:
    """Ends, on its way up, whatever was begun: the embedded PostgreSQL, a statement, a prompt without echo.

    With a status, not by the signal itself: the kernel does not let the first process of a container do that.
    """
    global _status  # noqa: PLW0603
    is_service = len(sys.argv) > 1 and sys.argv[1] in _SERVICES
    if is_service and _status is not None:
        return  # a second signal must not disturb what is being stopped
    _status = 0 if is_service else 128 + number
    sys.exit(_status)


if __name__ == "__main__":
    run()
