"""Whether one more stream may be opened: on this node, and by this principal."""

from collections import Counter

from consentfeed import metrics
from consentfeed.errors import Problem
from consentfeed.permissions import Principal
from consentfeed.settings import Settings


class Admission:
    """Counts the open streams of each principal, and refuses what is too many."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._streams: Counter[str] = Counter()
        self._total = 0
        self.draining = False

    def check(self, principal: Principal) -> None:
        """Raises Problem draining, overloaded (this node is full), or too-many-streams (of one principal)."""
        if self.draining:
            metrics.refused.labels("draining").inc()
            raise Problem("draining", "Connect again: another node, or this one after its restart, goes on.")
        if self._total >= self._settings.streams:
            metrics.refused.labels("streams-of-node").inc()
            raise Problem("overloaded", "This node holds as many streams as it may. Try again shortly.")
        customer = principal.role == "customer"
        most = self._settings.streams_per_customer if customer else self._settings.streams_per_user
        if self._streams[principal.name] >= most:
            metrics.refused.labels("streams").inc()
            raise Problem("too-many-streams", f"Close one of the {most} that are open, or share one.")

    def enter(self, principal: Principal) -> None:
        """A stream is opened."""
        self._total += 1
        self._streams[principal.name] += 1
        metrics.streams_opened.inc()
        metrics.streams_open.set(self._total)

    def leave(self, principal: Principal) -> None:
        """A stream has ended."""
        self._total -= 1
        self._streams[principal.name] -= 1
        if not self._streams[principal.name]:
            del self._streams[principal.name]
        metrics.streams_open.set(self._total)
