"""Sign-ins that are open, and ending them."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.administration import Administration
from consentfeed.cursor import read_cursor, write_cursor
from consentfeed.database import Database
from consentfeed.edge import Endpoint, json_answer
from consentfeed.errors import Problem
from consentfeed.identity import Principal
from consentfeed.inputs import Limit, path_id, read_query
from consentfeed.shapes import SessionPage

_PATH: Final = "/api/v1/sessions"
_UNKNOWN: Final = "No open session has this id."


class SessionSearch(msgspec.Struct, forbid_unknown_fields=True):
    """A page of sessions."""

    limit: Limit = 100
    cursor: Annotated[str, Meta(description="What the page before gave as next")] = ""


class SessionApi:
    """Reading and ending sessions."""

    def __init__(self, database: Database, administration: Administration) -> None:
        self._database = database
        self._administration = administration

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint("GET", _PATH, self.all, "Open sessions, page by page", query=SessionSearch, gives=SessionPage),
            Endpoint("POST", _PATH + "/{id}/end", self.end, "End a session and its streams", answers={204: "Ended"}),
        ]

    async def all(self, request: Request, principal: Principal) -> Response:
        """A page of open sessions, newest first."""
        search = read_query(request, SessionSearch)
        after = read_cursor(search.cursor, "expires_at")
        rows = await self._administration.list_sessions(*after, search.limit + 1)
        page = rows[: search.limit]
        more = len(rows) > search.limit
        following = write_cursor("expires_at", page[-1]["expires_at"], page[-1]["id"]) if more else None
        sessions = [
            {
                "id": row["id"],
                "user": msgspec.Raw(row["account"].encode()),
                "created_at": row["created_at"],
                "expires_at": row["expires_at"],
                "current": row["id"] == principal.session,
            }
            for row in page
        ]
        return json_answer({"sessions": sessions, "next": following})

    async def end(self, request: Request, _principal: Principal) -> Response:
        """Ends a session; its streams close within seconds, on every node."""
        if not await self._database.end_session(path_id(request, _UNKNOWN)):
            raise Problem("not-found", _UNKNOWN)
        return Response(status_code=204)
