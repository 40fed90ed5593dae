"""A node's own numbers, told to the database every few seconds, so that any node can show them all."""

import asyncio
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import msgspec
import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError
from consentfeed.postgres.operations import OperationQueries

logger = structlog.get_logger()
_SECONDS: Final = 5.0
_LAST_WORDS_SECONDS: Final = 1.0


class Reporter:
    """What this node is and does."""

    def __init__(self, operations: OperationQueries, worker: int | None) -> None:
        """worker: its number among those of this machine."""
        self._operations = operations
        self._id = uuid4()
        self._host = socket.gethostname() + (f"/{worker}" if worker else "")
        self._started_at = datetime.now(UTC)
        self._born = self._at = time.monotonic()
        self._before = _counted()

    async def run(self) -> None:
        """Reports until cancelled; what cannot be told is dropped."""
        # Only now: what was read to warm up is not a rate.
        self._before, self._at = _counted(), time.monotonic()
        while True:
            numbers = msgspec.json.encode(self._numbers()).decode()
            try:
                await self._operations.report_node(self._id, self._host, self._started_at, numbers)
            except ConsentfeedError as error:
                metrics.chores_failed.labels("report").inc()
                logger.warning("cannot report now", error=type(error).__name__, reason=str(error))
            await asyncio.sleep(_SECONDS)

    async def stop(self) -> None:
        """The last report: this node is gone, as far as that can be told."""
        with suppress(ConsentfeedError, TimeoutError):
            await asyncio.wait_for(self._operations.forget_node(self._id), _LAST_WORDS_SECONDS)

    def _numbers(self) -> dict[str, float]:
        counted, at = _counted(), time.monotonic()
        seconds = max(at - self._at, 0.001)
        rates = {name: round((count - self._before[name]) / seconds, 1) for name, count in counted.items()}
        self._before, self._at = counted, at
        return {
            "streams": round(metrics.total(metrics.streams_open)),
            "streams_behind": round(metrics.total(metrics.streams_behind)),
            "lag_events": round(metrics.total(metrics.feed_lag_events)),
            "lag_seconds": round(metrics.total(metrics.feed_lag_seconds), 1),
            # Where it has not heard yet, since the start.
            "listener_age": round(min(metrics.total(metrics.listener_age), at - self._born), 1),
            **rates,
            "resets": round(metrics.total(metrics.resets)),
            "decisions_waiting": round(metrics.total(metrics.decisions_waiting)),
        }


def _counted() -> dict[str, float]:
    """What only grows, by the name of its rate."""
    return {
        "writes_per_second": metrics.total(metrics.decisions, outcome="changed"),
        "events_per_second": metrics.total(metrics.events_read),
        "deliveries_per_second": metrics.total(metrics.deliveries),
    }
