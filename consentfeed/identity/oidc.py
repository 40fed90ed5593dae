"""OpenID Connect, our side of it: where browsers are sent to sign in and out, and who came back. By Authlib."""

import base64
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import quote_plus

import httpx2
import structlog
from authlib.common.urls import add_params_to_uri
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from consentfeed.errors import IssuerAway, TokenRefused
from consentfeed.identity import jwt
from consentfeed.identity.authorization import AuthorizationRequest, AuthorizationResponse, SignInFailed
from consentfeed.identity.claims import claim_at
from consentfeed.identity.discovery import Metadata
from consentfeed.identity.jwks import Jwks
from consentfeed.identity.jwt import Claims
from consentfeed.setting_groups import ProviderSettings

logger = structlog.get_logger()
_BASIC: Final = "client_secret_basic"
_SECONDS: Final = 10.0
_ID_TOKEN_TYPES: Final = frozenset({"", "jwt"})
# Errors that say that the provider has trouble of its own, not that it refuses somebody.
_TROUBLE: Final = frozenset({"server_error", "temporarily_unavailable"})


class OidcClient:
    """The client that the settings describe, of the provider that they name."""

    def __init__(self, settings: ProviderSettings, jwks: Jwks) -> None:
        self._jwks = jwks
        self._client_id = settings.client_id or ""
        self._skew = int(settings.clock_skew_seconds)
        self._claim_paths: Collection[str] = ("email", settings.role_claim, settings.customer_claim)
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
        """Closes the connections to the provider."""
        await self._client.aclose()

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        """Where a browser goes to sign in; raises SignInFailed."""
        url, _ = self._client.create_authorization_url(
            _check_endpoint((await self._metadata()).authorization_endpoint),
            state=request.state,
            nonce=request.nonce,
            code_verifier=request.code_verifier,
            redirect_uri=request.redirect_uri,
        )
        return str(url)

    async def end_session_url(self, hint: str, redirect_uri: str) -> str | None:
        """Where a browser goes to sign out there too, and from there back to redirect_uri.

        None where the provider offers no such place, or cannot be asked now.
        """
        try:
            endpoint = (await self._metadata()).end_session_endpoint
        except SignInFailed:
            return None
        parameters = [
            ("client_id", self._client_id), ("post_logout_redirect_uri", redirect_uri), ("logout_hint", hint),
        ]  # fmt: skip
        return str(add_params_to_uri(endpoint, parameters)) if endpoint else None

    async def redeem(self, request: AuthorizationRequest, response: AuthorizationResponse) -> Claims:
        """The verified claims of who has signed in there; raises SignInFailed."""
        if response.error:
            raise SignInFailed("sso-away" if response.error in _TROUBLE else "sso-refused")
        metadata = await self._metadata()
        try:
            return await self._claims(metadata, request, response)
        except (httpx2.HTTPError, IssuerAway) as error:
            logger.warning("the identity provider cannot be reached", error=type(error).__name__)
            raise SignInFailed("sso-away") from None
        except (OAuthError, JoseError, TokenRefused, KeyError, TypeError, ValueError) as error:
            # Of other errors no more than the code: their messages may quote what the provider has sent.
            why = str(error) if isinstance(error, TokenRefused) else str(getattr(error, "error", ""))[:40]
            logger.warning(
                "what the identity provider says of a sign-in is refused", error=type(error).__name__, why=why
            )
            raise SignInFailed("sso-refused") from None

    async def _metadata(self) -> Metadata:
        try:
            return await self._jwks.metadata()
        except IssuerAway:
            raise SignInFailed("sso-away") from None

    async def _claims(
        self, metadata: Metadata, request: AuthorizationRequest, response: AuthorizationResponse
    ) -> Claims:
        # RFC 9207: a response of another provider must not be taken for this one's.
        if response.iss != metadata.issuer and (
            response.iss or metadata.authorization_response_iss_parameter_supported
        ):
            raise TokenRefused("The answer is another provider's.")
        token = await self._fetch_token(metadata, request, response.code)
        claims = await self._verify_id_token(token, request.nonce)
        if metadata.userinfo_endpoint and not all(claim_at(claims, path) for path in self._claim_paths):
            # The ID token wins: it is signed.
            claims = await self._userinfo(metadata.userinfo_endpoint, token["access_token"], claims["sub"]) | claims
        return claims

    async def _fetch_token(self, metadata: Metadata, request: AuthorizationRequest, code: str) -> dict[str, Any]:
        token: dict[str, Any] = await self._client.fetch_token(
            _check_endpoint(metadata.token_endpoint),
            grant_type="authorization_code",
            code=code,
            redirect_uri=request.redirect_uri,
            code_verifier=request.code_verifier,
            auth=self._client.client_auth(self._auth_method(metadata)),
        )
        return token

    async def _verify_id_token(self, token: dict[str, Any], nonce: str) -> Claims:
        id_token = token["id_token"]
        claims = await self._jwks.verify(
            id_token, audience=self._client_id, required=("sub", "exp", "iat"), types=_ID_TOKEN_TYPES
        )
        # What OpenID Connect asks beyond a JWT: nonce, azp and at_hash.
        parameters = {"nonce": nonce, "client_id": self._client_id, "access_token": token["access_token"]}
        CodeIDToken(claims, jwt.read(id_token).header, params=parameters).validate(leeway=self._skew)
        return claims

    def _auth_method(self, metadata: Metadata) -> str:
        if not self._client.client_secret:
            return "none"
        methods = metadata.token_endpoint_auth_methods_supported
        return _BASIC if methods is None or _BASIC in methods else "client_secret_post"

    async def _userinfo(self, endpoint: str, access_token: str, subject: str) -> Claims:
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = await self._client.request("GET", endpoint, withhold_token=True, headers=headers)
        claims: Claims = answer.raise_for_status().json()
        # OpenID Connect Core 5.3.4: else a token of somebody else's could be put in its place.
        if claims["sub"] != subject:
            raise TokenRefused("What it says beside is of somebody else.")
        return claims


def _check_endpoint(endpoint: str | None) -> str:
    """The endpoint; raises SignInFailed where the provider has none."""
    if endpoint is None:
        raise SignInFailed("sso-away")
    return endpoint


def _basic(client: Any, _method: str, uri: str, headers: Any, body: str) -> tuple[str, Any, str]:
    """RFC 6749, 2.3.1: both are encoded first, which Authlib's own does not do."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return uri, headers, body
