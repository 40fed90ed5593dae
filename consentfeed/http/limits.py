"""How often somebody may ask, and how often fail."""

import time
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from math import ceil
from typing import Any, Final, NoReturn
from unicodedata import normalize

from consentfeed import metrics
from consentfeed.errors import Problem
from consentfeed.http.times import OwnTimes, Times
from consentfeed.permissions import Principal
from consentfeed.settings import Settings

# What requests are counted as; a list of decisions, which may hold both, by what stands in it.
REVOKE, LIST, OTHER = "revoke", "list", "other"
_FAILURE_SECONDS: Final = 300.0


class Rate:
    """So many times in so many seconds, filled up evenly (the generic cell rate algorithm): one number for a key."""

    def __init__(self, times: int, seconds: float, full_at: Times) -> None:
        """full_at: when nothing of it will be used up any more."""
        self._each = seconds / times
        self._ahead = seconds - self._each
        self._full_at = full_at

    def wait(self, key: Hashable) -> float:
        """Seconds until there is one more for the key; 0: there is."""
        wait = self._full_at.get(key) - time.monotonic() - self._ahead
        return wait if wait > 1e-6 else 0.0  # rounding refuses nobody

    def count(self, key: Hashable) -> None:
        """One of them is used up."""
        self._full_at.put(key, max(self._full_at.get(key), time.monotonic()) + self._each)

    def take(self, key: Hashable) -> float:
        """Counts one if there is one; else the seconds to wait."""
        wait = self.wait(key)
        if not wait:
            self.count(key)
        return wait


class Limits:
    """The limits of requests and failures. Revocations are counted apart, so that nothing else can use them up."""

    def __init__(self, settings: Settings, new_times: Callable[[], Times] = OwnTimes) -> None:
        """new_times: memory for one more rate, asked for in the same order by all who share it."""
        self._addresses = Rate(settings.address_rate, 60, new_times())
        self._principals = Rate(settings.principal_rate, 60, new_times())
        self._accounts = Rate(settings.account_failures, _FAILURE_SECONDS, new_times())
        self._guessers = Rate(settings.address_failures, _FAILURE_SECONDS, new_times())
        self._strangers = Rate(settings.refused_tokens, _FAILURE_SECONDS, new_times())

    def address(self, scope: Mapping[str, Any], kind: str) -> None:
        """Counts a request of this kind from its address; raises Problem."""
        if wait := self._addresses.take((kind, address_of(scope))):
            _refuse("address", wait)

    def principal(self, principal: Principal, kind: str) -> None:
        """Counts a request of this kind by somebody known; raises Problem."""
        if wait := self._principals.take((kind, principal.name)):
            _refuse("principal", wait)

    def refused_token(self, scope: Mapping[str, Any]) -> None:
        """Counts a token or session that is none; raises Problem."""
        if wait := self._strangers.take(address_of(scope)):
            _refuse("tokens", wait)

    def sign_in(self, scope: Mapping[str, Any], account: str | None = None) -> None:
        """Raises Problem where too many have failed, whether there is such an account or not. None: an identity
        provider will say who it is."""
        if wait := max(rate.wait(key) for rate, key in self._attempted(scope, account)):
            _refuse("sign-ins", wait)

    def sign_in_failed(self, scope: Mapping[str, Any], account: str | None = None) -> None:
        """Counts it."""
        for rate, key in self._attempted(scope, account):
            rate.count(key)

    def _attempted(self, scope: Mapping[str, Any], account: str | None) -> list[tuple[Rate, Hashable]]:
        address = address_of(scope)
        by_account = [] if account is None else [(self._accounts, (address, _folded(account)))]
        return [(self._guessers, address), *by_account]


def _folded(account: str) -> str:
    """The same for all spellings of an address that are one account (folded_address() in SQL)."""
    return normalize("NFC", normalize("NFD", account).casefold())


def kind_of(path: str) -> str:
    """What requests of a path are counted as."""
    if path.endswith(("/revoke", "/revocations")):
        return REVOKE
    return LIST if path == "/api/v1/decisions" else OTHER


def address_of(scope: Mapping[str, Any]) -> str:
    """Where it comes from. Of IPv6 the network: one household or server has 2**64 addresses of it."""
    client = scope.get("client")
    return _network(client[0]) if client else ""


@lru_cache(4096)
def _network(host: str) -> str:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:  # what a trusted proxy called it
        return host[:64]
    if address.version == 4:
        return host
    return str(address.ipv4_mapped or address.packed[:8].hex())


def _refuse(reason: str, wait: float) -> NoReturn:
    metrics.refused.labels(reason).inc()
    raise Problem("rate-limited", "Wait as long as Retry-After says.", retry_after=ceil(wait))
