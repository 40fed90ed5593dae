"""Rights requests: what customers demand by law; written down, listed by what is due first, read, and their history."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.decision_request import IDEMPOTENCY_HEADER, Reason, read_key
from consentfeed.api.event_entry import event_entries
from consentfeed.api.rights_shapes import (
    ChangedRightsRequest,
    NewRightsRequest,
    RightsHistory,
    RightsPage,
    RightsSearch,
    WholeRightsRequest,
)
from consentfeed.errors import Problem
from consentfeed.http.answer import Json, json_answer
from consentfeed.http.conditions import tag_header
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import path_id, read_body, read_query
from consentfeed.http.paging import read_cursor, write_cursor
from consentfeed.log.event import event_from_row, rfc3339
from consentfeed.log.ids import Ids, SealedIds, ids_for
from consentfeed.log.position import Position
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import AccountQueries
from consentfeed.postgres.pool import Record
from consentfeed.postgres.rights_requests import RightsRequestQueries
from consentfeed.writes.trail import Trail

PATH: Final = "/api/v1/rights-requests"
UNKNOWN: Final = "No request has this id."
_POSITION: Final = {"Consentfeed-Position": "Place in the feed of the same snapshot: a stream after it misses nothing"}
_SORT: Final = "due_at"
_OPEN: Final = 100  # of one customer
_OLDEST: Final = timedelta(days=366)
_COUNTS: Final = ("open", "overdue", "due_soon", "mine", "unassigned")


class RightsRequestApi:
    """Writing requests down, and reading them."""

    def __init__(
        self, requests: RightsRequestQueries, accounts: AccountQueries, sealed_ids: SealedIds, trail: Trail
    ) -> None:
        self._requests = requests
        self._accounts = accounts
        self._sealed_ids = sealed_ids
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint(
                "POST", PATH, self.open, "Demand something by law; staff on the customer's behalf",
                body=NewRightsRequest, gives=ChangedRightsRequest, answers={201: "Written down"},
                headers=IDEMPOTENCY_HEADER,
                problems=("not-found", "erased", "reason-required", "too-many-requests"),
            ),
            Endpoint(
                "GET", PATH, self.all, "Requests, what is due first, page by page; to a customer the own ones",
                query=RightsSearch, gives=RightsPage, answer_headers=_POSITION,
            ),
            Endpoint(
                "GET", PATH + "/{id}", self.one, "One request, with what was written",
                gives=WholeRightsRequest, answer_headers={"ETag": "The request's version, for If-Match"},
            ),
            Endpoint(
                "GET", PATH + "/{id}/history", self.history, "Events of a request, oldest first", gives=RightsHistory
            ),
        ]  # fmt: skip

    async def open(self, request: Request, principal: Principal) -> Response:
        """Writes a request down."""
        body = await read_body(request, NewRightsRequest)
        customer, reason = _customer(principal, body), body.reason or Reason()
        key, _ = read_key(request, lenient=False)
        await self._trail.note(principal, "change-rights-request", [customer])
        row = await self._requests.open_request(
            body.kind, customer, body.received_at, body.text, _OPEN,
            principal.role, principal.id, "rest", reason.code, reason.reference, reason.text,
            principal.name, f"POST {PATH}", key, hashlib.sha256(msgspec.json.encode(body)).digest(),
        )  # fmt: skip
        return changed_answer(row, ids_for(principal, self._sealed_ids), "No customer has this id.", 201)

    async def all(self, request: Request, principal: Principal) -> Response:
        """A page of requests."""
        search = read_query(request, RightsSearch)
        if search.customer_id and principal.only_customer not in (None, str(search.customer_id)):
            raise Problem("forbidden", "Customers see their own requests alone.")
        rows = await self._requests.list_requests(
            *search.arguments(principal.id, principal.only_customer),
            *read_cursor(search.cursor, _SORT),
            search.limit + 1,
        )
        # As of consents: first the position of the same snapshot, and one row more than the page.
        position, page = Position(rows[0]["seq"], rows[0]["hash"]), rows[1 : search.limit + 1]
        last = page[-1] if len(rows) > search.limit + 1 else None
        await self._trail.note(
            principal, "list-rights-requests", [row["customer_id"] for row in page], _filters(search)
        )
        answer: dict[str, Any] = {
            "requests": [msgspec.Raw(row["request"].encode()) for row in page],
            "next": write_cursor(_SORT, last["sort_key"], last["id"]) if last else None,
        }
        if principal.only_customer is None:
            answer["accounts"] = await self._names(row["assigned_to"] for row in page)
            counts = await self._requests.counts(principal.id)
            answer["counts"] = {name: sum(row[name] for row in counts) for name in _COUNTS}
        ids = ids_for(principal, self._sealed_ids)
        return json_answer(answer, headers={"consentfeed-position": ids.write(position)})

    async def one(self, request: Request, principal: Principal) -> Response:
        """One request with its version as ETag."""
        found = await self._requests.one(path_id(request, UNKNOWN), principal.only_customer)
        if found is None:
            raise Problem("not-found", UNKNOWN)
        await self._trail.note(principal, "read-rights-request", [found.customer_id])
        names = "" if principal.only_customer else f',"accounts":{_text(await self._names([found.assigned_to]))}'
        body = f'{found.request[:-1]},"texts":{found.texts}{names}}}'
        return Json(body, headers=tag_header(str(found.version)))

    async def history(self, request: Request, principal: Principal) -> Response:
        """All events of a request."""
        rows = await self._requests.history(path_id(request, UNKNOWN), principal.only_customer)
        # Retention may have dropped them all.
        if not rows and await self._requests.one(path_id(request, UNKNOWN), principal.only_customer) is None:
            raise Problem("not-found", UNKNOWN)
        events = [event_from_row(row) for row in rows]
        await self._trail.note(principal, "read-history", [event.customer_id for event in events])
        return json_answer({"events": event_entries(events, ids_for(principal, self._sealed_ids))})

    async def _names(self, accounts: Iterable[UUID | None]) -> dict[str, str]:
        names = await self._accounts.account_names(list({one for one in accounts if one}))
        return {str(account): name for account, name in names.items()}


def changed_answer(row: Record, ids: Ids, unknown: str, status: int = 200) -> Response:
    """A request after what was done, and the event; raises Problem."""
    if row["problem"]:
        raise Problem(row["problem"], unknown if row["problem"] == "not-found" else "")
    event = "null" if row["seq"] is None else f'{{"id":"{ids.write(Position(row["seq"], row["hash"]))}"}}'
    return Json(f'{{"request":{row["request"]},"event":{event}}}', status)


def _customer(principal: Principal, body: NewRightsRequest) -> str:
    """Whose request it is; raises Problem for what is not for this role to say."""
    if principal.only_customer:
        if body.customer_id and str(body.customer_id) != principal.id:
            raise Problem("forbidden", "Customers demand for themselves alone.")
        if body.received_at:
            raise Problem("invalid", "That is for staff to say - at `$.received_at`")
        return principal.id
    if not (body.reason and body.reason.code):
        raise Problem("reason-required")
    if body.customer_id is None:
        raise Problem("invalid", "On whose behalf? - at `$.customer_id`")
    age = timedelta() if body.received_at is None else datetime.now(UTC) - body.received_at
    if not timedelta() <= age <= _OLDEST:
        raise Problem("invalid", "It is in the future, or more than a year ago - at `$.received_at`")
    return str(body.customer_id)


def _filters(search: RightsSearch) -> dict[str, object]:
    """What the access trail keeps of the filters."""
    return {"customer": search.customer_id, "until": search.due_before and rfc3339(search.due_before)}


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
