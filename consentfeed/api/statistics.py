"""What the admin page draws: the last hour of the nodes, decisions by day, and how many have said yes to what."""

import asyncio
import time
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.http.answer import Json
from consentfeed.http.endpoint import Endpoint
from consentfeed.permissions import Principal
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.postgres.log import LogQueries
from consentfeed.postgres.operations import OperationQueries

_DAYS: Final = 14
# Counting reads all consents and the events of these days: once for all who look within a minute.
_KEPT_SECONDS: Final = 60.0


class Minute(Struct):
    """One minute of all nodes together; lag_seconds is the most that any of them lay behind the log."""

    at: datetime
    streams: int
    decisions: int
    lag_seconds: float


class Day(Struct):
    """How often consents of a purpose were granted and revoked on a day (UTC)."""

    day: str
    purpose: str
    granted: int
    revoked: int


class Tally(Struct):
    """How many consents of a purpose stand in each status."""

    purpose: str
    granted: int
    revoked: int
    expired: int
    pending: int


class Statistics(Struct):
    """The last hour, the last days, and today's consents; counted_at is when days and purposes were counted."""

    minutes: list[Minute]
    days: list[Day]
    purposes: list[Tally]
    counted_at: datetime


class StatisticsApi:
    """Reads and counts."""

    def __init__(self, operations: OperationQueries, log: LogQueries, consents: ConsentQueries) -> None:
        self._operations = operations
        self._log = log
        self._consents = consents
        self._lock = asyncio.Lock()
        self._counted: tuple[float, dict[str, object]] | None = None

    def endpoints(self) -> list[Endpoint]:
        """The route of this file."""
        return [Endpoint("GET", "/api/v1/statistics", self.all, "What the overview draws", gives=Statistics)]

    async def all(self, _request: Request, _principal: Principal) -> Response:
        """The minutes as they are now, and what was counted within the last minute."""
        minutes = [dict(row) for row in await self._operations.list_minutes()]
        return Json(msgspec.json.encode({"minutes": minutes, **await self._count()}))

    async def _count(self) -> dict[str, object]:
        async with self._lock:
            if self._counted is None or time.monotonic() - self._counted[0] > _KEPT_SECONDS:
                days = [dict(row) for row in await self._log.decisions_by_day(_DAYS)]
                purposes = [dict(row) for row in await self._consents.count_consents()]
                at = datetime.now().astimezone()
                self._counted = time.monotonic(), {"days": days, "purposes": purposes, "counted_at": at}
            return self._counted[1]
