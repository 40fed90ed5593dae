"""What goes to the identity provider with a browser, and what comes back (the authorisation code flow, RFC 6749)."""

from typing import NamedTuple

import msgspec

from consentfeed.errors import ConsentfeedError


class SignInFailed(ConsentfeedError):
    """Nobody is signed in; code is what the sign-in page is told, and all that it is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AuthorizationRequest(NamedTuple):
    """What ties the provider's response to the browser that was sent there: random, and used once."""

    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str


class AuthorizationResponse(msgspec.Struct):
    """What a browser brings back from the provider; what else the provider adds is ignored (RFC 6749)."""

    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""
