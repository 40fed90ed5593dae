"""`consentfeed`, and `python -m consentfeed`: minds signals before anything is imported that takes its time."""

import signal
import sys
from types import FrameType

_SERVICES = ("dev", "serve")
_stopped = False


def run() -> None:
    """The console script; SIGTERM and SIGINT end a service with status 0, also while it is still starting."""
    try:
        if sys.argv[1:2] and sys.argv[1] in _SERVICES:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _stop)
        from consentfeed.cli import main  # noqa: PLC0415 - takes a second

        main.run()
    except SystemExit:
        if not _stopped:
            raise


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Ends, on its way up, whatever was begun, the embedded PostgreSQL too. A second signal changes nothing."""
    global _stopped  # noqa: PLW0603 - whoever catches the exit on its way may make it another
    if not _stopped:
        _stopped = True
        sys.exit(0)


if __name__ == "__main__":
    run()
