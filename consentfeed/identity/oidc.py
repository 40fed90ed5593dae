"""The identity provider, as OpenID Connect speaks with it: where browsers are sent, and who came back. By Authlib."""

import base64
from collections.abc import Collection
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

import httpx2
import msgspec
import structlog
from authlib.common.urls import add_params_to_uri
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from consentfeed.errors import ConsentfeedError, IssuerAway, TokenRefused
from consentfeed.identity import jwt
from consentfeed.identity.claims import find
from consentfeed.identity.discovery import Metadata
from consentfeed.identity.jwks import Keys
from consentfeed.identity.jwt import Claims
from consentfeed.settings import Settings

logger = structlog.get_logger()
_BASIC: Final = "client_secret_basic"
_SECONDS: Final = 10.0
_ID_TOKEN: Final = frozenset({"", "jwt"})
# Its own trouble, not a refusal.
_TROUBLE: Final = frozenset({"server_error", "temporarily_unavailable"})


class SignInFailed(ConsentfeedError):
    """Nobody is signed in; code is what the sign-in page is told, and all that it is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Trip(NamedTuple):
    """What ties an answer of the provider to the browser that was sent there."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


class Returned(msgspec.Struct):
    """What a browser brings back from the provider, beside what else that likes to send."""

    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""


class Provider:
    """The provider that the settings name."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._keys = keys
        self._client_id = settings.client_id or ""
        self._skew = int(settings.clock_skew_seconds)
        self._wanted: Collection[str] = ("email", settings.role_claim, settings.customer_claim)
        # One for all sign-ins: making it reads the machine's certificates. What it remembers of a token is not used.
        self._client = AsyncOAuth2Client(
            self._client_id,
            settings.client_secret,
            scope=settings.sso_scopes,
            code_challenge_method="S256",
            timeout=_SECONDS,
        )
        self._client.register_client_auth_method((_BASIC, _basic))

    async def close(self) -> None:
        """Lets go of its connections."""
        await self._client.aclose()

    async def way_in(self, trip: Trip) -> str:
        """Where a browser goes to sign in; raises SignInFailed."""
        url, _ = self._client.create_authorization_url(
            _there((await self._metadata()).authorization_endpoint),
            state=trip.state,
            nonce=trip.nonce,
            code_verifier=trip.verifier,
            redirect_uri=trip.redirect_uri,
        )
        return str(url)

    async def way_out(self, hint: str, back: str) -> str | None:
        """Where a browser goes to sign out there too, and from there back; None: nowhere, or it cannot be asked now."""
        try:
            endpoint = (await self._metadata()).end_session_endpoint
        except SignInFailed:
            return None
        told = [("client_id", self._client_id), ("post_logout_redirect_uri", back), ("logout_hint", hint)]
        return str(add_params_to_uri(endpoint, told)) if endpoint else None

    async def claims(self, trip: Trip, answer: Returned) -> Claims:
        """Who has signed in there; raises SignInFailed."""
        if answer.error:
            raise SignInFailed("sso-away" if answer.error in _TROUBLE else "sso-refused")
        metadata = await self._metadata()
        try:
            return await self._claims(metadata, trip, answer)
        except (httpx2.HTTPError, IssuerAway) as error:
            logger.warning("the identity provider cannot be reached", error=type(error).__name__)
            raise SignInFailed("sso-away") from None
        except (OAuthError, JoseError, TokenRefused, KeyError, TypeError, ValueError) as error:
            why = str(error) if isinstance(error, TokenRefused) else str(getattr(error, "error", ""))[:40]
            logger.warning(
                "what the identity provider says of a sign-in is refused", error=type(error).__name__, why=why
            )
            raise SignInFailed("sso-refused") from None

    async def _metadata(self) -> Metadata:
        try:
            return await self._keys.metadata()
        except IssuerAway:
            raise SignInFailed("sso-away") from None

    async def _claims(self, metadata: Metadata, trip: Trip, answer: Returned) -> Claims:
        # RFC 9207: what another provider has answered is not carried to this one.
        if answer.iss != metadata.issuer and (answer.iss or metadata.authorization_response_iss_parameter_supported):
            raise TokenRefused("The answer is another provider's.")
        token = await self._client.fetch_token(
            _there(metadata.token_endpoint),
            grant_type="authorization_code",
            code=answer.code,
            redirect_uri=trip.redirect_uri,
            code_verifier=trip.verifier,
            auth=self._client.client_auth(self._auth_method(metadata)),
        )
        claims = await self._keys.claims(
            token["id_token"], audience=self._client_id, required=("sub", "exp", "iat"), types=_ID_TOKEN
        )
        told = {"nonce": trip.nonce, "client_id": self._client_id, "access_token": token["access_token"]}
        header = jwt.read(token["id_token"]).header
        CodeIDToken(claims, header, params=told).validate(leeway=self._skew)
        if metadata.userinfo_endpoint and not all(find(claims, path) for path in self._wanted):
            claims = await self._userinfo(metadata.userinfo_endpoint, token["access_token"], claims["sub"]) | claims
        return claims

    def _auth_method(self, metadata: Metadata) -> str:
        if not self._client.client_secret:
            return "none"
        known = metadata.token_endpoint_auth_methods_supported
        return _BASIC if known is None or _BASIC in known else "client_secret_post"

    async def _userinfo(self, endpoint: str, access_token: str, subject: str) -> Claims:
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = await self._client.request("GET", endpoint, withhold_token=True, headers=headers)
        told: Claims = answer.raise_for_status().json()
        if told["sub"] != subject:
            raise TokenRefused("What it says beside is of somebody else.")
        return told


def _there(endpoint: str | None) -> str:
    if endpoint is None:
        raise SignInFailed("sso-away")
    return endpoint


def _basic(client: Any, _method: str, uri: str, headers: Any, body: str) -> tuple[str, Any, str]:
    """RFC 6749, 2.3.1: both are encoded first, which Authlib's own does not do."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return uri, headers, body
