"""Copies of the log: a line of JSON for each event, which anybody can check without a database."""

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from consentfeed.log.checkpoint import Checkpoint
from consentfeed.log.merkle import HASH_BYTES, Frontier, leaf_hash
from consentfeed.log.position import Position


class Broken(Exception):
    """What was copied is not the log that it should be: the first position that does not fit, and why."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"position {position}: {why}")


class _Line(msgspec.Struct):
    seq: int
    body: str | None
    hash: str


class _Body(msgspec.Struct):
    seq: int


_lines: Final = msgspec.json.Decoder(_Line)
_bodies: Final = msgspec.json.Decoder(_Body)
_encoder: Final = msgspec.json.Encoder()


def line(seq: int, body: str | None, hash_: bytes) -> bytes:
    """The line of an event; its body is null where retention has dropped it, and only its hash is kept."""
    return _encoder.encode(_Line(seq, body, hash_.hex())) + b"\n"


def not_signed(size: int) -> str:
    """Why a log does not fit a checkpoint over so many events."""
    return f"the {size} events up to here are not those that the checkpoint was signed for"


class Copy:
    """Checks a copy, line by line, and keeps what its end is held against."""

    def __init__(self, checkpoint: Checkpoint | None = None, noted: Position | None = None) -> None:
        self._checkpoint = checkpoint
        self._noted = noted
        self._hash = b""
        self._has_bodies = False
        self._tree = Frontier()

    @property
    def head(self) -> Position:
        """The last event."""
        return Position(self._tree.size - 1, self._hash)

    def read(self, lines: Iterable[bytes]) -> None:
        """All lines; raises Broken."""
        for text in lines:
            self._take(text)
        if not self._has_bodies:
            raise Broken(self._tree.size, "the copy holds no event")
        if self._checkpoint and self._tree.size < self._checkpoint.size:
            raise Broken(
                self._tree.size, f"the copy ends here, and the checkpoint covers {self._checkpoint.size} events"
            )
        if self._noted and self._tree.size <= self._noted.seq:
            raise Broken(self._tree.size, f"the copy ends here, before event {self._noted.seq}")

    def _take(self, text: bytes) -> None:
        seq = self._tree.size
        try:
            found = _lines.decode(text)
            hash_ = bytes.fromhex(found.hash)
            body_seq = seq if found.body is None else _bodies.decode(found.body).seq
        except (msgspec.DecodeError, ValueError):
            raise Broken(seq, "the line is none of a copy of the log") from None
        if found.seq != seq or body_seq != seq or len(hash_) != HASH_BYTES:
            raise Broken(seq, "this event is missing, or not in its place")
        self._chain(seq, found.body, hash_)
        self._tree.add(leaf_hash(hash_))
        if self._noted and seq == self._noted.seq and not hash_.startswith(self._noted.hash):
            raise Broken(seq, "the event is another one than was noted")
        if self._checkpoint and self._tree.size == self._checkpoint.size and self._tree.root != self._checkpoint.root:
            raise Broken(seq, not_signed(self._tree.size))

    def _chain(self, seq: int, body: str | None, hash_: bytes) -> None:
        if body is None:
            if self._has_bodies:
                raise Broken(seq, "the body is missing")
        else:
            # Of the first kept event the one before it is known by its hash.
            if hashlib.sha256(self._hash + body.encode()).digest() != hash_:
                raise Broken(seq, "hash does not follow from the event before it and the body")
            self._has_bodies = True
        self._hash = hash_
