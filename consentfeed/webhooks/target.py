"""The URL of an endpoint, as somebody gives it."""

import re
from typing import Final
from urllib.parse import urlsplit

import httpx

MOST: Final = 2000
_HOST: Final = re.compile("[a-z0-9._-]+|[0-9a-f:.]+")


class NoTarget(ValueError):
    """Nothing can be sent to this URL; the message says why, and does not quote it."""


def target(text: str) -> httpx.URL:
    """The URL; raises NoTarget."""
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise NoTarget("A URL is written in ASCII, without spaces and backslashes.")
    try:
        parts = urlsplit(text)
        port = parts.port
        url = httpx.URL(text)
    except (ValueError, httpx.InvalidURL):
        raise NoTarget("This is no URL, or its host or port is none.") from None
    if parts.scheme not in ("http", "https"):
        raise NoTarget("A URL begins with https:// or http://.")
    if not url.host or port == 0:
        raise NoTarget("A URL names a host, and a port from 1 on where it names one.")
    if "@" in parts.netloc:
        raise NoTarget("No name and password in a URL: deliveries are signed.")
    if "#" in text:
        raise NoTarget("What stands after # is never sent.")
    # Two readers of one URL that find two hosts in it: nobody looks at one and connects to the other.
    if (parts.hostname or "") != host_of(url) or not _HOST.fullmatch(host_of(url)):
        raise NoTarget("The host is none, or can be read in two ways.")
    return url


def host_of(url: httpx.URL) -> str:
    """Its host as names are looked up: in ASCII, an address without brackets."""
    return url.raw_host.decode("ascii").strip("[]")


def port_of(url: httpx.URL) -> int:
    """Its port, or that of its scheme."""
    return url.port or (443 if url.scheme == "https" else 80)
