"""The blocks of a stream that are not events."""

from datetime import UTC, datetime

from sse_starlette.event import ServerSentEvent

from consentfeed import metrics
from consentfeed.log.event import rfc3339


def first_bytes(id: str, retry_ms: int) -> bytes:
    """What a new stream begins with: how soon to reconnect, and from where."""
    return _block(id=id, retry=retry_ms)


def lost_place(id: str, reason: str, retry_ms: int) -> bytes:
    """What a stream begins with when its place is lost.

    No id before the reset: who is cut off between the two must not go on from there untold.
    """
    return _block(retry=retry_ms) + reset(id, reason)


def reset(id: str, reason: str) -> bytes:
    """The place is not in this log: read the list again, and go on from here."""
    metrics.resets.labels(reason).inc()
    return _block(id=id, event="reset", data=f'{{"reason":"{reason}","snapshot":"/api/v1/consents"}}')


def heartbeat(id: str, stale: float | None) -> bytes:
    """The stream's own position, and the time; stale: for how many seconds the log could not be read."""
    more = "" if stale is None else f',"stale":{stale:.1f}'
    return _block(id=id, event="heartbeat", data=f'{{"time":"{rfc3339(datetime.now(UTC))}"{more}}}')


def goodbye(reason: str) -> bytes:
    """The server closes now."""
    return _block(event="goodbye", data=f'{{"reason":"{reason}"}}')


def _block(
    *, id: str | None = None, event: str | None = None, data: str | None = None, retry: int | None = None
) -> bytes:
    # Its default line end is CRLF.
    return ServerSentEvent(data, id=id, event=event, retry=retry, sep="\n").encode()
