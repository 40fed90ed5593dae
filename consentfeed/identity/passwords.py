"""Passwords: hashed with Argon2id, and checked in the same time whether or not there is an account."""

import asyncio
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from consentfeed.postgres.accounts import Account

_hasher = PasswordHasher()


# Checked where there is no account, so that the time taken does not tell which addresses have one.
_NOBODY: Final = _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """Argon2id hash with the library's parameters."""
    return _hasher.hash(password)


async def check_password(account: Account | None, password: str) -> bool:
    """Whether the password is the account's; takes as long where there is no account."""
    stored = account.password_hash if account and account.password_hash else _NOBODY
    return await asyncio.to_thread(verify, stored, password) and stored is not _NOBODY


def verify(stored: str, password: str) -> bool:
    """Whether the password is the one of the hash; takes a while."""
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
