"""Events of the log, as the feed shows them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from sys import intern
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from consentfeed.log.ids import PLAIN
from consentfeed.log.kinds import name_of
from consentfeed.log.position import Position

_DATA: Final = b"\ndata: "


@dataclass(slots=True, frozen=True)
class Event:
    """One event, encoded once: frame is it as staff see it."""

    position: Position
    customer_id: str
    purpose: str
    channel: str
    type: str
    name: str
    frame: bytes

    # Cut out where they are asked for: kept as well, they would make each event in memory twice as large.
    @property
    def tail(self) -> bytes:
        """The frame without its id."""
        return self.frame[self.frame.index(b"\n") + 1 :]

    @property
    def data(self) -> bytes:
        """The wire's JSON."""
        return self.frame[self.frame.index(_DATA) + len(_DATA) : -2]

    def without_personal_data(self) -> "Event":
        """The same event without the customer's e-mail address and the note."""
        return replace(self, frame=_frame(self.position, self.name, _body_decoder.decode(self.data), None, None))


class Row(NamedTuple):
    """One row of the log, with the e-mail address and note that are not in it."""

    seq: int
    hash: bytes
    customer_id: UUID | None
    body: str | None
    email: str | None
    note: str | None


class _ConsentKey(msgspec.Struct):
    purpose: str = ""
    channel: str = ""


class _Reason(msgspec.Struct):
    code: str | None
    text: str | None
    reference: str | None


class _User(msgspec.Struct):
    id: str
    email: str | None = None


class _Body(msgspec.Struct):
    """What the wire shows of a body, in this order; of consent … notice the one of the kind."""

    type: str
    consent: msgspec.Raw | UnsetType = UNSET
    customer: msgspec.Raw | UnsetType = UNSET
    preferences: msgspec.Raw | UnsetType = UNSET
    request: msgspec.Raw | UnsetType = UNSET
    notice: msgspec.Raw | UnsetType = UNSET
    timestamp: str | None = None
    user: _User | None = None
    actor: msgspec.Raw = msgspec.Raw(b"null")
    method: str | None = None
    reason: _Reason | None = None


_body_decoder = msgspec.json.Decoder(_Body)
_key_decoder = msgspec.json.Decoder(_ConsentKey)
_encoder = msgspec.json.Encoder()


def event_from_row(row: Row) -> Event:
    """The event of a row, in all its encodings."""
    assert row.body is not None
    body = _body_decoder.decode(row.body)
    key = _ConsentKey() if isinstance(body.consent, UnsetType) else _key_decoder.decode(body.consent)
    name = name_of(body.type)
    position = Position(row.seq, row.hash)
    return Event(
        position=position,
        customer_id=str(row.customer_id or ""),
        purpose=intern(key.purpose),
        channel=intern(key.channel),
        type=intern(body.type),
        name=intern(name),
        frame=_frame(position, name, body, row.email, row.note),
    )


def _frame(position: Position, name: str, body: _Body, email: str | None, note: str | None) -> bytes:
    if body.user is not None:
        body.user.email = email
    if body.reason is not None:
        body.reason.text = note
    event_id = PLAIN.write(position).encode()
    return b"id: %b\nevent: %b%b%b\n\n" % (event_id, name.encode(), _DATA, _encoder.encode(body))


def rfc3339(at: datetime) -> str:
    """A time as the API writes it: RFC 3339, UTC, microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
