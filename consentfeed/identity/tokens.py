"""Bearer tokens: our own, signed with our secret, and those of the identity provider."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from consentfeed.errors import IssuerAway, Problem, TokenRefused
from consentfeed.identity import jwt
from consentfeed.identity.claims import ClaimsReader, scopes
from consentfeed.identity.jwks import Jwks
from consentfeed.identity.jwt import Claims, Token
from consentfeed.permissions import ROLES, Principal
from consentfeed.settings import Settings, variable

_OWN_ISSUER: Final = "consentfeed"
_ALGORITHM: Final = "HS256"


class BearerTokens:
    """The principals that bearer tokens speak for. has_customer: whether one with this id is registered."""

    def __init__(self, settings: Settings, jwks: Jwks | None, has_customer: Callable[[str], Awaitable[bool]]) -> None:
        self._key = _signing_key(settings.secret or "")
        self._audience = settings.audience
        self._jwks = jwks
        self._reader = ClaimsReader(settings)
        self._has_customer = has_customer

    async def principal(self, text: str) -> Principal:
        """Who it is; raises TokenRefused, and Problem issuer-away, no-role and no-customer."""
        token = jwt.read(text)
        # Unverified, iss decides by whose keys the token is verified, and nothing else.
        if token.claims.get("iss") == _OWN_ISSUER:
            return self._of_own_token(token)
        if self._jwks is None:
            raise TokenRefused("Its issuer is not known here.")
        try:
            return await self._of_provider_token(text, self._jwks)
        except IssuerAway:
            raise Problem("issuer-away", "Its keys are needed to verify the token. Try again shortly.") from None

    def _of_own_token(self, token: Token) -> Principal:
        # One algorithm, whatever the header says: else a token could choose how it is verified.
        jwt.verify(token, self._key, (_ALGORITHM,))
        claims = token.claims
        # iat is for people to read: another machine's clock may be a second ahead.
        jwt.check({**claims, "iat": 0}, ("exp", "sub", "email", "role"))
        role, email = claims["role"], claims["email"]
        if role not in ROLES or not isinstance(email, str):
            raise TokenRefused("Its role or its email is none.")
        limits = scopes(claims) if "scope" in claims else None
        return Principal(_id(claims["sub"]), email, role, _expires_at(claims), None, limits)

    async def _of_provider_token(self, text: str, jwks: Jwks) -> Principal:
        if self._audience is None:
            raise TokenRefused(f"None of another issuer is taken here ({variable('audience')} is not set).")
        claims = await jwks.verify(text, audience=self._audience)
        person = self._reader.person(claims)
        expires_at = _expires_at(claims)
        if person.customer and not await self._has_customer(str(person.customer)):
            raise Problem("no-customer", "Register the customer first: PUT /api/v1/customers/{id}.")
        return Principal(str(person.id), person.email, person.role, expires_at, None, person.scopes)


def make_token(
    secret: str, *, subject: str, email: str, role: str, lifetime: timedelta, scopes: Collection[str] | None = None
) -> str:
    """A bearer token of this deployment; with scopes it is limited to them."""
    now = datetime.now(UTC)
    claims: Claims = {
        "iss": _OWN_ISSUER, "sub": subject, "email": email, "role": role, "iat": now, "exp": now + lifetime,
    }  # fmt: skip
    return jwt.sign(claims | ({"scope": " ".join(scopes)} if scopes else {}), _signing_key(secret), _ALGORITHM)


def subject_of(role: str, email: str) -> str:
    """Id of a staff or service token whose address has no account: the same for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"consentfeed:{role}:{email.lower()}"))


def _signing_key(secret: str) -> jwt.Key:
    # Of its own for tokens: ids and sign-ins are sealed with other keys made of the same secret.
    return jwt.secret_key(hashlib.sha256(b"consentfeed tokens\0" + secret.encode()).digest())


def _id(subject: object) -> str:
    try:
        return str(uuid.UUID(str(subject)))
    except ValueError:
        raise TokenRefused("Its sub is no UUID.") from None


def _expires_at(claims: Claims) -> datetime:
    try:
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, OverflowError, OSError):
        raise TokenRefused("Its exp is no time.") from None
