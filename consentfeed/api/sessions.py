"""Sign-ins that are open, and ending them: everybody's for admins, and one's own."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.shapes import User
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, Limit, path_id, read_query
from consentfeed.http.paging import read_cursor, write_cursor
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import AccountQueries
from consentfeed.postgres.pool import Record
from consentfeed.writes.trail import Trail, customers_among

_PATH: Final = "/api/v1/sessions"
_OWN: Final = "/api/v1/auth/sessions"
_UNKNOWN: Final = "No open session has this id."
_NOT_ONES_OWN: Final = "No open session of your own has this id."
_MAX_OWN: Final = 1000


class Session(Struct):
    """An open session; agent is what the browser called itself, current is the one that asks."""

    id: UUID
    user: User
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    agent: str | None
    current: bool


class SessionPage(Struct):
    """Sessions, and the cursor of the next page if there is one."""

    sessions: list[Session]
    next: str | None


class OwnSession(Struct):
    """An open session of one's own."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    agent: str | None
    current: bool


class OwnSessions(Struct):
    """One's own open sessions, newest first."""

    sessions: list[OwnSession]


class SessionSearch(msgspec.Struct, forbid_unknown_fields=True):
    """A page of sessions."""

    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""


class SessionApi:
    """Reading and ending sessions."""

    def __init__(self, accounts: AccountQueries, trail: Trail) -> None:
        self._accounts = accounts
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint("GET", _PATH, self.all, "Open sessions, page by page", query=SessionSearch, gives=SessionPage),
            Endpoint("POST", _PATH + "/{id}/end", self.end, "End a session and its streams", answers={204: "Ended"}),
            Endpoint("GET", _OWN, self.own, "Own open sessions, newest first", gives=OwnSessions),
            Endpoint("POST", _OWN + "/end-others", self.end_others, "End own other sessions", answers={204: "Ended"}),
            Endpoint("POST", _OWN + "/{id}/end", self.end_own, "End an own session", answers={204: "Ended"}),
        ]

    async def all(self, request: Request, principal: Principal) -> Response:
        """A page of open sessions, newest first."""
        search = read_query(request, SessionSearch)
        after = read_cursor(search.cursor, "expires_at")
        rows = await self._accounts.list_sessions(*after, search.limit + 1)
        page = rows[: search.limit]
        last = page[-1] if len(rows) > search.limit else None
        cursor = write_cursor("expires_at", last["expires_at"], last["id"]) if last else None
        await self._trail.note(principal, "list-sessions", customers_among(row["account"] for row in page))
        sessions = [{**_session(row, principal), "user": msgspec.Raw(row["account"].encode())} for row in page]
        return json_answer({"sessions": sessions, "next": cursor})

    async def end(self, request: Request, _principal: Principal) -> Response:
        """Ends a session; its streams close within seconds, on every node."""
        if await self._accounts.end_session(path_id(request, _UNKNOWN)) is None:
            raise Problem("not-found", _UNKNOWN)
        return Response(status_code=204)

    async def own(self, _request: Request, principal: Principal) -> Response:
        """One's own open sessions."""
        rows = await self._accounts.own_sessions(principal.id, _MAX_OWN)
        return json_answer({"sessions": [_session(row, principal) for row in rows]})

    async def end_own(self, request: Request, principal: Principal) -> Response:
        """Ends a session of one's own; somebody else's is as if there were none."""
        if not await self._accounts.end_own_sessions(principal.id, only=path_id(request, _NOT_ONES_OWN)):
            raise Problem("not-found", _NOT_ONES_OWN)
        return Response(status_code=204)

    async def end_others(self, _request: Request, principal: Principal) -> Response:
        """Ends all of one's own sessions but the one that asks."""
        await self._accounts.end_own_sessions(principal.id, but=principal.session)
        return Response(status_code=204)


def _session(row: Record, principal: Principal) -> dict[str, Any]:
    members = ("id", "created_at", "last_seen_at", "expires_at", "agent")
    return {name: row[name] for name in members} | {"current": row["id"] == principal.session}
