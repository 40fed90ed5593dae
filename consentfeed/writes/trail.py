"""Notes who is shown whose data, before the answer leaves: the lines of all who wait in one commit."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec
import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError, Problem, StatementFailed
from consentfeed.permissions import Principal
from consentfeed.postgres.batched import Batched

logger = structlog.get_logger()
Action = Literal[
    "list-consents", "read-consent", "read-history", "repeat-decision", "list-customers", "read-customer",
    "register-customer", "revoke-by-contact", "check-consents", "open-stream", "read-events", "list-accounts",
    "read-account", "list-sessions", "read-trail", "change-password", "set-password", "make-password-link",
    "export-consents", "import-rows", "save-webhook", "rotate-webhook", "replay-webhook", "delete-webhook",
    "read-preferences", "change-preferences", "list-rights-requests", "read-rights-request", "change-rights-request",
    "read-package",
]  # fmt: skip
# A line also when nobody's data are in the answer itself.
_ALWAYS: Final = frozenset(
    {
        "open-stream", "export-consents", "read-trail", "revoke-by-contact", "change-password", "set-password",
        "make-password-link", "save-webhook", "rotate-webhook", "replay-webhook", "delete-webhook",
    }
)  # fmt: skip
SAME_SECONDS: Final = 60.0
_NONE: Final[Mapping[str, object]] = {}
_REMEMBERED: Final = 50_000
_WAITING: Final = 10_000
_BATCH_BYTES: Final = 256 << 10  # some thousand lines, or ids of customers


class Line(msgspec.Struct):
    """One line, as record_accesses() takes it."""

    actor: str
    actor_role: str
    session: UUID | None
    action: Action
    customers: list[str]
    filters: dict[str, object]
    rows: int


class Entry(NamedTuple):
    """A line that stands for all that say the same until a minute has passed, and the task that writes it."""

    since: float
    written: asyncio.Task[None]


class Trail:
    """Writes lines, all that arrive during a commit as the next one. `record` takes them as a JSON array."""

    def __init__(self, record: Callable[[str], Awaitable[None]]) -> None:
        self._record = record
        self._lines: Batched[bytes, None] = Batched(self._write, at_once=1, most=_BATCH_BYTES, weigh=len)
        self._waiting = 0
        # By the hash of what the line says, oldest first.
        self._entries: dict[bytes, Entry] = {}

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
        subjects = [str(customer) for customer in customers]
        if principal.role == "customer" or not (subjects or action in _ALWAYS):
            return
        line = Line(
            actor=principal.id,
            actor_role=principal.role,
            session=principal.session,
            action=action,
            customers=list(dict.fromkeys(subjects)),
            filters={name: value for name, value in filters.items() if value},
            rows=len(subjects) if rows is None else rows,
        )
        entry = self._entry(_encoder.encode(line))
        if not entry.written.done():
            # Who goes away must not take the line from others who wait for it.
            await asyncio.shield(entry.written)

    def close(self) -> None:
        """Writes no more: requests that still wait for a line are refused."""
        self._lines.close(Problem("draining"))

    def _entry(self, line: bytes) -> Entry:
        """The one that says the same, else a new one."""
        self._forget()
        digest = hashlib.blake2b(line, digest_size=16).digest()
        if digest not in self._entries:
            if self._waiting >= _WAITING:
                metrics.refused.labels("trail").inc()
                raise Problem("overloaded", "Too many requests wait for the access trail. Try again shortly.")
            self._waiting += 1
            metrics.trail_waiting.inc()
            task = asyncio.create_task(self._lines.get(line))
            task.add_done_callback(lambda _: self._written(digest, task))
            self._entries[digest] = Entry(time.monotonic(), task)
        return self._entries[digest]

    def _written(self, digest: bytes, task: asyncio.Task[None]) -> None:
        """Forgets a line that could not be written."""
        self._waiting -= 1
        metrics.trail_waiting.dec()
        failed = task.cancelled() or task.exception()
        if failed and digest in self._entries and self._entries[digest].written is task:
            del self._entries[digest]

    def _forget(self) -> None:
        """What stands for nothing more, or is too much to remember."""
        until = time.monotonic() - SAME_SECONDS
        while self._entries:
            digest, oldest = next(iter(self._entries.items()))
            if oldest.since > until and len(self._entries) < _REMEMBERED:
                return
            del self._entries[digest]

    async def _write(self, lines: list[bytes]) -> dict[bytes, None]:
        """One transaction; where it fails, so do all who wait for it."""
        try:
            await self._record(f"[{b','.join(lines).decode()}]")
        except StatementFailed as error:
            metrics.trail_failures.inc()
            logger.error("access trail failed", sqlstate=error.sqlstate, reason=str(error))
            raise Problem("internal", "The access could not be noted.") from None
        except ConsentfeedError:
            metrics.trail_failures.inc()
            raise
        metrics.trail_commits.inc()
        metrics.trail_lines.inc(len(lines))
        return dict.fromkeys(lines)


class _Account(msgspec.Struct):
    id: str
    role: str


def customers_among(accounts: Iterable[str | None]) -> list[str]:
    """Ids of those accounts (JSON) that are customers'."""
    known = [msgspec.json.decode(account, type=_Account) for account in accounts if account]
    return [account.id for account in known if account.role == "customer"]


_encoder = msgspec.json.Encoder()
