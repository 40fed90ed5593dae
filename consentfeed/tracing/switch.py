"""Whether there are traces: a variable at which all who have something to trace look."""

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from consentfeed.tracing.otel import Tracer

# None: off.
tracer: "Tracer | None" = None
_NOTHING: Final[AbstractContextManager[None]] = nullcontext()


def start() -> None:
    """On, exporting as the OTEL_ variables say; raises ImportError where the library is not installed."""
    global tracer  # noqa: PLW0603 - the switch of this process
    from consentfeed.tracing import otel  # noqa: PLC0415 - what is off imports nothing

    tracer = tracer or otel.exporting()


async def stop() -> None:
    """Off; what is not exported by then is sent now, for a moment."""
    global tracer
    stopped, tracer = tracer, None
    if stopped:
        await stopped.stop()


def now() -> int:
    """When what may be traced begins, as spans have it; 0: it is not traced."""
    return 0 if tracer is None else time.time_ns()


def waiting(decisions: int) -> AbstractContextManager[object]:
    """The wait of a request's decisions for their commit: as a block that yields what the commit is linked to."""
    return _NOTHING if tracer is None else tracer.waiting(decisions)
