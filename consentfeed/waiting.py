"""Decisions that wait to be written, and in which order they are taken."""

import asyncio
from collections import deque
from collections.abc import Iterator

import msgspec

from consentfeed.database import Outcome

# Idempotency keys in a batch: the request each stands for, and which of its decisions are there.
Keys = dict[tuple[str, str, str], tuple[str | None, set[int]]]


class Decision(msgspec.Struct, kw_only=True):
    """One grant or revoke, as record_decisions() takes it."""

    consent_id: str
    action: str
    actor_kind: str
    actor_id: str
    method: str
    only_customer: str | None = None
    if_match: list[int] | None = None
    notice_version: int | None = None
    language: str | None = None
    reason_code: str | None = None
    reason_reference: str | None = None
    note: str | None = None
    principal: str
    route: str
    key: str | None = None
    key_item: int = 1
    request_sha256: str | None = None


class Waiting:
    """A decision and who waits for it."""

    __slots__ = ("deadline", "decision", "not_before", "outcome", "tries")

    def __init__(self, decision: Decision, deadline: float) -> None:
        self.decision = decision
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.deadline = deadline
        self.not_before = 0.0
        self.tries = 0

    def settle(self, result: Outcome | Exception) -> None:
        """Answers who waits, unless they have gone."""
        if self.outcome.done():
            return
        if isinstance(result, Exception):
            self.outcome.set_exception(result)
        else:
            self.outcome.set_result(result)


class Queue:
    """What one principal waits for: one line per consent, so that its decisions keep their order."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Waiting]] = {}

    def __bool__(self) -> bool:
        return bool(self._lines)

    def put(self, item: Waiting) -> None:
        """At the end of the consent's line."""
        self._lines.setdefault(item.decision.consent_id, deque()).append(item)

    def put_back(self, item: Waiting) -> None:
        """At the front of the consent's line, where it was taken from."""
        self._lines.setdefault(item.decision.consent_id, deque()).appendleft(item)

    def ready(self, now: float) -> Iterator[str]:
        """Consents that may be asked now, those with a revocation first, each kind as they came."""
        lines = [(consent, line) for consent, line in self._lines.items() if line[0].not_before <= now]
        lines.sort(key=lambda entry: all(item.decision.action != "revoke" for item in entry[1]))
        return iter([consent for consent, _ in lines])

    def take(self, consent: str, keys: Keys) -> Iterator[Waiting]:
        """The line of a consent, up to one whose idempotency key is in the batch already."""
        line = self._lines[consent]
        while line:
            decision = line[0].decision
            if decision.key is not None:
                key = (decision.principal, decision.route, decision.key)
                request, items = keys.setdefault(key, (decision.request_sha256, set()))
                if request != decision.request_sha256 or decision.key_item in items:
                    return
                items.add(decision.key_item)
            yield line.popleft()
        del self._lines[consent]

    def waits_until(self) -> float:
        """When the first consent may be asked again (monotonic seconds)."""
        return min((line[0].not_before for line in self._lines.values()), default=0.0)

    def drain(self) -> Iterator[Waiting]:
        """Everything, and nothing is left."""
        for line in self._lines.values():
            yield from line
        self._lines.clear()
