"""Notes who is shown whose data, before the answer leaves: the lines of all who wait in one commit."""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, Literal
from uuid import UUID

import msgspec
import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError, Problem, StatementFailed
from consentfeed.permissions import Principal

logger = structlog.get_logger()
Action = Literal[
    "list-consents", "read-consent", "read-history", "repeat-decision", "list-customers", "read-customer",
    "open-stream", "read-events", "list-accounts", "read-account", "list-sessions", "read-trail",
]  # fmt: skip
# A line also when nobody's data are in the answer itself.
_ALWAYS: Final = frozenset({"open-stream", "read-trail"})
SAME_SECONDS: Final = 60.0
_NONE: Final[Mapping[str, object]] = {}
_REMEMBERED: Final = 50_000
_WAITING: Final = 10_000
_LINES: Final = 500
_IDS: Final = 20_000


class Line(msgspec.Struct):
    """One line, as record_accesses() takes it."""

    actor: str
    actor_role: str
    session: UUID | None
    action: Action
    customers: list[str]
    filters: dict[str, object]
    rows: int


class Noted:
    """A line, since when it stands for what is the same, and who waits for it."""

    __slots__ = ("line", "mark", "since", "written")

    def __init__(self, line: Line, mark: bytes) -> None:
        self.line: Line | None = line
        self.mark = mark
        self.since = time.monotonic()
        self.written: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Trail:
    """Queues lines, and commits all that arrived during the last commit as one transaction."""

    def __init__(self, record: Callable[[str], Awaitable[None]]) -> None:
        self._record = record
        self._queue: deque[Noted] = deque()
        # By what the line says, oldest first.
        self._noted: dict[bytes, Noted] = {}
        self._arrived = asyncio.Event()

    async def note(
        self,
        principal: Principal,
        action: Action,
        customers: Iterable[UUID | str],
        filters: Mapping[str, object] = _NONE,
        rows: int | None = None,
    ) -> None:
        """Returns when the line, or the same one less than a minute ago, is committed; raises ConsentfeedError.

        customers: whose each row is; rows: how many, where these are not the rows. No line for what customers see.
        """
        shown = [str(customer) for customer in customers]
        if principal.role == "customer" or not (shown or action in _ALWAYS):
            return
        line = Line(
            actor=principal.id,
            actor_role=principal.role,
            session=principal.session,
            action=action,
            customers=list(dict.fromkeys(shown)),
            filters={name: value for name, value in filters.items() if value},
            rows=len(shown) if rows is None else rows,
        )
        noted = self._same(line)
        if not noted.written.done():
            await asyncio.shield(noted.written)

    def _same(self, line: Line) -> Noted:
        """The line where it is noted already, else one that waits from now on."""
        self._forget()
        mark = hashlib.blake2b(_encoder.encode(line), digest_size=16).digest()
        if mark not in self._noted:
            if len(self._queue) >= _WAITING:
                metrics.refused.labels("trail").inc()
                raise Problem("overloaded", "Too many requests wait for the access trail. Try again shortly.")
            self._noted[mark] = Noted(line, mark)
            self._queue.append(self._noted[mark])
            metrics.trail_waiting.inc()
            self._arrived.set()
        return self._noted[mark]

    def _forget(self) -> None:
        """What stands for nothing more, or is too much to remember."""
        until = time.monotonic() - SAME_SECONDS
        while self._noted:
            oldest = next(iter(self._noted.values()))
            if oldest.since > until and len(self._noted) < _REMEMBERED:
                return
            del self._noted[oldest.mark]

    async def run(self) -> None:
        """Commits until cancelled."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._queue:
                    await self._commit(self._next_batch())
        finally:
            self._settle(list(self._queue), Problem("draining"))
            self._queue.clear()

    def _next_batch(self) -> list[Noted]:
        batch: list[Noted] = []
        ids = 0
        while self._queue and len(batch) < _LINES and ids < _IDS:
            batch.append(self._queue.popleft())
            line = batch[-1].line
            ids += len(line.customers) if line else 0
        return batch

    async def _commit(self, batch: list[Noted]) -> None:
        """One transaction; where it fails, so do all who wait for it."""
        failure: Exception | None = Problem("draining")
        try:
            await self._record(_encoder.encode([noted.line for noted in batch]).decode())
        except StatementFailed as error:
            logger.error("access trail failed", sqlstate=error.sqlstate)
            failure = Problem("internal", "The access could not be noted.")
        except ConsentfeedError as error:
            failure = error
        else:
            metrics.trail_commits.inc()
            metrics.trail_lines.inc(len(batch))
            failure = None
        finally:
            if failure is not None:
                metrics.trail_failures.inc()
            self._settle(batch, failure)

    def _settle(self, lines: list[Noted], failure: Exception | None) -> None:
        """Tells all who wait, and forgets lines that were not written."""
        metrics.trail_waiting.dec(len(lines))
        for noted in lines:
            noted.line = None
            if failure is None:
                noted.written.set_result(None)
                continue
            if self._noted.get(noted.mark) is noted:
                del self._noted[noted.mark]
            noted.written.set_exception(failure)
            noted.written.exception()  # or asyncio complains where nobody waits any more


class _Account(msgspec.Struct):
    id: str
    role: str


def customers_among(accounts: Iterable[str | None]) -> list[str]:
    """Ids of those accounts (JSON) that are customers'."""
    known = [msgspec.json.decode(account, type=_Account) for account in accounts if account]
    return [account.id for account in known if account.role == "customer"]


_encoder = msgspec.json.Encoder()
