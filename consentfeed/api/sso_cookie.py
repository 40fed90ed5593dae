"""The cookie of a browser that is away at the identity provider to sign in: sealed, and good once, for ten minutes."""

import base64
import hashlib
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.identity import cookies
from consentfeed.identity.authorization import AuthorizationRequest

_NAME: Final = "consentfeed_sso"
_SECONDS: Final = 600


class PendingSignIn(msgspec.Struct):
    """What went to the provider with the browser, and the page to go to after signing in."""

    request: AuthorizationRequest
    target: str


class SsoCookie:
    """Writes, reads and deletes it. Sealed, so that the browser can neither read the code verifier nor change it."""

    def __init__(self, secret: str) -> None:
        key = hashlib.sha256(b"consentfeed single sign-on\0" + secret.encode()).digest()
        self._seal = Fernet(base64.urlsafe_b64encode(key))

    def write(self, request: Request, answer: Response, pending: PendingSignIn) -> None:
        """Sets the cookie with the answer."""
        _set(request, answer, self._seal.encrypt(msgspec.json.encode(pending)).decode(), _SECONDS)

    def read(self, request: Request) -> PendingSignIn | None:
        """What the browser was sent away with; None where it was not from here, or more than ten minutes ago."""
        try:
            return msgspec.json.decode(
                # The browser may keep a cookie for longer than it was told: the seal has the time in it.
                self._seal.decrypt(cookies.read(request, _NAME) or "", _SECONDS),
                type=PendingSignIn,
            )
        except (InvalidToken, ValueError):
            return None

    def delete(self, request: Request, answer: Response) -> None:
        """Deletes the cookie with the answer, so that it is used once, whatever came of it."""
        _set(request, answer, "", 0)


def _set(request: Request, answer: Response, value: str, seconds: int) -> None:
    answer.headers.append("set-cookie", cookies.write(value, seconds, cookies.is_secure(request), _NAME))
