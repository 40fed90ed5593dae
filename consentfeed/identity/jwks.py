"""The keys of an identity provider, kept for a while and asked for anew when they may have changed."""

import asyncio
import time
from collections.abc import Collection, Iterable
from typing import Final

import structlog

from consentfeed import metrics
from consentfeed.errors import IssuerAway, TokenRefused
from consentfeed.identity import discovery, jwt
from consentfeed.identity.discovery import Metadata
from consentfeed.identity.jwt import Claims, Key, Token

logger = structlog.get_logger()
# Whatever tokens are sent: they cannot make us ask more often.
_PAUSE_SECONDS: Final = 5.0
# While the issuer is away; what it has signed until then has mostly expired after that.
_GOOD_FOR: Final = 12
# An ID token or an access token; not what says that somebody has signed out.
BEARER_TYPES: Final = frozenset({"", "jwt", "at+jwt"})


class Keys:
    """Verifies an issuer's tokens by the keys that it publishes."""

    def __init__(self, issuer: str, algorithms: Collection[str], *, skew: float, renew: float) -> None:
        self.issuer = issuer
        self._algorithms = frozenset(algorithms)
        self._skew = skew
        self._renew = renew
        self._pause = min(_PAUSE_SECONDS, renew)
        self._found: tuple[Metadata, list[Key]] | None = None
        self._found_at = self._asked_at = float("-inf")
        self._away = False
        self._asking: asyncio.Task[None] | None = None

    async def metadata(self) -> Metadata:
        """What the issuer says of itself; raises IssuerAway."""
        return (await self._published())[0]

    async def claims(
        self,
        text: str,
        *,
        audience: str,
        required: Iterable[str] = ("sub", "exp"),
        types: Collection[str] = BEARER_TYPES,
    ) -> Claims:
        """What a token claims that the issuer has signed for this audience, and that is good now.

        Raises TokenRefused, and IssuerAway where there are no keys to verify it by.
        """
        token = jwt.read(text)
        self._check_header(token, types)
        jwt.verify(token, await self._key(token), self._algorithms)
        jwt.check(token.claims, required, skew=self._skew, iss=self.issuer, aud=audience)
        return token.claims

    def _check_header(self, token: Token, types: Collection[str]) -> None:
        """Before anybody is asked for keys."""
        if token.claims.get("iss") != self.issuer:
            raise TokenRefused("Its issuer is not known here.")
        if token.header["alg"] not in self._algorithms:
            raise TokenRefused("It is signed by an algorithm that is not taken here (CONSENTFEED_TOKEN_ALGORITHMS).")
        if str(token.header.get("typ", "")).lower().removeprefix("application/") not in types:
            raise TokenRefused("It is a token for something else.")

    async def _key(self, token: Token) -> Key:
        _, keys = await self._published()
        key = _choose(keys, token)
        if key is None and (asking := self._ask()):  # the issuer may have a new one
            await asyncio.shield(asking)
            _, keys = await self._published()
            key = _choose(keys, token)
        if key is None:
            raise TokenRefused("Its issuer publishes no such key.")
        return key

    async def _published(self) -> tuple[Metadata, list[Key]]:
        """What is known, asked for anew when it is old. While the issuer is away the old is good for a while."""
        if self._age >= self._renew:
            asking = self._ask()
            # To wait for who was away a moment ago would hold up everybody, again and again.
            if asking and not (self._away and self._is_good):
                await asyncio.shield(asking)
        if self._found is None or not self._is_good:
            raise IssuerAway(f"{self.issuer} cannot be reached")
        return self._found

    @property
    def _age(self) -> float:
        return time.monotonic() - self._found_at

    @property
    def _is_good(self) -> bool:
        return self._age < _GOOD_FOR * self._renew

    def _ask(self) -> asyncio.Task[None] | None:
        """The one request that is under way, for all who wait; None where the last was a moment ago."""
        if self._asking is None and time.monotonic() - self._asked_at >= self._pause:
            self._asking = asyncio.create_task(self._discover())
        return self._asking

    async def _discover(self) -> None:
        try:
            self._found = await discovery.discover(self.issuer)
        except IssuerAway as error:
            self._away = True
            metrics.issuer_requests.labels("failed").inc()
            logger.warning("the identity provider does not serve", issuer=self.issuer, why=str(error))
        else:
            self._away = False
            self._found_at = time.monotonic()
            metrics.issuer_requests.labels("answered").inc()
        finally:
            self._asked_at = time.monotonic()
            self._asking = None

    async def close(self) -> None:
        """Lets go of a request that is under way."""
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)


def _choose(keys: Iterable[Key], token: Token) -> Key | None:
    """The key that the token names, of the kind that its algorithm needs; where it names none, the only one."""
    name, algorithm = token.header.get("kid"), token.header["alg"]
    fitting = [key for key in keys if name in (None, key.kid) and jwt.fits(key, algorithm)]
    return fitting[0] if fitting and (name is not None or len(fitting) == 1) else None
