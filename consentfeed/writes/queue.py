"""Decisions that wait to be written, and in which order they are taken."""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Final

import msgspec

from consentfeed.postgres.consents import Outcome

# Idempotency keys in a batch: the request each stands for, and which of its decisions are there.
Keys = dict[tuple[str, str, str], tuple[str | None, set[int]]]
NO_OUTCOME: Final = Outcome("internal", None, None)


class Decision(msgspec.Struct, kw_only=True):
    """One grant or revoke, as record_decisions() takes it."""

    consent_id: str
    action: str
    actor_kind: str
    actor_id: str
    method: str
    only_customer: str | None = None
    if_match: list[int] | None = None
    renew: bool | None = None
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


class Submission:
    """The decisions of one request, and what becomes of each, in order; trace: what their commit is linked to."""

    __slots__ = ("_left", "completion", "results", "trace")

    def __init__(self, count: int) -> None:
        self.results: list[Outcome | Exception] = [NO_OUTCOME] * count
        self.completion: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._left = count
        self.trace: object = None

    def settle(self, index: int, result: Outcome | Exception) -> bool:
        """Notes a result; whether it was the last one, so that who waits is answered, unless they have gone."""
        self.results[index] = result
        self._left -= 1
        if not self._left and not self.completion.done():
            self.completion.set_result(None)
        return not self._left


class QueuedDecision:
    """A decision, and the request and place in it that its result is for."""

    __slots__ = ("deadline", "decision", "index", "not_before", "submission", "tries")

    def __init__(self, decision: Decision, deadline: float, submission: Submission, index: int) -> None:
        self.decision = decision
        self.deadline = deadline
        self.submission = submission
        self.index = index
        self.not_before = 0.0
        self.tries = 0

    def settle(self, result: Outcome | Exception) -> bool:
        """Whether the whole request is answered by it."""
        return self.submission.settle(self.index, result)


class Queue:
    """What one principal waits for: one line per consent, so that its decisions keep their order."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[QueuedDecision]] = {}

    def __bool__(self) -> bool:
        return bool(self._lines)

    def put(self, item: QueuedDecision) -> None:
        """At the end of the consent's line."""
        self._lines.setdefault(item.decision.consent_id, deque()).append(item)

    def put_back(self, item: QueuedDecision) -> None:
        """At the front of the consent's line, where it was taken from."""
        self._lines.setdefault(item.decision.consent_id, deque()).appendleft(item)

    def ready(self, now: float) -> Iterator[str]:
        """Consents that may be asked now, those with a revocation first, each kind as they came."""
        lines = [(consent, line) for consent, line in self._lines.items() if line[0].not_before <= now]
        lines.sort(key=lambda entry: all(item.decision.action != "revoke" for item in entry[1]))
        return iter([consent for consent, _ in lines])

    def take(self, consent: str, keys: Keys) -> Iterator[QueuedDecision]:
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

    def drain(self) -> Iterator[QueuedDecision]:
        """Everything, and nothing is left."""
        for line in self._lines.values():
            yield from line
        self._lines.clear()
