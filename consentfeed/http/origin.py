"""Where a browser's request comes from: what another site's page had it send is refused, whatever cookie it brings."""

from collections.abc import Collection
from typing import Final

from starlette.requests import Request

from consentfeed import metrics
from consentfeed.errors import Problem
from consentfeed.identity import cookies

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS: Final = frozenset({"same-origin", "none"})  # none: typed, or from a bookmark


class Origins:
    """The origins whose pages may use the session: our own and the configured ones. own: where we are known to live,
    None: at whatever Host says."""

    def __init__(self, configured: Collection[str] = (), own: str | None = None) -> None:
        self._configured = frozenset(configured)
        self._own = own and own.lower()

    def refuse_foreign(self, request: Request, *, open: bool = False) -> None:
        """Raises Problem foreign-origin where another site's page has the browser act, or read, as who is signed in.

        open: the route is for anybody, so that nothing but signing in or out can be asked of it.
        """
        # A browser adds no bearer token by itself: whoever sends one means it.
        if request.headers.get("authorization", "")[:7].lower() == "bearer ":
            return
        unsafe = request.method not in _SAFE
        if not (unsafe if open else cookies.read(request)):
            return
        origin = request.headers.get("origin")
        if origin in self._configured:
            return
        # Neither header: no browser. Of a GET the first one alone is asked: what it answers another page cannot read.
        foreign = request.headers.get("sec-fetch-site", "none") not in _OURS
        if foreign or (unsafe and origin is not None and not self._is_own(origin, request)):
            metrics.refused.labels("foreign-origin").inc()
            raise Problem("foreign-origin", "With a session's cookie only this site's own pages may do this.")

    def _is_own(self, origin: str, request: Request) -> bool:
        if self._own is not None:
            return origin == self._own
        scheme, _, host = origin.partition("://")
        # Behind a proxy that ends TLS this side may not know its own scheme.
        return host == request.headers.get("host") and (scheme == "https" or not cookies.is_secure(request))
