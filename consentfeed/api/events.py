"""GET /api/v1/events: the feed as a stream and as pages, from the same positions with the same ids."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.event_entry import event_entries
from consentfeed.api.shapes import Event
from consentfeed.errors import Problem
from consentfeed.feed.filter import Filter
from consentfeed.feed.live import Feed
from consentfeed.feed.replay import PositionLost, Replay
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.fields import MediaRange, field, prefers
from consentfeed.http.input import Filled, Limit, read_query
from consentfeed.log.ids import Ids, SealedIds, ids_for
from consentfeed.log.kinds import CONSENT_UPDATED, KINDS
from consentfeed.permissions import Principal
from consentfeed.postgres.purposes import PurposeQueries
from consentfeed.stream.stream import Stream
from consentfeed.stream.streams import Streams
from consentfeed.writes.trail import Trail

_STREAM: Final = MediaRange("text", "event-stream", {"charset": "utf-8"}, 1)
_PAGE: Final = MediaRange("application", "json", {}, 1)
_ALL: Final = "all"
_KINDS: Final = tuple(kind.name for kind in KINDS)
_LAST_EVENT_ID: Final = {"Last-Event-ID": Annotated[str, Meta(description="Event id to go on from")]}


class EventPage(Struct):
    """Events in their order, the place to continue from, and whether there are more by now."""

    events: list[Event]
    next: str
    more: bool


class EventQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which events; each filter may be repeated, and takes any of its values."""

    customer: Annotated[list[UUID], Meta(description="Customers' ids")] = []
    purpose: Annotated[list[Filled], Meta(description="Keys of purposes")] = []
    channel: list[Filled] = []
    type: list[Literal["granted", "revoked", "expired"]] = []
    kind: Annotated[
        list[Literal[(*_KINDS, _ALL)]],  # type: ignore[valid-type]
        Meta(description="Kinds of events, else consent-updated; purpose, channel and type leave out all others"),
    ] = []
    after: Annotated[Filled, Meta(description="Event id to go on from, where Last-Event-ID is not sent")] = ""
    limit: Limit = 1000

    def filters(self) -> dict[str, object]:
        """The filters by name."""
        return {
            "customer": self.customer,
            "purpose": self.purpose,
            "channel": self.channel,
            "type": self.type,
            "kind": self.kind,
        }

    @property
    def kinds(self) -> frozenset[str] | None:
        """The names of the kinds, None for all."""
        return None if _ALL in self.kind else frozenset(self.kind or (CONSENT_UPDATED.name,))


class EventApi:
    """The feed, for whoever asks for it."""

    def __init__(
        self,
        purposes: PurposeQueries,
        feed: Feed,
        replay: Replay,
        streams: Streams,
        sealed_ids: SealedIds,
        trail: Trail,
    ) -> None:
        self._purposes = purposes
        self._feed = feed
        self._replay = replay
        self._streams = streams
        self._sealed_ids = sealed_ids
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The one route of this file."""
        answers = {200: "Events as a page, or as a stream with Accept: text/event-stream"}
        return [
            Endpoint(
                "GET", "/api/v1/events", self.events, "The feed", answers=answers,
                query=EventQuery, gives=EventPage, headers=_LAST_EVENT_ID,
                media=("application/json", "text/event-stream"),
                problems=("place-lost", "overloaded", "draining", "too-many-streams"),
            )
        ]  # fmt: skip

    async def events(self, request: Request, principal: Principal) -> Response:
        """One page, or a stream."""
        query = read_query(request, EventQuery)
        event_filter = await self._filter(query, principal)
        ids = ids_for(principal, self._sealed_ids)
        after = request.headers.get("last-event-id") or query.after or None
        if not prefers(field(request, "accept"), _STREAM, _PAGE):
            return await self._page(principal, query, event_filter, ids, after)
        self._streams.admission.check(principal)
        start = await self._streams.start(event_filter, ids, after)
        filters = query.filters() | {"after": after and ids.write(start.resume_position)}
        await self._trail.note(principal, "open-stream", query.customer, filters, rows=0)
        self._streams.admission.check(principal)  # again: while this waited, others may have taken the last place
        return Stream(self._streams.serve, principal, event_filter, ids, start)

    async def _filter(self, query: EventQuery, principal: Principal) -> Filter:
        """The filter of a query; raises Problem for a purpose or channel that there is not."""
        if query.purpose or query.channel:
            purposes = await self._purposes.purposes()
            _check("purpose", query.purpose, {row["key"] for row in purposes})
            _check("channel", query.channel, {channel for row in purposes for channel in row["channels"]})
        return Filter(
            owner=principal.only_customer,
            customers=_set(str(customer) for customer in query.customer),
            purposes=_set(query.purpose),
            channels=_set(query.channel),
            types=_set(query.type),
            kinds=query.kinds,
        )

    async def _page(
        self, principal: Principal, query: EventQuery, filter: Filter, ids: Ids, id: str | None
    ) -> Response:
        # The log as it is now, not as this node last read it: a client that wrote by another node reads it here.
        await self._feed.freshen()
        try:
            after = await (self._replay.find(id, filter, ids) if id else self._replay.newest(filter, self._feed.head))
            events, end, more = await self._replay.page(filter, after, query.limit)
        except PositionLost as error:
            raise Problem("place-lost", reason=error.reason) from None
        customers = [event.customer_id for event in events if event.customer_id]
        await self._trail.note(principal, "read-events", customers, query.filters() | {"after": ids.write(after)})
        page = event_entries(events, ids)
        return json_answer({"events": page, "next": ids.write(end), "more": more})


def _check(name: str, values: Iterable[str], choices: set[str]) -> None:
    if not set(values) <= choices:
        raise Problem("invalid", f"{name} is one of {', '.join(sorted(choices))}.")


def _set(values: Iterable[str]) -> frozenset[str] | None:
    return frozenset(values) or None
