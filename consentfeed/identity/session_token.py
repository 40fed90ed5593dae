"""The token of a browser's session: random, in the cookie alone. The database keeps its hash."""

import hashlib
import secrets


def new_session_token() -> tuple[str, bytes]:
    """A token for a cookie, and the hash that is kept of it."""
    token = secrets.token_urlsafe(32)
    return token, token_hash(token)


def token_hash(token: str) -> bytes:
    """What is kept of a session token (SHA-256: a random token needs no slow hash)."""
    return hashlib.sha256(token.encode()).digest()
