"""Who asks: sessions with a cookie, and bearer tokens of this deployment."""

import asyncio
import hashlib
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, NamedTuple, TypeVar

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from consentfeed.database import Account, OpenSession

K = TypeVar("K")
T = TypeVar("T")
ROLES: Final = ("customer", "csr", "admin", "service")
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
    return await asyncio.to_thread(_verify, stored, password) and stored is not _NOBODY


def _verify(stored: str, password: str) -> bool:
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
    """Looks up sessions and accounts, and remembers the answer for two seconds: most requests come many at a time."""

    def __init__(
        self,
        find: Callable[[bytes], Awaitable[OpenSession | None]],
        disabled: Callable[[list[uuid.UUID], list[uuid.UUID]], Awaitable[set[uuid.UUID]]],
    ) -> None:
        self._find = find
        self._disabled = disabled
        self._by_cookie = _Memory[bytes, Principal | None]()
        self._good_accounts = _Memory[str, bool]()

    async def by_cookie(self, token: str) -> Principal | None:
        """The principal of an open session."""
        digest = token_hash(token)
        known = self._by_cookie.get(digest)
        if known is not None and (known[0] is None or known[0].expires_at > datetime.now(UTC)):
            return known[0]
        session = await self._find(digest)
        principal = session and Principal(
            str(session.user_id), session.email, session.role, session.expires_at, session.session_id
        )
        self._by_cookie.put(digest, principal)
        return principal

    async def by_token(self, principal: Principal) -> Principal | None:
        """The principal of a bearer token, unless its account has been disabled since."""
        known = self._good_accounts.get(principal.id)
        good = known[0] if known else not await self._disabled([], [uuid.UUID(principal.id)])
        if known is None:
            self._good_accounts.put(principal.id, good)
        return principal if good else None

    def forget(self, token: str) -> None:
        """After signing out."""
        self._by_cookie.drop(token_hash(token))


class _Memory(Generic[K, T]):
    """Values that are good for two seconds."""

    def __init__(self) -> None:
        self._known: dict[K, tuple[float, T]] = {}

    def get(self, key: K) -> tuple[T] | None:
        known = self._known.get(key)
        return (known[1],) if known and known[0] > time.monotonic() else None

    def put(self, key: K, value: T) -> None:
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known[key] = (time.monotonic() + _REMEMBERED_SECONDS, value)

    def drop(self, key: K) -> None:
        self._known.pop(key, None)
