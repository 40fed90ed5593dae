"""Who asks: sessions with a cookie, and bearer tokens of this deployment."""

import asyncio
import hashlib
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from consentfeed.database import Account, OpenSession
from consentfeed.policy import ROLES

_ALGORITHM: Final = "HS256"
_ISSUER: Final = "consentfeed"
_REMEMBERED_SECONDS: Final = 2.0
_REMEMBERED: Final = 10_000
_hasher = PasswordHasher()
# Checked where there is no account, so that the time taken does not tell which addresses have one.
_NOBODY: Final = _hasher.hash(secrets.token_hex(16))


class Principal(NamedTuple):
    """Who asks. id is the customer's for customers; session is None for a bearer token."""

    id: str
    email: str
    role: str
    expires_at: datetime
    session: uuid.UUID | None

    @property
    def name(self) -> str:
        """Role and id, for idempotency keys and fair queues."""
        return f"{self.role}:{self.id}"

    @property
    def only_customer(self) -> str | None:
        """The customer whose consents alone may be seen and decided on; None: all."""
        return self.id if self.role == "customer" else None


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


def new_session_token() -> tuple[str, bytes]:
    """A token for a cookie, and the hash that is kept of it."""
    token = secrets.token_urlsafe(32)
    return token, token_hash(token)


def token_hash(token: str) -> bytes:
    """What is kept of a session token."""
    return hashlib.sha256(token.encode()).digest()


def make_token(secret: str, *, subject: str, email: str, role: str, lifetime: timedelta) -> str:
    """A bearer token of this deployment."""
    now = datetime.now(UTC)
    claims = {"iss": _ISSUER, "sub": subject, "email": email, "role": role, "iat": now, "exp": now + lifetime}
    return jwt.encode(claims, _signing_key(secret), _ALGORITHM)


def read_token(secret: str, token: str) -> Principal | None:
    """Who a bearer token speaks for, or None where it is not ours or no longer good."""
    try:
        claims = jwt.decode(
            token,
            _signing_key(secret),
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            # iat is for people to read: another machine's clock may be a second ahead.
            options={"require": ["exp", "sub", "email", "role"], "verify_iat": False},
        )
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        subject = uuid.UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError, OverflowError, OSError):
        return None
    email, role = claims["email"], claims["role"]
    if role not in ROLES or not isinstance(email, str):
        return None
    return Principal(str(subject), email, role, expires_at, None)


def subject_of(role: str, email: str) -> str:
    """Id of a staff or service token whose address has no account: the same for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"consentfeed:{role}:{email.lower()}"))


def _signing_key(secret: str) -> bytes:
    return hashlib.sha256(b"consentfeed tokens\0" + secret.encode()).digest()


class Sessions:
    """Looks up sessions and tokens, and remembers the answer for two seconds: most requests come many at a time."""

    def __init__(
        self,
        secret: str,
        find: Callable[[bytes], Awaitable[OpenSession | None]],
        ended: Callable[[list[uuid.UUID], list[tuple[uuid.UUID, str]]], Awaitable[set[uuid.UUID]]],
    ) -> None:
        self._secret = secret
        self._find = find
        self._ended = ended
        self._known = _Memory()

    async def by_cookie(self, token: str) -> Principal | None:
        """The principal of an open session."""
        return await self._remembered(token_hash(token), self._session, token)

    async def by_token(self, token: str) -> Principal | None:
        """The principal of a bearer token, unless its account has been disabled or given another role since."""
        return await self._remembered(token, self._bearer, token)

    async def _remembered(
        self, key: str | bytes, look_up: Callable[[str], Awaitable[Principal | None]], token: str
    ) -> Principal | None:
        known = self._known.get(key)
        if known is not None and known.expires_at > datetime.now(UTC):
            return known
        principal = await look_up(token)
        if principal is not None:
            self._known.put(key, principal)
        return principal

    async def _session(self, token: str) -> Principal | None:
        session = await self._find(token_hash(token))
        return session and Principal(
            str(session.user_id), session.email, session.role, session.expires_at, session.session_id
        )

    async def _bearer(self, token: str) -> Principal | None:
        principal = read_token(self._secret, token)
        if principal is None or await self._ended([], [(uuid.UUID(principal.id), principal.role)]):
            return None
        return principal

    def forget(self, token: str) -> None:
        """After signing out."""
        self._known.drop(token_hash(token))


class _Memory:
    """Principals that are good for two seconds."""

    def __init__(self) -> None:
        self._known: dict[str | bytes, tuple[float, Principal]] = {}

    def get(self, key: str | bytes) -> Principal | None:
        until, principal = self._known.get(key, (0.0, None))
        return principal if until > time.monotonic() else None

    def put(self, key: str | bytes, principal: Principal) -> None:
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known[key] = (time.monotonic() + _REMEMBERED_SECONDS, principal)

    def drop(self, key: str | bytes) -> None:
        self._known.pop(key, None)
