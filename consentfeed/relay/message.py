"""Messages of the relay: events as CloudEvents 1.0 in JSON, with what a reader needs to check the chain."""

import base64
from typing import Final
from uuid import UUID

import msgspec

from consentfeed.log.event import Row, event_from_row
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import ORIGIN, Position
from consentfeed.log.seal import Seal, Unreadable

SUBJECTS: Final = "consentfeed.events"
PURPOSE: Final = "relay"
# Of the stream's messages. Who reads an older one makes the stream anew; a newer one is left to newer nodes.
SCHEMA: Final = 1
CONTENT_TYPE: Final = "application/cloudevents+json"


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A CloudEvent; data is what webhooks show without personal data. The five at the end are extensions.

    seq is text, for an integer of CloudEvents has 32 bits. hash is SHA-256 of previous and body. sealed: e-mail and
    note, for nodes alone.
    """

    specversion: str = ""
    id: str
    source: str
    type: str
    subject: str | None = None
    time: str | None = None
    datacontenttype: str = ""
    data: msgspec.Raw
    seq: str
    hash: str
    previous: str
    body: str
    sealed: str


class _Personal(msgspec.Struct, array_like=True):
    email: str | None
    note: str | None


class _Data(msgspec.Struct):
    timestamp: str | None = None


class _Body(msgspec.Struct):
    customer_id: UUID | None = None


class Outgoing(msgspec.Struct, frozen=True):
    """What is published: where, under which id, and what."""

    subject: str
    id: str
    content: bytes


class Messages:
    """Makes messages of rows, and rows of messages. source: the log as a URI, which makes ids unique beyond it."""

    def __init__(self, secret: str) -> None:
        self._seal = Seal(secret, PURPOSE)
        self.source = ""

    def write(self, previous: bytes, row: Row) -> Outgoing:
        """The message of a row that follows on a hash."""
        event = event_from_row(row).without_personal_data()
        event_id = PLAIN.write(event.position)
        personal = _encoder.encode(_Personal(row.email, row.note))
        content = Message(
            specversion="1.0", id=event_id, source=self.source, type=event.name, subject=event.customer_id or None,
            time=_data_decoder.decode(event.data).timestamp, datacontenttype="application/json",
            data=msgspec.Raw(event.data), seq=str(row.seq), hash=row.hash.hex(), previous=previous.hex(),
            body=row.body or "",
            # Beside the hash, which covers the body: who cannot seal cannot have made up either.
            sealed=base64.b64encode(self._seal.seal(row.hash, personal)).decode(),
        )  # fmt: skip
        return Outgoing(f"{SUBJECTS}.{event.name}", event_id, _encoder.encode(content))

    def read(self, content: bytes) -> Row:
        """The row of a message; raises Unreadable where it is not of this deployment, or of another version. Whether
        the hash is that of the body, and follows, is for who takes the row to check."""
        message = _message(content)
        try:
            hash_, sealed = bytes.fromhex(message.hash), base64.b64decode(message.sealed, validate=True)
            personal = _personal_decoder.decode(self._seal.open(hash_, sealed))
            customer = _body_decoder.decode(message.body).customer_id
            row = Row(int(message.seq), hash_, customer, message.body, personal.email, personal.note)
        except (ValueError, msgspec.MsgspecError):
            raise Unreadable from None
        return row

    def position(self, content: bytes) -> Position:
        """The position of a message, whoever sent it; raises Unreadable."""
        message = _message(content)
        try:
            return Position(int(message.seq), bytes.fromhex(message.hash))
        except ValueError:
            raise Unreadable from None

    def sign_of_life(self, position: Position) -> bytes:
        """What the relay says when it has sent all there is, up to a position; ORIGIN: it ends."""
        return self._seal.seal(b"", PLAIN.write(position).encode() + position.hash.ljust(32, b"\0"))

    def read_sign_of_life(self, content: bytes) -> Position:
        """That position; raises Unreadable."""
        text, hash_ = (opened := self._seal.open(b"", content))[:-32], opened[-32:]
        position = PLAIN.read(text.decode("ascii", "replace"))
        if position is None:
            raise Unreadable
        return Position(position.seq, hash_) if position.seq else ORIGIN


def seq_of(id: str) -> int:
    """The position in an event's id, 0 where it is none."""
    position = PLAIN.read(id)
    return position.seq if position else 0


def _message(content: bytes) -> Message:
    try:
        return _decoder.decode(content)
    except msgspec.MsgspecError:
        raise Unreadable from None


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Message)
_personal_decoder: Final = msgspec.json.Decoder(_Personal)
_data_decoder: Final = msgspec.json.Decoder(_Data)
_body_decoder: Final = msgspec.json.Decoder(_Body)
