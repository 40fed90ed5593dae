"""GET /customers/{id}/history: all that happened to a customer, newest first, for one card in one request."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.event_entry import event_entries
from consentfeed.api.shapes import Event
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, Limit, path_id, read_query
from consentfeed.log.event import event_from_row
from consentfeed.log.ids import SealedIds, ids_for
from consentfeed.permissions import Principal
from consentfeed.postgres.customers import CustomerQueries
from consentfeed.postgres.log import LogQueries
from consentfeed.writes.trail import Trail

_UNKNOWN: Final = "No customer has this id."


class HistoryPage(Struct):
    """Events, newest first, and the cursor of the next page if there is one."""

    events: list[Event]
    next: str | None


class HistoryQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which page."""

    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""


class CustomerHistoryApi:
    """The history of a customer."""

    def __init__(self, customers: CustomerQueries, log: LogQueries, sealed_ids: SealedIds, trail: Trail) -> None:
        self._customers = customers
        self._log = log
        self._sealed_ids = sealed_ids
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The one route of this file."""
        return [
            Endpoint(
                "GET", "/api/v1/customers/{id}/history", self.history, "Events of a customer, newest first",
                query=HistoryQuery, gives=HistoryPage,
            )
        ]  # fmt: skip

    async def history(self, request: Request, principal: Principal) -> Response:
        """A page of a customer's events."""
        customer, query = path_id(request, _UNKNOWN), read_query(request, HistoryQuery)
        if principal.only_customer not in (None, customer):
            raise Problem("not-found", _UNKNOWN)
        ids = ids_for(principal, self._sealed_ids)
        # A page ends at an event's id, which tells a customer no position.
        before = ids.read(query.cursor) if query.cursor else None
        if query.cursor and before is None:
            raise Problem("invalid", "cursor is what an answer gave as next.")
        rows = await self._log.customer_history(customer, before and before.seq, query.limit + 1)
        if not rows and await self._customers.one_customer(customer) is None:
            raise Problem("not-found", _UNKNOWN)
        await self._trail.note(principal, "read-history", [customer])
        events = [event_from_row(row) for row in rows[: query.limit]]
        entries = event_entries(events, ids)
        return json_answer({"events": entries, "next": entries[-1]["id"] if len(rows) > query.limit else None})
