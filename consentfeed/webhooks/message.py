"""What is sent: one event, or several in one body."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from consentfeed.log.event import Event
from consentfeed.log.ids import PLAIN


class Message(NamedTuple):
    """A body, and the id that the receiver knows it by when it comes again."""

    id: str
    body: bytes


class _Data(msgspec.Struct):
    timestamp: str | None = None


def message(events: Sequence[Event], *, batch: bool, personal_data: bool) -> Message:
    """The message of these events; batch: in the form of many, also where there is one. Its id is that of the last."""
    entries = [_entry(event if personal_data else event.without_personal_data()) for event in events]
    return Message(PLAIN.write(events[-1].position), _body(entries, batch=batch))


def test_message(id: str, timestamp: str, name: str, *, batch: bool) -> Message:
    """A message that is about nothing, for an endpoint to be tried with."""
    entry: dict[str, object] = {"type": "test", "timestamp": timestamp, "data": {"webhook": name}, "id": id}
    return Message(id, _body([entry], batch=batch))


def _body(entries: list[dict[str, object]], *, batch: bool) -> bytes:
    return _encoder.encode({"type": "batch", "events": entries} if batch else entries[0])


def _entry(event: Event) -> dict[str, object]:
    data = event.data
    timestamp = _decoder.decode(data).timestamp
    return {
        "type": event.name,
        "timestamp": timestamp,
        "data": msgspec.Raw(data),
        "id": PLAIN.write(event.position),
    }


_decoder: Final = msgspec.json.Decoder(_Data)
_encoder: Final = msgspec.json.Encoder()
