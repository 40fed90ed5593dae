"""Where the service is, and how one shows who one is."""

import re
from typing import Final

import httpx

from consentfeed.client.errors import Refused

# With any other character in a header, each attempt would fail before it leaves this machine.
HEADER: Final = re.compile(r"[!-~]+")


def service_url(url: str) -> str:
    """The URL without a slash at its end; raises Refused where it is not like https://consents.example.com."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        parts = httpx.URL("")
    is_address = parts.scheme in ("http", "https") and parts.host and (parts.port is None or 0 < parts.port < 65536)
    # A name and password in it would take the token's place. It is not quoted: it may hold that password.
    if not is_address or parts.userinfo or parts.query or parts.fragment:
        raise Refused("the URL of the service is not like https://consents.example.com")
    return url.rstrip("/")


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token; raises Refused where no header can hold it."""
    if not HEADER.fullmatch(token):
        raise Refused(
            "the token is not as `consentfeed token` prints it: it is empty, or holds a blank or a line break"
        )
    return {"Authorization": f"Bearer {token}"}
