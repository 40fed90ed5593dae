"""Signed tokens (JWT): read unverified, and verified by the algorithms that the caller allows, and no other."""

import warnings
from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

import msgspec
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, SecurityWarning, UnsupportedAlgorithmError
from joserfc.jwk import JWKRegistry, OctKey
from joserfc.jwk import Key as Key  # noqa: PLC0414

from consentfeed.errors import TokenRefused

Claims = dict[str, Any]
MAX_LENGTH: Final = 16 << 10
_UNREADABLE: Final = "It cannot be read."


class _Registry(jws.JWSRegistry):
    """Allows the algorithms of its list, and no other: for an empty list the library's own allows some by itself."""

    max_header_length = max_payload_length = max_signature_length = MAX_LENGTH

    def __init__(self, algorithms: Collection[str]) -> None:
        # RFC 7515: a header that is not known is ignored. read() refuses those that crit says must be known.
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


class Token(NamedTuple):
    """A token as it was sent. Nothing in it may be believed before verify()."""

    parts: jws.CompactSignature
    header: dict[str, Any]
    claims: Claims


def read(text: str) -> Token:
    """The parts of a token, unverified; raises TokenRefused."""
    if len(text) > MAX_LENGTH:
        raise TokenRefused("It is too long.")
    try:
        parts = jws.extract_compact(text.encode(), registry=_Registry(()))
        header, claims = parts.headers(), msgspec.json.decode(parts.payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenRefused(_UNREADABLE) from None
    if not isinstance(header, dict) or not isinstance(claims, dict) or not isinstance(header.get("alg"), str):
        raise TokenRefused(_UNREADABLE)
    if "crit" in header:
        raise TokenRefused("It needs an extension that is not known here.")
    return Token(parts, header, claims)


def verify(token: Token, key: Key, algorithms: Collection[str]) -> None:
    """Raises TokenRefused where the key did not sign the token by one of these algorithms.

    A key that the header itself brings or names (jwk, jku, x5u, x5c) is never used: it would be the sender's own.
    """
    try:
        is_signed = jws.validate_compact(token.parts, key, registry=_Registry(algorithms))
    except (JoseError, ValueError):
        is_signed = False
    if not is_signed:
        raise TokenRefused("Its signature does not fit its issuer's key.")


def check(claims: Claims, required: Iterable[str], *, skew: float = 0, **values: str) -> None:
    """Raises TokenRefused where a required claim is missing, one has another value than in `values` (aud: or does not
    contain it), or the token is not valid at this time, give or take skew seconds."""
    options: dict[str, jwt.ClaimsOption] = {name: {"essential": True} for name in required}
    options |= {name: {"essential": True, "value": value} for name, value in values.items()}
    try:
        jwt.JWTClaimsRegistry(leeway=skew, **options).validate(claims)  # type: ignore[arg-type]
    except ExpiredTokenError:
        raise TokenRefused("It has expired.") from None
    except InvalidClaimError as error:
        raise TokenRefused(f"Its {error.claim} does not fit this deployment, or this time.") from None
    except JoseError:
        raise TokenRefused(f"It must have each of these claims: {', '.join(options)}.") from None


def sign(claims: Claims, key: Key, algorithm: str) -> str:
    """A signed token."""
    return jwt.encode({"alg": algorithm}, claims, key, registry=_Registry((algorithm,)))


def secret_key(secret: bytes) -> Key:
    """A key that signs and verifies (HS256)."""
    return OctKey.import_key(secret)


def public_keys(jwks: Iterable[object]) -> list[Key]:
    """The keys of a key set (JWKS) that may verify signatures; others are left out."""
    with warnings.catch_warnings():
        # The library only warns of a key that is too short; here such a key must not verify anything.
        warnings.simplefilter("error", SecurityWarning)
        # A shared secret ("oct") that is published is known to everybody.
        return [key for jwk in jwks if (key := _public_key(jwk)) and key.key_type != "oct"]


def _public_key(jwk: object) -> Key | None:
    try:
        return JWKRegistry.import_key(jwk)  # type: ignore[arg-type]
    except Exception:  # whatever is the matter with this key, the others may be good
        return None


def fits(key: Key, algorithm: str) -> bool:
    """Whether the key is one of the algorithm's kind, for signatures."""
    try:
        _Registry.algorithms[algorithm].check_key(key)
    except JoseError:
        return False
    return True
