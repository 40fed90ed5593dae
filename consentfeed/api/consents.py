"""Consents as they are and as they came to be: own, all, one, and its history."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.consent_filter import ConsentFilter
from consentfeed.api.event_entry import event_entries
from consentfeed.api.past import At, OneConsent, consent_at, consents_at
from consentfeed.api.phones import Phones
from consentfeed.api.shapes import Consent, ConsentPage, Consents, History
from consentfeed.errors import Problem
from consentfeed.http.answer import AS_IT_IS, Json, json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, Limit, path_id, read_query
from consentfeed.http.paging import read_cursor, write_cursor
from consentfeed.log.event import event_from_row, rfc3339
from consentfeed.log.ids import PLAIN, SealedIds, ids_for
from consentfeed.log.position import Position
from consentfeed.permissions import Principal
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.postgres.log import LogQueries
from consentfeed.writes.trail import Trail

_PATH: Final = "/api/v1/consents"
_UNKNOWN: Final = "No consent has this id."
_POSITION: Final = {"Consentfeed-Position": "Place in the feed of the same snapshot: a stream after it misses nothing"}
_OF_THE_PAST: Final = {"customer", "purpose", "channel", "status", "at"}
_ETAG: Final = {"ETag": "The consent's version, for If-Match"}


class ConsentSearch(ConsentFilter, forbid_unknown_fields=True):
    """Which consents, in what order; each filter may be repeated, and takes any of its values."""

    at: Annotated[At, Meta(description="As it was then; with one customer, and without pages and search")] = None
    sort: Literal["-updated_at", "updated_at", "customer", "-customer"] = "-updated_at"
    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""

    def filters(self) -> dict[str, object]:
        """Those of the filter, and the time."""
        return super().filters() | {"at": self.at and rfc3339(self.at)}


class ConsentApi:
    """Reading consents."""

    def __init__(
        self, consents: ConsentQueries, log: LogQueries, sealed_ids: SealedIds, phones: Phones, trail: Trail
    ) -> None:
        self._consents = consents
        self._log = log
        self._trail = trail
        self._sealed_ids = sealed_ids
        self._phones = phones

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint(
                "GET", "/api/v1/customer/consents", self.own, "Own consents",
                gives=Consents, answer_headers=_POSITION,
            ),
            Endpoint(
                "GET", _PATH, self.all, "All consents, page by page",
                query=ConsentSearch, gives=ConsentPage, answer_headers=_POSITION, problems=("not-kept",),
            ),
            Endpoint(
                "GET", _PATH + "/{id}", self.one, "One consent",
                query=OneConsent, gives=Consent, answer_headers=_ETAG, problems=("not-kept",),
            ),
            Endpoint(
                "GET", _PATH + "/{id}/history", self.history, "Events of a consent, oldest first",
                gives=History,
            ),
        ]  # fmt: skip

    async def own(self, _request: Request, principal: Principal) -> Response:
        """All consents of the customer who asks."""
        position, consents = await self._consents.customer_consents(principal.id)
        return _list_answer(f'{{"consents":[{consents}]}}', self._sealed_ids.write(position))

    async def all(self, request: Request, principal: Principal) -> Response:
        """A page of all consents."""
        search = read_query(request, ConsentSearch)
        if search.at is not None:
            return await self._past(request, principal, search, search.at)
        filters = search.arguments(self._phones)
        rows = await self._consents.list_consents(
            *filters,
            search.sort,
            *read_cursor(search.cursor, search.sort),
            search.limit + 1,
        )
        # The first row is the position of the same snapshot; one row more than the page says whether there is another.
        position, page = Position(rows[0]["seq"], rows[0]["hash"]), rows[1 : search.limit + 1]
        last = page[-1] if len(rows) > search.limit + 1 else None
        cursor = write_cursor(search.sort, last["sort_key"], last["id"]) if last else None
        await self._trail.note(principal, "list-consents", [row["customer_id"] for row in page], search.filters())
        consents = ",".join(row["consent"] for row in page)
        whole = cursor is None and not search.cursor
        about = len(page) if whole else await self._consents.about_consents(*filters)
        body = f'{{"consents":[{consents}],"next":{msgspec.json.encode(cursor).decode()},"about":{about}}}'
        return _list_answer(body, PLAIN.write(position))

    async def _past(self, request: Request, principal: Principal, search: ConsentSearch, at: datetime) -> Response:
        """A customer's consents at a time, all of them on one page."""
        others = set(request.query_params) - _OF_THE_PAST
        if others or len(search.customer) != 1:
            raise Problem(
                "invalid", f"With at there is one customer, and besides {', '.join(sorted(_OF_THE_PAST))} nothing."
            )
        filters = (search.purpose or None, search.channel or None, search.status or None)
        position, rows = await consents_at(self._consents, search.customer[0], at, *filters)
        await self._trail.note(principal, "list-consents", search.customer, search.filters())
        consents = ",".join(row["state"] for row in rows)
        return _list_answer(f'{{"consents":[{consents}],"next":null,"about":{len(rows)}}}', PLAIN.write(position))

    async def one(self, request: Request, principal: Principal) -> Response:
        """One consent with its version as ETag."""
        at = read_query(request, OneConsent).at
        consent, version, customer = await self._find(request, principal, at)
        await self._trail.note(principal, "read-consent", [customer])
        return Json(consent, headers={"etag": f'"{version}"', "cache-control": AS_IT_IS})

    async def history(self, request: Request, principal: Principal) -> Response:
        """All events of a consent."""
        await self._find(request, principal)
        rows = await self._log.consent_history(path_id(request, _UNKNOWN), principal.only_customer)
        ids = ids_for(principal, self._sealed_ids)
        events = [event_from_row(row) for row in rows]
        await self._trail.note(principal, "read-history", [event.customer_id for event in events])
        entries = event_entries(events, ids)
        return json_answer({"events": entries})

    async def _find(self, request: Request, principal: Principal, at: datetime | None = None) -> tuple[str, int, UUID]:
        """The consent of the path, its version, and whose it is.

        Raises Problem not-found, to a customer also for another customer's consent: 403 would tell that there is one.
        """
        wanted, owner = path_id(request, _UNKNOWN), principal.only_customer
        if at is None:
            consent = await self._consents.one_consent(wanted, owner)
        else:
            consent = await consent_at(self._consents, wanted, owner, at)
        if consent is None:
            raise Problem("not-found", _UNKNOWN)
        return consent


def _list_answer(body: str, position: str) -> Response:
    return Json(body, headers={"consentfeed-position": position})
