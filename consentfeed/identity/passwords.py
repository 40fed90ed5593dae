"""Passwords: hashed with Argon2id, and checked in the same time whether or not there is an account."""

import asyncio
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from consentfeed.postgres.accounts import Account

_hasher = PasswordHasher()


# Checked where there is no account, so that the time taken does not tell which addresses have one.
_DUMMY_HASH: Final = _hasher.hash(secrets.token_hex(16))


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
