"""A file of credentials of NATS: the token that names an account, and the key that signs what the server sends."""

import re
from base64 import b32decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Credentials:
    """Read anew at each connection, so that a file that was renewed counts. Raises OSError and ValueError."""

    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def token(self) -> bytes:
        """Who this is, as NATS has it signed."""
        return self._part("NATS USER JWT").encode()

    def sign(self, nonce: str) -> bytes:
        """Proves that the token is ours."""
        # Two bytes say what kind of key it is; after the 32 of the key, two check them.
        key = b32decode(self._part("USER NKEY SEED") + "======")[2:34]
        return b64encode(Ed25519PrivateKey.from_private_bytes(key).sign(nonce.encode()))

    def _part(self, title: str) -> str:
        found = re.search(rf"-BEGIN {title}-+\s+(\S+)\s+-+END {title}-", self._file.read_text())
        if not found:
            raise ValueError(f"CONSENTFEED_NATS_CREDENTIALS: the file has no {title}")
        return found[1]
