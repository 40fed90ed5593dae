"""Hands all decisions that arrived during the last commit to record_decisions() as one transaction."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress

import msgspec
import structlog

from consentfeed import metrics
from consentfeed.errors import Busy, DatabaseAway, OutcomeUnknown, Problem, ReadOnly, StatementFailed
from consentfeed.postgres.consents import Outcome, Recorded
from consentfeed.postgres.pool import LOCK_SECONDS
from consentfeed.tracing import switch
from consentfeed.writes.queue import NO_OUTCOME, Decision, Keys, Queue, QueuedDecision, Submission

logger = structlog.get_logger()
# Lost races, and a key written by another node meanwhile: nothing was written, ask again.
_REPEAT = frozenset({"40001", "40P01", "23505"})
_ANSWERED_AT_ONCE = 16


class Writer:
    """Queues decisions by principal, and commits them in batches; one commit at a time."""

    def __init__(
        self,
        record: Callable[[str], Awaitable[Recorded]],
        *,
        batch: int,
        waiting: int,
        busy_seconds: float,
    ) -> None:
        self._record = record
        self._batch = batch
        self._max_waiting = waiting
        self._busy_seconds = busy_seconds
        self._queues: dict[str, Queue] = {}
        self._count = 0
        self._arrived = asyncio.Event()
        self._draining = False

    async def decide(self, decisions: Sequence[Decision]) -> list[Outcome | Exception]:
        """One outcome (or error) each, in order. Raises Problem overloaded or draining before any is queued."""
        if self._draining:
            metrics.refused.labels("draining").inc()
            raise Problem("draining")
        if self._count + len(decisions) > self._max_waiting:
            metrics.refused.labels("decisions").inc()
            raise Problem("overloaded", "Too many decisions are waiting to be written. Try again shortly.")
        if not decisions:
            return []
        deadline, submission = time.monotonic() + self._busy_seconds, Submission(len(decisions))
        for index, decision in enumerate(decisions):
            self._queues.setdefault(decision.principal, Queue()).put(
                QueuedDecision(decision, deadline, submission, index)
            )
        self._count += len(decisions)
        metrics.decisions_waiting.set(self._count)
        self._arrived.set()
        with switch.waiting(len(decisions)) as submission.trace:
            await submission.completion
        return submission.results

    async def drain(self, seconds: float) -> None:
        """Takes no more decisions, and returns when none waits; those that still do after this time are refused."""
        self._draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._count:
                    await asyncio.sleep(0.02)
        self._refuse_waiting()

    def _refuse_waiting(self) -> None:
        for queue in self._queues.values():
            for item in queue.drain():
                self._settle(item, Problem("draining"))

    async def run(self) -> None:
        """Commits until cancelled."""
        try:
            while True:
                batch = self._next_batch()
                if batch:
                    await self._commit(batch)
                else:
                    await self._pause()
        finally:
            self._refuse_waiting()

    async def _pause(self) -> None:
        """Until something arrives, or until a held consent may be asked again."""
        self._arrived.clear()
        until = min((queue.waits_until() for queue in self._queues.values()), default=None)
        try:
            async with asyncio.timeout(None if until is None else max(until - time.monotonic(), 0.001)):
                await self._arrived.wait()
        except TimeoutError:
            pass

    def _next_batch(self) -> list[QueuedDecision]:
        """Fairly over principals: a consent of each in turn, revocations of each first."""
        now = time.monotonic()
        batch: list[QueuedDecision] = []
        keys: Keys = {}
        turns = deque((queue, queue.ready(now)) for queue in self._queues.values())
        while turns and len(batch) < self._batch:
            queue, consents = turns.popleft()
            consent = next(consents, None)
            if consent is not None:
                batch += queue.take(consent, keys)
                turns.append((queue, consents))
        for item in batch[self._batch :][::-1]:
            self._queues[item.decision.principal].put_back(item)
        self._queues = {principal: queue for principal, queue in self._queues.items() if queue}
        return batch[: self._batch]

    async def _commit(self, batch: list[QueuedDecision]) -> None:
        """One transaction; a statement that fails is repeated or, where one decision poisons it, halved."""
        try:
            recorded = await self._recorded(batch)
        except StatementFailed as error:
            await self._failed(batch, error)
        except Busy:
            for item in reversed(batch):
                self._ask_again(item, LOCK_SECONDS)
        except ReadOnly:
            self._fail(batch, "read-only", "PostgreSQL takes no writes now; nothing was changed.")
        except DatabaseAway:
            self._fail(batch, "database-away", "PostgreSQL cannot be reached; nothing was changed.")
        except OutcomeUnknown:
            self._fail(batch, "outcome-unknown", "Send the request again with the same Idempotency-Key to find out.")
        except Exception:
            logger.exception("writer failed")
            self._fail(batch, "internal", "The decision could not be recorded.")
        else:
            self._done(batch, dict(recorded.outcomes))

    async def _recorded(self, batch: list[QueuedDecision]) -> Recorded:
        decisions = _encoder.encode([item.decision for item in batch]).decode()
        if switch.tracer is None:
            return await self._record(decisions)
        with switch.tracer.commit((item.submission.trace for item in batch), len(batch)) as commit:
            recorded = await self._record(decisions)
            commit.made(row.seq for row in recorded.rows)
            return recorded

    def _done(self, batch: list[QueuedDecision], outcomes: dict[int, Outcome]) -> None:
        """After a commit."""
        metrics.commits.inc()
        metrics.decisions_per_commit.observe(len(batch))
        if len(outcomes) != len(batch):
            logger.error("decisions without an outcome", decisions=len(batch), outcomes=len(outcomes))
        results = [(item, outcomes.get(index, NO_OUTCOME)) for index, item in enumerate(batch)]
        # Backwards, because what is put back goes to the front of its line.
        for item, outcome in reversed(results):
            if outcome.problem == "busy":
                self._ask_again(item)
        self._answer(entry for entry in results if entry[1].problem != "busy")

    async def _failed(self, batch: list[QueuedDecision], error: StatementFailed) -> None:
        if error.sqlstate in _REPEAT and batch[0].tries < 10:
            metrics.batches_repeated.inc()
            for item in batch:
                item.tries += 1
            await asyncio.sleep(random.uniform(0, 0.01))
            await self._commit(batch)
        elif len(batch) > 1:
            metrics.batches_halved.inc()
            await self._commit(batch[: len(batch) // 2])
            await self._commit(batch[len(batch) // 2 :])
        else:
            logger.error("decision failed", sqlstate=error.sqlstate, reason=str(error))
            self._fail(batch, "internal", "The decision could not be recorded; nothing was changed.")

    def _answer(self, results: Iterator[tuple[QueuedDecision, Outcome]]) -> None:
        """A few requests at a time: clients who are all answered at once all ask again at once, and then PostgreSQL and
        this process do nothing but wait for each other."""
        answered = 0
        for item, outcome in results:
            answered += self._settle(item, outcome)
            if answered == _ANSWERED_AT_ONCE:
                asyncio.get_running_loop().call_soon(self._answer, results)
                return

    def _ask_again(self, item: QueuedDecision, takes: float = 0.0) -> None:
        """Back to the front of its line, or busy, where the next try (which takes seconds) would be too late."""
        item.tries += 1
        item.not_before = time.monotonic() + min(0.005 * 2 ** min(item.tries, 6), 0.25)
        if item.not_before + takes < item.deadline:
            self._queues.setdefault(item.decision.principal, Queue()).put_back(item)
        else:
            self._settle(item, Outcome("busy", None, None))

    def _fail(self, batch: list[QueuedDecision], code: str, detail: str) -> None:
        for item in batch:
            self._settle(item, Problem(code, detail))

    def _settle(self, item: QueuedDecision, result: Outcome | Exception) -> bool:
        """Whether the whole request is answered by it."""
        self._count -= 1
        metrics.decisions_waiting.set(self._count)
        metrics.decisions.labels(_label(result)).inc()
        return item.settle(result)


def _label(result: Outcome | Exception) -> str:
    if isinstance(result, Problem):
        return result.code
    if isinstance(result, Outcome):
        return result.problem or ("changed" if result.position else "unchanged")
    return "internal"


_encoder = msgspec.json.Encoder()
