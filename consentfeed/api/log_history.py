"""GET /history: the whole log, newest first, page by page: what the activity of the dashboard scrolls back through."""

from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.customer_history import HistoryPage, HistoryQuery
from consentfeed.api.event_entry import event_entries
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import read_query
from consentfeed.log.event import event_from_row
from consentfeed.log.ids import PLAIN
from consentfeed.permissions import Principal
from consentfeed.postgres.log import LogQueries
from consentfeed.writes.trail import Trail


class LogHistoryQuery(HistoryQuery, forbid_unknown_fields=True):
    """Which page."""


class LogHistoryApi:
    """The log, backwards."""

    def __init__(self, log: LogQueries, trail: Trail) -> None:
        self._log = log
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The one route of this file."""
        return [
            Endpoint(
                "GET", "/api/v1/history", self.history, "All events, newest first",
                query=LogHistoryQuery, gives=HistoryPage,
            )
        ]  # fmt: skip

    async def history(self, request: Request, principal: Principal) -> Response:
        """A page of the log."""
        query = read_query(request, LogHistoryQuery)
        before = PLAIN.read(query.cursor) if query.cursor else None
        if query.cursor and before is None:
            raise Problem("invalid", "cursor is what an answer gave as next.")
        rows = await self._log.log_history(before and before.seq, query.limit + 1)
        events = [event_from_row(row) for row in rows[: query.limit]]
        customers = [event.customer_id for event in events if event.customer_id]
        await self._trail.note(principal, "read-history", customers)
        entries = event_entries(events, PLAIN)
        return json_answer({"events": entries, "next": entries[-1]["id"] if len(rows) > query.limit else None})
