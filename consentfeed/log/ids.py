"""Ids of positions, as clients know them: plain for staff and services, sealed for customers."""

import hashlib
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from consentfeed.log.position import ORIGIN, Position
from consentfeed.permissions import Principal

if TYPE_CHECKING:
    from consentfeed.log.event import Event

_PLAIN: Final = re.compile(r"(0|[1-9][0-9]{0,17})-([0-9a-f]{8})")
_SEALED: Final = re.compile(r"[0-9a-f]{32}")


def plain_id(seq: int, hash: bytes) -> str:
    """The id of a position for staff and services."""
    return f"{seq}-{hash[:4].hex()}"


class PlainIds:
    """Ids for staff and services: `<seq>-<first 8 hex digits of the hash>`."""

    def write(self, position: Position) -> str:
        """The id of a position."""
        return plain_id(*position)

    def read(self, text: str) -> Position | None:
        """The position of an id (hash: its first 4 bytes), or None where it cannot be one."""
        match = _PLAIN.fullmatch(text)
        return Position(int(match[1]), bytes.fromhex(match[2])) if match else None

    def frame(self, event: "Event") -> bytes:
        """The event's frame with its id."""
        return event.frame


class SealedIds:
    """Ids for customers: one AES block of seq and hash, so that they tell nothing about how much happens."""

    def __init__(self, secret: str) -> None:
        key = hashlib.sha256(b"consentfeed sealed ids\0" + secret.encode()).digest()
        # One block is one id: there is no second block whose repetition ECB could show. None depends on the one before,
        # so one context serves for all: to make one takes fifteen times as long as to use it.
        cipher = Cipher(algorithms.AES(key[:16]), modes.ECB())  # noqa: S305
        self._encrypt, self._decrypt = cipher.encryptor().update, cipher.decryptor().update

    def write(self, position: Position) -> str:
        """The id of a position, 32 hex digits."""
        block = position.seq.to_bytes(8) + position.hash[:8].ljust(8, b"\0")
        return self._encrypt(block).hex()

    def read(self, text: str) -> Position | None:
        """The position of an id (hash: its first 8 bytes), or None where it cannot be one; a forged id is read as a
        position far ahead."""
        if text == "0-00000000":
            return ORIGIN
        if not _SEALED.fullmatch(text):
            return None
        block = self._decrypt(bytes.fromhex(text))
        seq = int.from_bytes(block[:8])
        return Position(seq, block[8:]) if seq < 1 << 62 else None

    def frame(self, event: "Event") -> bytes:
        """The event's frame with its id."""
        return b"id: %b\n%b" % (self.write(event.position).encode(), event.tail)


Ids: TypeAlias = PlainIds | SealedIds
PLAIN: Final = PlainIds()


def ids_for(principal: Principal, sealed: SealedIds) -> Ids:
    """The ids that somebody sees."""
    return sealed if principal.role == "customer" else PLAIN
