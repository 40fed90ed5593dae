"""A NATS server with accounts lets in whoever has its credentials, and nobody else."""

import asyncio
import json
from base64 import b32encode, urlsafe_b64encode
from binascii import crc_hqx
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentfeed.relay.connection import Connection
from consentfeed.relay.credentials import Credentials
from consentfeed.relay.trouble import Trouble
from consentfeed.settings import Settings
from tests.support.nats import NatsServer

# The first byte of a key in NATS says whose it is; of a seed, it comes after that of all seeds.
OPERATOR, ACCOUNT, USER, SEED = 14 << 3, 0, 20 << 3, 18 << 3
UNLIMITED = {"subs": -1, "data": -1, "payload": -1}
NO_LIMITS = UNLIMITED | {
    "imports": -1, "exports": -1, "wildcards": True, "conn": -1, "leaf": -1,
    "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
}  # fmt: skip


def _text(*parts: bytes) -> str:
    raw = b"".join(parts)
    return b32encode(raw + crc_hqx(raw, 0).to_bytes(2, "little")).decode().rstrip("=")


class Key:
    """A key of NATS, made by its own rules."""

    def __init__(self, kind: int) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public = _text(bytes([kind]), self._key.public_key().public_bytes_raw())
        self.seed = _text(bytes([SEED | kind >> 5, (kind & 31) << 3]), self._key.private_bytes_raw())

    def token(self, subject: str, kind: str, **claims: Any) -> str:
        """A signed statement about another key."""
        content = {"iat": 1700000000, "iss": self.public, "sub": subject, "name": kind}
        content |= {"nats": {"type": kind, "version": 2, **claims}}
        parts = [
            urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in ({"typ": "JWT", "alg": "ed25519-nkey"}, content)
        ]
        signature = urlsafe_b64encode(self._key.sign(b".".join(parts))).rstrip(b"=")
        return b".".join([*parts, signature]).decode()


def credentials(file: Path, account: Key, seed: str, user: str) -> str:
    """A file as `nsc generate creds` writes it."""
    parts = {"NATS USER JWT": account.token(user, "user", **UNLIMITED), "USER NKEY SEED": seed}
    lines = [f"-----BEGIN {title}-----\n{text}\n------END {title}------\n" for title, text in parts.items()]
    file.write_text("\n*** NOTES ***\n\n".join(lines))
    return str(file)


@pytest.fixture
def account() -> Key:
    """The account of the deployment."""
    return Key(ACCOUNT)


@pytest.fixture
def strict(account: Key) -> Iterator[NatsServer]:
    """A server that lets in who has a token of the account."""
    operator, server = Key(OPERATOR), NatsServer(jetstream=False)
    server.more = f"operator: {operator.token(operator.public, 'operator')}\nresolver: MEMORY\n"
    signed = operator.token(account.public, "account", limits=NO_LIMITS)
    server.more += f"resolver_preload: {{ {account.public}: {signed} }}\n"
    try:
        server.start()
        yield server
    finally:
        server.close()


def test_a_server_that_asks_for_credentials_lets_the_service_in(
    strict: NatsServer, account: Key, tmp_path: Path
) -> None:
    user = Key(USER)
    assert asyncio.run(_is_let_in(strict, credentials(tmp_path / "our.creds", account, user.seed, user.public)))


async def _is_let_in(server: NatsServer, file: str | None) -> bool:
    connection = Connection(Settings(nats_url=server.url, nats_credentials=file))
    try:
        await connection.open()
    except Trouble:
        return False
    await connection.close()
    return True


def test_a_file_that_holds_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "some.creds").write_text("something else")
    with pytest.raises(ValueError, match="CONSENTFEED_NATS_CREDENTIALS"):
        Credentials(str(tmp_path / "some.creds")).token()
