"""Standard Webhooks: the secrets that sign, how they are kept, and the signature of a message."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_PREFIX: Final = "whsec_"
_BYTES: Final = 32
_NONCE: Final = 12


class Unreadable(Exception):
    """A secret was sealed with another CONSENTFEED_SECRET, or for another endpoint."""


def new_secret() -> bytes:
    """A secret of an endpoint."""
    return secrets.token_bytes(_BYTES)


def shown(secret: bytes) -> str:
    """A secret as receivers are given it."""
    return _PREFIX + base64.b64encode(secret).decode()


def signatures(keys: Iterable[bytes], id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature: one signature by each secret, so that a receiver may know either."""
    signed = f"{id}.{timestamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)


class Seal:
    """Keeps secrets in the database so that who reads it alone cannot sign."""

    def __init__(self, secret: str) -> None:
        self._key = AESGCM(hashlib.sha256(b"consentfeed webhook secrets\0" + secret.encode()).digest())

    def seal(self, name: str, secret: bytes) -> bytes:
        """The secret of the endpoint of this name, for the database."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._key.encrypt(nonce, secret, name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """The secret again; raises Unreadable."""
        try:
            return self._key.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (InvalidTag, ValueError):
            raise Unreadable from None
