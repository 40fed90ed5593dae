"""The keys that an identity provider publishes (JWKS): cached, and renewed when they may have changed."""

import asyncio
import time
from collections.abc import Collection, Iterable
from typing import Final

import structlog

from consentfeed import metrics
from consentfeed.errors import IssuerAway, TokenRefused
from consentfeed.identity import discovery, jwt
from consentfeed.identity.discovery import Discovery, Metadata
from consentfeed.identity.jwt import Claims, Key, Token

logger = structlog.get_logger()
# Between two requests: whatever tokens somebody sends, they cannot make us ask the issuer more often.
_PAUSE_SECONDS: Final = 5.0
# How often the time of renewal may pass without an answer before the keys count no more. What the issuer has signed
# until it went away has mostly expired by then.
_GRACE_FACTOR: Final = 12
# The types of ID tokens and access tokens. A logout token is left out: it must not sign anybody in.
BEARER_TYPES: Final = frozenset({"", "jwt", "at+jwt"})


class Jwks:
    """Verifies an issuer's tokens by the keys that it publishes. skew and renew are seconds."""

    def __init__(self, issuer: str, algorithms: Collection[str], *, skew: float, renew: float) -> None:
        self.issuer = issuer
        self._algorithms = frozenset(algorithms)
        self._skew = skew
        self._renew = renew
        self._pause = min(_PAUSE_SECONDS, renew)
        self._discovery: Discovery | None = None
        self._discovery_at = self._last_request_at = float("-inf")
        self._is_away = False
        self._request: asyncio.Task[None] | None = None

    async def metadata(self) -> Metadata:
        """The issuer's metadata; raises IssuerAway."""
        return (await self._current()).metadata

    async def verify(
        self,
        text: str,
        *,
        audience: str,
        required: Iterable[str] = ("sub", "exp"),
        types: Collection[str] = BEARER_TYPES,
    ) -> Claims:
        """The claims of a token that the issuer has signed for this audience, and that is valid now.

        Raises TokenRefused, and IssuerAway where there are no keys to verify it by.
        """
        token = jwt.read(text)
        self._check_header(token, types)
        jwt.verify(token, await self._key(token), self._algorithms)
        jwt.check(token.claims, required, skew=self._skew, iss=self.issuer, aud=audience)
        return token.claims

    async def close(self) -> None:
        """Cancels a request that is under way."""
        if self._request:
            self._request.cancel()
            await asyncio.gather(self._request, return_exceptions=True)

    def _check_header(self, token: Token, types: Collection[str]) -> None:
        """Refuses what can be refused without keys, so that such a token makes us ask nobody."""
        if token.claims.get("iss") != self.issuer:
            raise TokenRefused("Its issuer is not known here.")
        if token.header["alg"] not in self._algorithms:
            raise TokenRefused("It is signed by an algorithm that is not taken here (CONSENTFEED_TOKEN_ALGORITHMS).")
        if str(token.header.get("typ", "")).lower().removeprefix("application/") not in types:
            raise TokenRefused("Its type (typ) is not the one that is needed here.")

    async def _key(self, token: Token) -> Key:
        key = _choose((await self._current()).keys, token)
        if key is None and (request := self._start_request()):  # the issuer may have a new one
            await asyncio.shield(request)
            key = _choose((await self._current()).keys, token)
        if key is None:
            raise TokenRefused("Its issuer publishes no such key.")
        return key

    async def _current(self) -> Discovery:
        """What the issuer publishes, renewed when it is old; while the issuer is away the old serves for a while."""
        if self._age >= self._renew:
            request = self._start_request()
            # Nobody waits for an issuer that was away a moment ago while the old keys serve: every request would hang.
            if request and not (self._is_away and self._is_usable):
                await asyncio.shield(request)
        if self._discovery is None or not self._is_usable:
            raise IssuerAway(f"{self.issuer} cannot be reached")
        return self._discovery

    @property
    def _age(self) -> float:
        return time.monotonic() - self._discovery_at

    @property
    def _is_usable(self) -> bool:
        return self._age < _GRACE_FACTOR * self._renew

    def _start_request(self) -> asyncio.Task[None] | None:
        """The one request that is under way, for all who wait; None where the last one ended a moment ago."""
        if self._request is None and time.monotonic() - self._last_request_at >= self._pause:
            self._request = asyncio.create_task(self._discover())
        return self._request

    async def _discover(self) -> None:
        try:
            self._discovery = await discovery.discover(self.issuer)
        except IssuerAway as error:
            self._is_away = True
            metrics.issuer_requests.labels("failed").inc()
            logger.warning("the identity provider does not serve", issuer=self.issuer, why=str(error))
        else:
            self._is_away = False
            self._discovery_at = time.monotonic()
            metrics.issuer_requests.labels("answered").inc()
        finally:
            self._last_request_at = time.monotonic()
            self._request = None


def _choose(keys: Iterable[Key], token: Token) -> Key | None:
    """The key that the token names, of the kind that its algorithm needs; where it names none, the only one."""
    name, algorithm = token.header.get("kid"), token.header["alg"]
    candidates = [key for key in keys if name in (None, key.kid) and jwt.fits(key, algorithm)]
    return candidates[0] if candidates and (name is not None or len(candidates) == 1) else None
