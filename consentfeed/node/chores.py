"""What a node does now and then for the database: expires consents that are due, and keeps house."""

import asyncio

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.postgres.operations import OperationQueries
from consentfeed.postgres.trail import TrailQueries

logger = structlog.get_logger()
_EXPIRE_SECONDS = 5.0
_EXPIRE_BATCH = 500
_HOUSE_SECONDS = 600.0
_FORGET_BATCH = 10_000


class Chores:
    """Each is done on every node, and safe to be done by many at once.

    trail_days: how long lines of the access trail are kept.
    """

    def __init__(
        self, consents: ConsentQueries, operations: OperationQueries, trail: TrailQueries, trail_days: int
    ) -> None:
        self._consents = consents
        self._operations = operations
        self._trail = trail
        self._trail_days = trail_days

    async def expire(self) -> None:
        """Expires what is due, every few seconds; until cancelled."""
        while True:
            try:
                while count := await self._consents.expire_consents(_EXPIRE_BATCH):
                    metrics.expired.inc(count)
            except ConsentfeedError as error:
                metrics.chores_failed.labels("expire").inc()
                logger.warning("cannot expire consents now", error=type(error).__name__, reason=str(error))
            await asyncio.sleep(_EXPIRE_SECONDS)

    async def keep_house(self) -> None:
        """Forgets what is no longer needed, and keeps partitions ahead of the log; until cancelled."""
        while True:
            try:
                await self._operations.keep_house()
                while await self._trail.forget_accesses(self._trail_days, _FORGET_BATCH) == _FORGET_BATCH:
                    pass
            except ConsentfeedError as error:
                metrics.chores_failed.labels("house").inc()
                logger.warning("cannot keep house now", error=type(error).__name__, reason=str(error))
            await asyncio.sleep(_HOUSE_SECONDS)
