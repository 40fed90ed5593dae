"""Events of the log, as the feed shows them."""

from datetime import UTC, datetime
from sys import intern
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import force_setattr, replace

from consentfeed.log.ids import plain_id
from consentfeed.log.kinds import name_of
from consentfeed.log.position import Position

_DATA: Final = b"\ndata: "


class _ConsentKey(msgspec.Struct, frozen=True, gc=False):
    purpose: str = ""
    channel: str = ""


class _AboutConsent(msgspec.Struct, gc=False):
    consent: _ConsentKey = _ConsentKey()


# A struct, and out of the garbage collector's sight: there are many, and one is made in a tenth of a dataclass's time.
class Event(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One event, encoded once: frame is it as staff see it."""

    seq: int
    hash: bytes
    customer_id: str
    type: str
    name: str
    frame: bytes
    _key: _ConsentKey | None = None

    @property
    def position(self) -> Position:
        """The event's own."""
        return Position(self.seq, self.hash)

    @property
    def purpose(self) -> str:
        """Of the consent that changed; else empty."""
        return self._consent_key().purpose

    @property
    def channel(self) -> str:
        """Of the consent that changed; else empty."""
        return self._consent_key().channel

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
        body = _body_decoder.decode(self.data)
        return replace(self, frame=_frame(self.seq, self.hash, self.name, body, None, None))

    def _consent_key(self) -> _ConsentKey:
        """Read when a filter first asks for it: most do not, and a replay reads a million events."""
        if self._key is None:
            key = _about_decoder.decode(self.data).consent
            force_setattr(self, "_key", _ConsentKey(intern(key.purpose), intern(key.channel)))
        assert self._key is not None
        return self._key


class Row(NamedTuple):
    """One row of the log, with the e-mail address and note that are not in it."""

    seq: int
    hash: bytes
    customer_id: UUID | None
    body: str | None
    email: str | None
    note: str | None


class _Reason(msgspec.Struct, gc=False):
    code: str | None
    text: str | None
    reference: str | None


class _User(msgspec.Struct, gc=False):
    id: str
    email: str | None = None


class _Body(msgspec.Struct, gc=False):
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
_about_decoder = msgspec.json.Decoder(_AboutConsent)
_encoder = msgspec.json.Encoder()


def event_from_row(row: Row) -> Event:
    """The event of a row, in all its encodings."""
    seq, hash_, customer, text, email, note = row
    assert text is not None
    body = _body_decoder.decode(text)
    name = name_of(body.type)
    frame = _frame(seq, hash_, name, body, email, note)
    return Event(seq, hash_, str(customer or ""), intern(body.type), intern(name), frame)


def _frame(seq: int, hash: bytes, name: str, body: _Body, email: str | None, note: str | None) -> bytes:
    if body.user is not None:
        body.user.email = email
    if body.reason is not None:
        body.reason.text = note
    head = f"id: {plain_id(seq, hash)}\nevent: {name}"
    return b"".join((head.encode(), _DATA, _encoder.encode(body), b"\n\n"))


def rfc3339(at: datetime) -> str:
    """A time as the API writes it: RFC 3339, UTC, microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
