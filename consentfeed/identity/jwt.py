"""Signed tokens (JWT): read while nobody has verified them, and verified by the algorithms allowed, and no other."""

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
    """The algorithms of its list, and no other: the library's own takes some of its choice for an empty list."""

    max_header_length = max_payload_length = max_signature_length = MAX_LENGTH

    def __init__(self, algorithms: Collection[str]) -> None:
        # A header that is not known is to be ignored (RFC 7515), unless it is critical.
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


class Token(NamedTuple):
    """A token that nobody has verified."""

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
    """Raises TokenRefused where the key did not sign it, by one of these algorithms. What the header says of keys
    (jwk, jku, x5u, x5c) is not looked at."""
    try:
        signed = jws.validate_compact(token.parts, key, registry=_Registry(algorithms))
    except (JoseError, ValueError):
        signed = False
    if not signed:
        raise TokenRefused("Its signature is not right.")


def check(claims: Claims, required: Iterable[str], *, skew: float = 0, **expected: str) -> None:
    """Raises TokenRefused where a claim is missing or not as expected (aud: or contains it), or it is not the time."""
    options: dict[str, jwt.ClaimsOption] = {name: {"essential": True} for name in required}
    options |= {name: {"essential": True, "value": value} for name, value in expected.items()}
    try:
        jwt.JWTClaimsRegistry(leeway=skew, **options).validate(claims)  # type: ignore[arg-type]
    except ExpiredTokenError:
        raise TokenRefused("It has expired.") from None
    except InvalidClaimError as error:
        raise TokenRefused(f"Its {error.claim} is not right, here and now.") from None
    except JoseError:
        raise TokenRefused(f"It needs each of {', '.join(options)}.") from None


def sign(claims: Claims, key: Key, algorithm: str) -> str:
    """A signed token."""
    return jwt.encode({"alg": algorithm}, claims, key, registry=_Registry((algorithm,)))


def secret_key(secret: bytes) -> Key:
    """A key that signs and verifies (HS256)."""
    return OctKey.import_key(secret)


def public_keys(published: Iterable[object]) -> list[Key]:
    """The keys of a published set (JWKS) that may verify signatures; others are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", SecurityWarning)  # a key that is too short is none
        return [key for one in published if (key := _public_key(one)) and key.key_type != "oct"]


def _public_key(published: object) -> Key | None:
    try:
        return JWKRegistry.import_key(published)  # type: ignore[arg-type]
    except Exception:  # whatever is the matter with it, the others may be good
        return None


def fits(key: Key, algorithm: str) -> bool:
    """Whether the key is one of the algorithm's kind, for signatures."""
    try:
        _Registry.algorithms[algorithm].check_key(key)
    except JoseError:
        return False
    return True
