"""The delivery of one endpoint by this process, for as long as it holds it."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError
from consentfeed.feed.filter import Filter
from consentfeed.feed.follower import Follower
from consentfeed.log.position import Position
from consentfeed.postgres.webhooks import Webhook, WebhookQueries
from consentfeed.webhooks.message import message
from consentfeed.webhooks.sender import Failure, Sender
from consentfeed.webhooks.source import Lost, Portion, Source

logger = structlog.get_logger()
ALL: Final = "all"
_FIRST_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 4 * 3600.0
_DAYS: Final = 5.0
_AGAIN_SECONDS: Final = 2.0
_IDLE_SECONDS: Final = 30.0
# How often it is noted that events passed which are for others.
_SKIP_SECONDS: Final = 5.0


class Delivery:
    """Sends an endpoint its events, from the position that the database has. holds_until: by the monotonic clock."""

    def __init__(
        self,
        webhook: Webhook,
        sender: Sender,
        source: Source,
        follower: Follower,
        queries: WebhookQueries,
        holder: UUID,
    ) -> None:
        self.webhook = webhook
        self.holds_until = 0.0
        self._sender = sender
        self._source = source
        self._follower = follower
        self._queries = queries
        self._holder = holder
        self._filter = filter_of(webhook)
        # What is noted, and how far it has been read: between them are events for others.
        self._noted = self._read = webhook.position
        self._noted_at = time.monotonic()
        self._tries = webhook.tries
        # The last event of what failed: it is sent again as it was, not together with what has come since.
        self._upto: int | None = None

    async def run(self) -> None:
        """Until the endpoint is not this process's any more, or is given up; or cancelled."""
        try:
            await asyncio.sleep(max(self.webhook.wait_seconds or 0, 0))
            while await self._patiently(self._step):
                pass
        finally:
            await self._sender.close()

    async def _patiently(self, what: Callable[[], Awaitable[bool]]) -> bool:
        """The answer, as soon as PostgreSQL lets us have one."""
        while True:
            try:
                return await what()
            except ConsentfeedError as error:
                metrics.chores_failed.labels("webhooks").inc()
                logger.warning("cannot deliver now", webhook=self.webhook.name, error=type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _step(self) -> bool:
        """Sends what is next, or waits for it; False where that is not for this process any more."""
        if self._follower.history_changed:
            return False  # after a restore the database has another position: it is read anew
        if time.monotonic() >= self.holds_until:
            # Whether it is still ours nobody can say; it is renewed, or this is cancelled.
            await asyncio.sleep(_AGAIN_SECONDS)
            return True
        try:
            portion = await self._source.next(self._filter, self._read, self.webhook.batch, self._upto)
        except Lost as error:
            return await self._failed(Failure("place-lost", str(error)), final=True)
        if portion.events:
            return time.monotonic() >= self.holds_until or await self._deliver(portion)
        self._read = portion.end
        due = self._noted_at + _SKIP_SECONDS - time.monotonic()
        if self._read.seq > self._noted.seq and due <= 0:
            return await self._advance(self._read, delivered=False)
        await self._follower.wait(due if self._read.seq > self._noted.seq else _IDLE_SECONDS)
        return True

    async def _deliver(self, portion: Portion) -> bool:
        content = message(portion.events, batch=self.webhook.batch > 1, personal_data=self.webhook.personal_data)
        failure = await self._sender.send(content)
        if failure is None:
            metrics.webhook_events.labels(self.webhook.name).inc(len(portion.events))
            return await self._patiently(lambda: self._advance(portion.end, delivered=True))
        self._upto = portion.events[-1].seq
        return await self._patiently(lambda: self._failed(failure, final=failure.final))

    async def _advance(self, position: Position, *, delivered: bool) -> bool:
        mine = await self._queries.advance_webhook(
            self.webhook.name, self._holder, self._noted.seq, position, delivered=delivered
        )
        if mine:
            self._noted = self._read = position
            self._noted_at = time.monotonic()
            self._tries, self._upto = 0, None
        return mine

    async def _failed(self, failure: Failure, *, final: bool) -> bool:
        """Notes it, and waits; False where it is given up, or somebody else's."""
        name, wait = self.webhook.name, backoff(self._tries, failure.retry_after)
        outcome = await self._queries.fail_webhook(
            name, self._holder, self._noted.seq, failure.code, failure.detail, wait, _DAYS, final=final
        )
        metrics.webhook_failures.labels(name).inc()
        if outcome == "disabled":
            logger.error("an endpoint is given up", webhook=name, reason=failure.code)
        elif not self._tries:
            logger.warning("an endpoint fails", webhook=name, reason=failure.code)
        if outcome != "failing":
            return False
        self._tries += 1
        await asyncio.sleep(wait)
        return True


def backoff(tries: int, retry_after: float = 0.0) -> float:
    """Seconds until the next try after so many that failed: longer each time, by chance, four hours at most."""
    longest = min(_FIRST_SECONDS * float(1 << min(tries, 20)), _LONGEST_SECONDS)
    return max(longest * random.uniform(0.75, 1.0), min(retry_after, _LONGEST_SECONDS))


def filter_of(webhook: Webhook) -> Filter:
    """Which events are for an endpoint."""
    return Filter(
        purposes=frozenset(webhook.purposes) or None,
        channels=frozenset(webhook.channels) or None,
        types=frozenset(webhook.types) or None,
        kinds=None if ALL in webhook.kinds else frozenset(webhook.kinds),
    )
