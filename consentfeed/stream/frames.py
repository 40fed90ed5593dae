"""What goes over a stream: frames of events, joined to chunks; and the blocks that are not events."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from sse_starlette.event import ServerSentEvent

from consentfeed import metrics
from consentfeed.log.event import Event, rfc3339
from consentfeed.log.ids import Ids
from consentfeed.log.position import Position

CHUNK_BYTES: Final = 64 << 10  # uvicorn's high-water mark: larger chunks only pile up behind it


def chunks(events: Iterable[Event], ids: Ids) -> Iterator[tuple[bytes, int, Position]]:
    """Joined frames of at most CHUNK_BYTES (or one frame), how many they are, and the position of the last."""
    frames: list[bytes] = []
    size = 0
    last: Event | None = None
    frame_of = ids.frame
    for event in events:
        frame = frame_of(event)
        if last is not None and size + len(frame) > CHUNK_BYTES:
            yield b"".join(frames), len(frames), last.position
            frames, size = [], 0
        frames.append(frame)
        size += len(frame)
        last = event
    if last is not None:
        yield b"".join(frames), len(frames), last.position


def framed(chunk: bytes) -> bytes:
    """A chunk as it goes over the wire (RFC 9112, 7.1), once for all who get it."""
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)


def first_bytes(id: str, retry_ms: int) -> bytes:
    """What a new stream begins with: how soon to reconnect, and from where."""
    return _block(id=id, retry=retry_ms)


def lost_position(id: str, reason: str, retry_ms: int) -> bytes:
    """What a stream begins with when its position is lost.

    No id before the reset: who is cut off between the two must not go on from there untold.
    """
    return _block(retry=retry_ms) + reset(id, reason)


def reset(id: str, reason: str) -> bytes:
    """The position is not in this log: read the list again, and go on from here."""
    metrics.resets.labels(reason).inc()
    return _block(id=id, event="reset", data=f'{{"reason":"{reason}","snapshot":"/api/v1/consents"}}')


def heartbeat(stale: float | None) -> Callable[[str], bytes]:
    """A heartbeat of now, by the id of the stream's own position: all but that is encoded once, for however many.

    stale: for how many seconds the log could not be read.
    """
    more = "" if stale is None else f',"stale":{stale:.1f}'
    rest = _block(event="heartbeat", data=f'{{"time":"{rfc3339(datetime.now(UTC))}"{more}}}')
    return lambda event_id: b"id: %b\n%b" % (event_id.encode(), rest)


def goodbye(reason: str) -> bytes:
    """The server closes now."""
    return _block(event="goodbye", data=f'{{"reason":"{reason}"}}')


def _block(
    *, id: str | None = None, event: str | None = None, data: str | None = None, retry: int | None = None
) -> bytes:
    # Its default line end is CRLF.
    return ServerSentEvent(data, id=id, event=event, retry=retry, sep="\n").encode()
