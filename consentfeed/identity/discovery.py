"""What an identity provider publishes about itself (OpenID Connect Discovery), and its keys."""

import asyncio
from typing import Final, TypeVar

import httpx
import msgspec

from consentfeed.errors import IssuerAway
from consentfeed.identity import jwt
from consentfeed.identity.jwt import Key
from consentfeed.settings import safe_url

T = TypeVar("T")
_SECONDS: Final = 5.0
_MAX_BYTES: Final = 256 << 10
# Not packed: what is read stays as large as what came.
_HEADERS: Final = {"accept": "application/json", "accept-encoding": "identity"}


class Metadata(msgspec.Struct, frozen=True):
    """What an identity provider says of itself."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False


class KeySet(msgspec.Struct):
    """Its keys, as they stand there (JWKS)."""

    keys: list[object]


async def discover(issuer: str) -> tuple[Metadata, list[Key]]:
    """What the issuer publishes, and its keys; raises IssuerAway, saying why."""
    try:
        async with asyncio.timeout(_SECONDS), httpx.AsyncClient(headers=_HEADERS, timeout=_SECONDS) as client:
            metadata = await _metadata(client, issuer)
            published = await _get(client, metadata.jwks_uri, KeySet)
    except IssuerAway:
        raise
    except Exception as error:  # of a URL that makes no sense the client may raise whatever it meets
        raise IssuerAway(f"it cannot be reached ({type(error).__name__})") from None
    return metadata, jwt.public_keys(published.keys)


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
        if answer.status_code != 200:  # a redirect is not followed: who may answer for the issuer stands in its URL
            raise IssuerAway(f"it answers {answer.status_code}")
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > _MAX_BYTES:
                raise IssuerAway("it answers too much")
    try:
        return msgspec.json.decode(body, type=shape)
    except ValueError:
        raise IssuerAway("it answers something else than is asked for") from None
