"""Bearer tokens: our own, signed with our secret, and those of the identity provider."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from consentfeed.errors import IssuerAway, Problem, TokenRefused
from consentfeed.identity import claims, jwt
from consentfeed.identity.jwks import Keys
from consentfeed.identity.jwt import Claims, Token
from consentfeed.permissions import ROLES, Principal
from consentfeed.settings import Settings, variable

_OURS: Final = "consentfeed"
_ALGORITHM: Final = "HS256"


class Tokens:
    """Who a bearer token speaks for."""

    def __init__(
        self, settings: Settings, keys: Keys | None, one_customer: Callable[[str], Awaitable[object | None]]
    ) -> None:
        self._key = _signing_key(settings.secret or "")
        self._audience = settings.audience
        self._keys = keys
        self._reader = claims.Reader(settings)
        self._one_customer = one_customer

    async def read(self, text: str) -> Principal:
        """Who it is; raises TokenRefused, and Problem issuer-away, no-role and no-customer."""
        token = jwt.read(text)
        # Unverified, this decides by whose keys it is verified, and nothing else.
        if token.claims.get("iss") == _OURS:
            return self._our_own(token)
        if self._keys is None:
            raise TokenRefused("Its issuer is not known here.")
        try:
            return await self._from_outside(text, self._keys)
        except IssuerAway:
            raise Problem("issuer-away", "Its keys are needed to verify the token. Try again shortly.") from None

    def _our_own(self, token: Token) -> Principal:
        jwt.verify(token, self._key, (_ALGORITHM,))
        said = token.claims
        # iat is for people to read: another machine's clock may be a second ahead.
        jwt.check({**said, "iat": 0}, ("exp", "sub", "email", "role"))
        role, email = said["role"], said["email"]
        if role not in ROLES or not isinstance(email, str):
            raise TokenRefused("It says what is not so.")
        scopes = claims.scopes(said) if "scope" in said else None
        return Principal(_id(said["sub"]), email, role, _expires_at(said), None, scopes)

    async def _from_outside(self, text: str, keys: Keys) -> Principal:
        if self._audience is None:
            raise TokenRefused(f"None of another issuer is taken here ({variable('audience')} is not set).")
        said = await keys.claims(text, audience=self._audience)
        person = self._reader.person(said)
        expires_at = _expires_at(said)
        if person.customer and await self._one_customer(str(person.customer)) is None:
            raise Problem("no-customer", "Register the customer first: PUT /api/v1/customers/{id}.")
        return Principal(str(person.id), person.email, person.role, expires_at, None, person.scopes)


def make_token(
    secret: str, *, subject: str, email: str, role: str, lifetime: timedelta, scopes: Collection[str] | None = None
) -> str:
    """A bearer token of this deployment; with scopes it is limited to them."""
    now = datetime.now(UTC)
    said: Claims = {
        "iss": _OURS, "sub": subject, "email": email, "role": role, "iat": now, "exp": now + lifetime,
    }  # fmt: skip
    return jwt.sign(said | ({"scope": " ".join(scopes)} if scopes else {}), _signing_key(secret), _ALGORITHM)


def subject_of(role: str, email: str) -> str:
    """Id of a staff or service token whose address has no account: the same for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"consentfeed:{role}:{email.lower()}"))


def _signing_key(secret: str) -> jwt.Key:
    return jwt.secret_key(hashlib.sha256(b"consentfeed tokens\0" + secret.encode()).digest())


def _id(subject: object) -> str:
    try:
        return str(uuid.UUID(str(subject)))
    except ValueError:
        raise TokenRefused("Its sub is not right.") from None


def _expires_at(said: Claims) -> datetime:
    try:
        return datetime.fromtimestamp(said["exp"], UTC)
    except (ValueError, OverflowError, OSError):
        raise TokenRefused("Its exp is not right.") from None
