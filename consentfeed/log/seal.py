"""Seals by CONSENTFEED_SECRET: what lies in the database or in a broker, for nodes of this deployment alone."""

import hashlib
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12


class Unreadable(Exception):
    """It was sealed with another CONSENTFEED_SECRET, for another purpose, or beside something else."""


class Seal:
    """Seals for one purpose. Who cannot open a seal cannot make one either."""

    def __init__(self, secret: str, purpose: str) -> None:
        self._key = AESGCM(hashlib.sha256(f"consentfeed {purpose}\0{secret}".encode()).digest())

    def seal(self, beside: bytes, content: bytes) -> bytes:
        """The content, sealed; it opens only beside the same bytes."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._key.encrypt(nonce, content, beside)

    def open(self, beside: bytes, sealed: bytes) -> bytes:
        """The content again; raises Unreadable."""
        try:
            return self._key.decrypt(sealed[:_NONCE], sealed[_NONCE:], beside)
        except (InvalidTag, ValueError):
            raise Unreadable from None
