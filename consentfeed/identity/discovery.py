"""What an identity provider publishes about itself (OpenID Connect Discovery), and its keys."""

import asyncio
from typing import Final, NamedTuple, TypeVar

import httpx
import msgspec

from consentfeed.errors import IssuerAway
from consentfeed.identity import jwt
from consentfeed.identity.jwt import Key
from consentfeed.settings import safe_url

T = TypeVar("T")
_SECONDS: Final = 5.0
_MAX_BYTES: Final = 256 << 10
# Not compressed: what is read is then no larger than what came, and _MAX_BYTES bounds both.
_HEADERS: Final = {"accept": "application/json", "accept-encoding": "identity"}


class Metadata(msgspec.Struct, frozen=True):
    """The provider's metadata, the members that are used here."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False


class KeySet(msgspec.Struct):
    """The document at jwks_uri (RFC 7517); what each key is, jwt.public_keys() finds out."""

    keys: list[object]


class Discovery(NamedTuple):
    """What one round of discovery has brought: metadata, and the keys that may verify signatures."""

    metadata: Metadata
    keys: list[Key]


async def discover(issuer: str) -> Discovery:
    """Asks the issuer for its metadata and keys; raises IssuerAway, saying why."""
    try:
        async with asyncio.timeout(_SECONDS), httpx.AsyncClient(headers=_HEADERS, timeout=_SECONDS) as client:
            metadata = await _metadata(client, issuer)
            key_set = await _get(client, metadata.jwks_uri, KeySet)
    except IssuerAway:
        raise
    except Exception as error:  # of a URL that makes no sense the client may raise whatever it meets
        raise IssuerAway(f"it cannot be reached ({type(error).__name__})") from None
    return Discovery(metadata, jwt.public_keys(key_set.keys))


async def _metadata(client: httpx.AsyncClient, issuer: str) -> Metadata:
    metadata = await _get(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration", Metadata)
    if metadata.issuer != issuer:
        raise IssuerAway("it calls itself otherwise than CONSENTFEED_ISSUER does, if only by a slash")
    for name, url in msgspec.structs.asdict(metadata).items():
        if isinstance(url, str) and not safe_url(url):
            raise IssuerAway(f"its {name} is no https URL")
    return metadata


async def _get(client: httpx.AsyncClient, url: str, shape: type[T]) -> T:
    body = bytearray()
    async with client.stream("GET", url) as answer:
        # A redirect is not followed: who may answer for the issuer stands in its URL.
        if answer.status_code != 200:
            raise IssuerAway(f"it answers {answer.status_code}")
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > _MAX_BYTES:
                raise IssuerAway(f"its answer is larger than {_MAX_BYTES >> 10} KiB")
    try:
        return msgspec.json.decode(body, type=shape)
    except ValueError:
        raise IssuerAway("its answer is not the JSON that is asked for") from None
