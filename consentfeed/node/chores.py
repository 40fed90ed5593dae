"""What a node does now and then for the database: expires consents that are due, and keeps house."""

import asyncio

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.postgres.operations import OperationQueries
from consentfeed.postgres.rights_requests import RightsRequestQueries
from consentfeed.postgres.trail import TrailQueries

logger = structlog.get_logger()
_EXPIRE_SECONDS = 5.0
_EXPIRE_BATCH = 500
_HOUSE_SECONDS = 600.0
_FORGET_BATCH = 10_000
_TEXTS_BATCH = 100
_COUNT_SECONDS = 15.0


class Chores:
    """Each is done on every node, and safe to be done by many at once.

    trail_days: how long lines of the access trail are kept; text_days: and texts of requests. time_zone: in which
    days end; None: as the database has it.
    """

    def __init__(
        self,
        consents: ConsentQueries,
        operations: OperationQueries,
        trail: TrailQueries,
        requests: RightsRequestQueries,
        trail_days: int,
        text_days: int,
        time_zone: str | None,
    ) -> None:
        self._consents = consents
        self._operations = operations
        self._trail = trail
        self._requests = requests
        self._trail_days = trail_days
        self._text_days = text_days
        self._time_zone = time_zone

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
                while await self._requests.forget_texts(self._text_days, _TEXTS_BATCH) == _TEXTS_BATCH:
                    pass
            except ConsentfeedError as error:
                metrics.chores_failed.labels("house").inc()
                logger.warning("cannot keep house now", error=type(error).__name__, reason=str(error))
            await asyncio.sleep(_HOUSE_SECONDS)

    async def count_requests(self) -> None:
        """Sets the time zone of deadlines, once, then counts rights requests every few seconds; until cancelled."""
        while True:
            try:
                if self._time_zone:
                    await self._requests.save_time_zone(self._time_zone)
                    self._time_zone = None
                for row in await self._requests.counts():
                    metrics.rights_open.labels(row["kind"]).set(row["open"])
                    metrics.rights_overdue.labels(row["kind"]).set(row["overdue"])
                    metrics.rights_due_soon.labels(row["kind"]).set(row["due_soon"])
            except ConsentfeedError as error:
                metrics.chores_failed.labels("requests").inc()
                logger.warning("cannot count requests now", error=type(error).__name__, reason=str(error))
            await asyncio.sleep(_COUNT_SECONDS)
