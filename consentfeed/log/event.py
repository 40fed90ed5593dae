"""Events of the log as the feed shows them, and the ids of places in it."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from sys import intern
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CONSENT_TYPES: Final = frozenset({"granted", "revoked", "expired"})
_DATA: Final = b"\ndata: "
_ID: Final = re.compile(r"(0|[1-9][0-9]{0,17})-([0-9a-f]{8})")
_SEALED_ID: Final = re.compile(r"[0-9a-f]{32}")


class Position(NamedTuple):
    """A place in the log: everything up to and including event seq. hash may be cut to its first bytes."""

    seq: int
    hash: bytes


# The place before the first event; zeros stand for whatever hash row 0 has.
ORIGIN: Final = Position(0, bytes(8))


def format_id(position: Position) -> str:
    """The id that staff and services see: `<seq>-<first 8 hex digits of the hash>`."""
    return f"{position.seq}-{position.hash[:4].hex()}"


def parse_id(text: str) -> Position | None:
    """The place of an id, or None where it cannot be one."""
    match = _ID.fullmatch(text)
    return Position(int(match[1]), bytes.fromhex(match[2])) if match else None


class Seal:
    """Ids for customers: one AES block of seq and hash, so that they tell nothing about how much happens."""

    def __init__(self, secret: str) -> None:
        key = hashlib.sha256(b"consentfeed sealed ids\0" + secret.encode()).digest()
        # One block is one id: there is no second block whose repetition ECB could show.
        self._cipher = Cipher(algorithms.AES(key[:16]), modes.ECB())  # noqa: S305

    def seal(self, position: Position) -> str:
        """The sealed id of a place, 32 hex digits."""
        block = position.seq.to_bytes(8) + position.hash[:8].ljust(8, b"\0")
        return self._cipher.encryptor().update(block).hex()

    def open(self, text: str) -> Position | None:
        """The place of a sealed id, or None where it cannot be one; a forged id opens to a place far ahead."""
        if text == "0-00000000":
            return ORIGIN
        if not _SEALED_ID.fullmatch(text):
            return None
        block = self._cipher.decryptor().update(bytes.fromhex(text))
        seq = int.from_bytes(block[:8])
        return Position(seq, block[8:]) if seq < 1 << 62 else None


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
    type: str
    consent: msgspec.Raw = msgspec.Raw(b"null")
    timestamp: str | None = None
    user: _User | None = None
    actor: msgspec.Raw = msgspec.Raw(b"null")
    method: str | None = None
    reason: _Reason | None = None


_body_decoder = msgspec.json.Decoder(_Body)
_key_decoder = msgspec.json.Decoder(_ConsentKey | None)
_encoder = msgspec.json.Encoder()


def chains(previous_hash: bytes, row: Row) -> bool:
    """Whether the row's hash follows from the one before it and its body."""
    assert row.body is not None
    return hashlib.sha256(previous_hash + row.body.encode()).digest() == row.hash


def event_from_row(row: Row) -> Event:
    """The event of a row, in all its encodings."""
    assert row.body is not None
    body = _body_decoder.decode(row.body)
    if body.user is not None:
        body.user.email = row.email
    if body.reason is not None:
        body.reason.text = row.note
    key = _key_decoder.decode(body.consent) or _ConsentKey()
    name = "consent-updated" if body.type in CONSENT_TYPES else body.type
    position = Position(row.seq, row.hash)
    place = format_id(position).encode()
    return Event(
        position=position,
        customer_id=str(row.customer_id or ""),
        purpose=intern(key.purpose),
        channel=intern(key.channel),
        type=intern(body.type),
        name=intern(name),
        frame=b"id: %b\nevent: %b%b%b\n\n" % (place, name.encode(), _DATA, _encoder.encode(body)),
    )


def rfc3339(at: datetime) -> str:
    """A time as the API writes it: RFC 3339, UTC, microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
