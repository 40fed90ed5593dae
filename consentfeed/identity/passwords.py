"""Passwords: hashed with Argon2id, and checked in the same time whether or not there is an account."""

import asyncio
import secrets
from base64 import b64encode
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from consentfeed.postgres.accounts import Account

_hasher = PasswordHasher()
MIN_LENGTH: Final = 10
MAX_LENGTH: Final = 1000
# The password of the demo's accounts. Everybody knows it: who could choose it would open `consentfeed dev` to others.
DEMO: Final = "consentfeed"


def _random(size: int) -> str:
    return b64encode(secrets.token_bytes(size)).decode().rstrip("=")


# Checked where there is no account, so that the time taken does not tell which addresses have one. Of no password: to
# hash one would take a tenth of a second of each command and each start.
_DUMMY_HASH: Final = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${_random(_hasher.salt_len)}${_random(_hasher.hash_len)}"
)


def why_unfit(password: str) -> str:
    """What is wrong with a password that somebody chooses, in words; "": nothing."""
    if len(password) < MIN_LENGTH:
        return f"a password has at least {MIN_LENGTH} characters"
    if len(password) > MAX_LENGTH:
        return f"a password has at most {MAX_LENGTH} characters"
    return "everybody knows this password: choose another one" if password == DEMO else ""


def hash_password(password: str) -> str:
    """Argon2id hash with the library's parameters."""
    return _hasher.hash(password)


async def check_password(account: Account | None, password: str) -> bool:
    """Whether the password is the account's; takes as long where there is no account."""
    password_hash = account.password_hash if account and account.password_hash else _DUMMY_HASH
    # In a thread: it takes tens of milliseconds on purpose, and every stream would wait for it.
    return await asyncio.to_thread(verify, password_hash, password) and password_hash is not _DUMMY_HASH


def verify(password_hash: str, password: str) -> bool:
    """Whether the password is the one of the hash; takes tens of milliseconds."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
