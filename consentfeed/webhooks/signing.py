"""Standard Webhooks: the secrets that sign, and the signature of a message."""

import base64
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

_PREFIX: Final = "whsec_"
_BYTES: Final = 32


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
