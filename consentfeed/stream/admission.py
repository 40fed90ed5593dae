"""Whether one more stream may be opened: on this machine, and by this principal."""

from collections import Counter
from typing import Protocol

from consentfeed import metrics
from consentfeed.errors import Problem
from consentfeed.permissions import Principal
from consentfeed.settings import Settings


class Counts(Protocol):
    """Open streams by the name of their principal, of all workers of a machine."""

    def change(self, name: str, by: int) -> None:
        """So many more are open in this process, or fewer."""

    def of(self, name: str) -> int:
        """Those of one principal."""

    def total(self) -> int:
        """All."""


class OwnCounts:
    """Counts of a process that serves alone."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._total = 0

    def change(self, name: str, by: int) -> None:
        """As Counts."""
        self._total += by
        self._counts[name] += by
        if not self._counts[name]:
            del self._counts[name]

    def of(self, name: str) -> int:
        """As Counts."""
        return self._counts[name]

    def total(self) -> int:
        """As Counts."""
        return self._total


class Admission:
    """Counts the open streams of each principal, and refuses what is too many."""

    def __init__(self, settings: Settings, counts: Counts) -> None:
        self._settings = settings
        self._counts = counts
        self._open = 0  # in this process
        self.draining = False

    def check(self, principal: Principal) -> None:
        """Raises Problem draining, overloaded (this machine is full), or too-many-streams (of one principal)."""
        if self.draining:
            metrics.refused.labels("draining").inc()
            raise Problem("draining", "Connect again: another node, or this one after its restart, goes on.")
        if self._counts.total() >= self._settings.streams:
            metrics.refused.labels("streams-of-node").inc()
            raise Problem("overloaded", "This node holds as many streams as it may. Try again shortly.")
        customer = principal.role == "customer"
        most = self._settings.streams_per_customer if customer else self._settings.streams_per_user
        if self._counts.of(principal.name) >= most:
            metrics.refused.labels("streams").inc()
            raise Problem("too-many-streams", f"Close one of the {most} that are open, or share one.")

    def enter(self, principal: Principal) -> None:
        """A stream is opened."""
        metrics.streams_opened.inc()
        self._change(principal, 1)

    def leave(self, principal: Principal) -> None:
        """A stream has ended."""
        self._change(principal, -1)

    def _change(self, principal: Principal, by: int) -> None:
        self._open += by
        self._counts.change(principal.name, by)
        metrics.streams_open.set(self._open)
