"""All endpoints, as this process delivers them: it takes those that nobody does, and lets go of what is not its own."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import uuid4

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError
from consentfeed.feed.follower import Follower
from consentfeed.feed.live import Feed
from consentfeed.log.event import rfc3339
from consentfeed.log.seal import Seal, Unreadable
from consentfeed.postgres.webhooks import Webhook, WebhookQueries
from consentfeed.webhooks.addresses import Addresses, Refused, Unresolved
from consentfeed.webhooks.delivery import Delivery
from consentfeed.webhooks.message import test_message
from consentfeed.webhooks.sender import Failure, Sender
from consentfeed.webhooks.source import Source
from consentfeed.webhooks.target import NoTarget, host_of, port_of, target

logger = structlog.get_logger()
_LOOK_SECONDS: Final = 2.0
_LAST_WORDS_SECONDS: Final = 1.0
# A node that is gone is replaced after this long; one that sleeps for longer is fenced off by the database.
HOLD_SECONDS: Final = 15.0


class Running(NamedTuple):
    """A delivery and its task, and what wakes it."""

    delivery: Delivery
    task: asyncio.Task[None]
    follower: Follower


class Webhooks:
    """Delivers every endpoint that this process holds."""

    def __init__(self, queries: WebhookQueries, feed: Feed, source: Source, seal: Seal, addresses: Addresses) -> None:
        self._queries = queries
        self._feed = feed
        self._source = source
        self._seal = seal
        self._addresses = addresses
        self._id = uuid4()
        self._woken = asyncio.Event()
        self._running: dict[str, Running] = {}
        self._known: set[str] = set()

    def wake(self) -> None:
        """Somebody has changed an endpoint."""
        self._woken.set()

    def sealed(self, name: str, secret: bytes) -> bytes:
        """A secret as the database keeps it."""
        return self._seal.seal(name.encode(), secret)

    async def check(self, text: str) -> None:
        """Raises NoTarget for a URL that nothing would be sent to; a name that has no address yet may get one."""
        url = target(text)
        try:
            await self._addresses.of(host_of(url), port_of(url))
        except Refused as error:
            raise NoTarget(f"{error} is not public, and no network of CONSENTFEED_WEBHOOK_NETWORKS.") from None
        except Unresolved:
            pass

    def sender(self, webhook: Webhook) -> Sender:
        """Sends to an endpoint."""
        return Sender(webhook.url, self._keys(webhook), self._addresses)

    def _keys(self, webhook: Webhook) -> list[bytes]:
        """The secret, and while it counts the one before; none where another CONSENTFEED_SECRET has sealed them."""
        sealed = [webhook.secret, *([] if webhook.old_secret is None else [webhook.old_secret])]
        try:
            return [self._seal.open(webhook.name.encode(), one) for one in sealed]
        except Unreadable:
            return []

    async def test(self, webhook: Webhook) -> Failure | None:
        """Sends a message that is about nothing, now and once; why it was not taken, None: it was."""
        content = test_message(f"test-{uuid4().hex}", rfc3339(datetime.now(UTC)), webhook.name, batch=webhook.batch > 1)
        sender = self.sender(webhook)
        try:
            return await sender.send(content)
        finally:
            await sender.close()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except ConsentfeedError as error:
                metrics.chores_failed.labels("webhooks").inc()
                logger.warning("cannot look after webhooks now", error=type(error).__name__, reason=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._woken.wait()
            self._woken.clear()

    async def stop(self) -> None:
        """Ends deliveries, and lets another node go on at once, as far as that can be said."""
        had_some = bool(self._running)
        for name in [*self._running]:
            await self._end(name)
        if had_some:
            with suppress(ConsentfeedError, TimeoutError):
                await asyncio.wait_for(self._queries.release_webhooks(self._id), _LAST_WORDS_SECONDS)

    async def look(self) -> None:
        """Begins, renews and ends deliveries, as the database has it. Raises ConsentfeedError."""
        await self._queries.hold_webhooks(self._id, HOLD_SECONDS)
        # Before it is asked for how long: what passes until the answer is there is lost, not won.
        asked_at = time.monotonic()
        webhooks = await self._queries.list_webhooks(self._id)
        for webhook in webhooks:
            _measure(webhook)
            await self._keep(webhook, asked_at + (webhook.held_seconds or 0))
        gone = self._known - {webhook.name for webhook in webhooks}
        for name in gone:
            await self._end(name)
            _forget(name)
        self._known = {webhook.name for webhook in webhooks}

    async def _keep(self, webhook: Webhook, until: float) -> None:
        running = self._running.get(webhook.name)
        if webhook.disabled_at is not None or until <= time.monotonic():
            await self._end(webhook.name)
            return
        if running is None or running.task.done() or _state(running.delivery.webhook) != _state(webhook):
            await self._end(webhook.name)
            running = self._begin(webhook)
        running.delivery.holds_until = until

    def _begin(self, webhook: Webhook) -> Running:
        follower = self._feed.follow()
        delivery = Delivery(webhook, self.sender(webhook), self._source, follower, self._queries, self._id)
        running = Running(delivery, asyncio.create_task(delivery.run(), name=f"webhook {webhook.name}"), follower)
        self._running[webhook.name] = running
        return running

    async def _end(self, name: str) -> None:
        running = self._running.pop(name, None)
        if running is not None:
            self._feed.unfollow(running.follower)
            running.task.cancel()
            (outcome,) = await asyncio.gather(running.task, return_exceptions=True)
            if isinstance(outcome, Exception):
                logger.error("a delivery failed", webhook=name, error=type(outcome).__name__, exc_info=outcome)


def _state(webhook: Webhook) -> tuple[int, bytes | None]:
    """With another one a delivery begins anew: somebody has changed something, or the old secret counts no more."""
    return webhook.turn, webhook.old_secret


def _measure(webhook: Webhook) -> None:
    metrics.webhook_events.labels(webhook.name)
    metrics.webhook_failures.labels(webhook.name)
    metrics.webhook_behind.labels(webhook.name).set(webhook.behind)
    metrics.webhook_disabled.labels(webhook.name).set(webhook.disabled_at is not None)


def _forget(name: str) -> None:
    for metric in (
        metrics.webhook_behind, metrics.webhook_disabled, metrics.webhook_events, metrics.webhook_failures,
    ):  # fmt: skip
        metric.remove(name)
