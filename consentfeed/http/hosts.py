"""The host that a request is for: what a Host field names, and by which names this node is served."""

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from starlette.types import Scope

from consentfeed import metrics
from consentfeed.errors import Problem
from consentfeed.http.fields import find
from consentfeed.settings import Settings

_HOST: Final = re.compile(rb"(?:([A-Za-z0-9._-]+)|\[([0-9A-Fa-f:.]+)\])(?::[0-9]*)?")
_LONGEST: Final = 300  # a name has 253 letters at most, so that what is remembered stays small
# Who looks after a node asks for these, by whatever address. What /metrics tells is not for all: it looks for itself.
_ANY_HOST: Final = frozenset({"/healthz", "/readyz", "/metrics"})


def host_name(host: bytes) -> str | None:
    """The name or address in a Host field, in lower case, without its port; None where it is none (RFC 9110, 7.2)."""
    return _host_name(host) if len(host) <= _LONGEST else None


@lru_cache(1024)
def _host_name(host: bytes) -> str | None:
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    if match[1]:
        return match[1].decode().lower()
    try:
        return str(ip_address(match[2].decode()))
    except ValueError:
        return None


@lru_cache(1024)
def is_loopback(name: str) -> bool:
    """Whether a name or an address always leads to this machine (RFC 6761, 6.3)."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


class Hosts:
    """The names by which a node is served: that of its public URL, else, on a loopback address, whatever names this
    machine; and the configured ones. Where there are none of all these, any.

    A page elsewhere can lead its own name to a node's address: for a browser the node is then a part of that site.
    """

    def __init__(self, settings: Settings) -> None:
        public = [settings.public_url.partition("://")[2]] if settings.public_url else []
        self._names = frozenset(host_name(name.encode()) or name for name in [*public, *settings.hosts.split()])
        self._loopback = not public and is_loopback(settings.host)
        self._any = not self._names and not self._loopback

    def refuse_others(self, scope: Scope) -> None:
        """Raises Problem where the request is for a host that is not served here."""
        if self._any or scope["path"] in _ANY_HOST or (host := find(scope, b"host")) is None:
            return
        name = host_name(host)
        if name in self._names or (self._loopback and name is not None and is_loopback(name)):
            return
        metrics.refused.labels("misdirected").inc()
        raise Problem(
            "misdirected",
            "Whoever runs this node sets CONSENTFEED_PUBLIC_URL to where browsers find it, and CONSENTFEED_HOSTS to any"
            " other names of it.",
        )
