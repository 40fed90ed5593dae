"""The access trail, for admins: who was shown whose data."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, Limit, Time, read_query
from consentfeed.http.paging import read_cursor, write_cursor
from consentfeed.log.event import rfc3339
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import AccountQueries
from consentfeed.postgres.customers import CustomerQueries
from consentfeed.postgres.pool import Record
from consentfeed.postgres.trail import TrailQueries
from consentfeed.writes.trail import Action, Trail

_PATH: Final = "/api/v1/accesses"
_NAMED: Final = 3


class Reader(Struct):
    """Who asked; email is null for a token whose subject has no account, name where nobody has said it."""

    id: UUID
    role: Literal["csr", "admin", "service"]
    email: str | None
    name: str | None


class Access(Struct):
    """A line of the access trail: customers are those whose data were shown, rows how many entries there were."""

    id: int
    at: datetime
    actor: Reader
    action: str
    customers: list[UUID]
    filters: dict[str, Any]
    rows: int


class AccessPage(Struct):
    """Lines of the access trail, newest first, and the cursor of the next page if there is one; names are those of the
    first customers of each line, by id, accounts those of the accounts that lines are about."""

    accesses: list[Access]
    next: str | None
    names: dict[UUID, str | None]
    accounts: dict[UUID, str]


class AccessSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Which lines of the trail."""

    customer: Annotated[UUID | None, Meta(description="Whose data were shown")] = None
    actor: Annotated[UUID | None, Meta(description="Account or subject of the token that asked")] = None
    action: Action | None = None
    since: Annotated[Time | None, Meta(description="With its zone, such as 2026-11-22T00:00:00Z")] = None
    until: Annotated[Time | None, Meta(description="The same; not itself part of the answer")] = None
    names: Annotated[
        Literal["true", "false"], Meta(description="Whether names of customers are told, who are then shown, too")
    ] = "false"
    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""


class AccessApi:
    """Reading the trail."""

    def __init__(
        self, trail_queries: TrailQueries, customers: CustomerQueries, accounts: AccountQueries, trail: Trail
    ) -> None:
        self._trail_queries = trail_queries
        self._customers = customers
        self._accounts = accounts
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The route of this file."""
        return [
            Endpoint(
                "GET", _PATH, self.all, "Who was shown whose data, page by page",
                query=AccessSearch, gives=AccessPage,
            ),
        ]  # fmt: skip

    async def all(self, request: Request, principal: Principal) -> Response:
        """A page of lines, newest first; reading them makes one too."""
        query = read_query(request, AccessSearch)
        rows = await self._trail_queries.list_accesses(
            query.customer,
            query.actor,
            query.action,
            query.since,
            query.until,
            *_last_line(query.cursor),
            query.limit + 1,
        )
        page = rows[: query.limit]
        last = page[-1] if len(rows) > query.limit else None
        cursor = write_cursor("at", last["at"], UUID(int=last["id"])) if last else None
        names = await self._customers.customer_names(_named(page)) if query.names == "true" else {}
        # Whose name is shown is somebody who was looked at, as anywhere else.
        await self._trail.note(principal, "read-trail", names, _filters(query), rows=len(page))
        accounts = await self._accounts.account_names(_accounts(page)) if query.names == "true" else {}
        named = {str(customer): name for customer, name in names.items()}
        return json_answer(
            {"accesses": [_access(row) for row in page], "next": cursor, "names": named, "accounts": accounts}
        )


def _accounts(page: Sequence[Record]) -> list[UUID]:
    """The accounts that lines are about, and those that were asked for."""
    filters = [msgspec.json.decode(row["filters"]) for row in page]
    return list({UUID(line[name]) for line in filters for name in ("account", "actor") if name in line})


def _named(page: Sequence[Record]) -> list[UUID]:
    """The first customers of each line, each once: a line may have thousands."""
    return list(dict.fromkeys(customer for row in page for customer in row["customers"][:_NAMED]))


def _filters(query: AccessSearch) -> dict[str, object]:
    """What the line says that reading the trail makes itself."""
    return {
        "customer": query.customer,
        "actor": query.actor,
        "action": query.action,
        "since": query.since and rfc3339(query.since),
        "until": query.until and rfc3339(query.until),
    }


def _last_line(cursor: str) -> tuple[str | None, int | None]:
    """Time and number of the last line of the page before. The number is written as a UUID: a cursor's id is one."""
    at, line = read_cursor(cursor, "at")
    return at, None if line is None else UUID(line).int


def _access(row: Record) -> dict[str, object]:
    return {
        "id": row["id"],
        "at": row["at"],
        "actor": {"id": row["actor"], "role": row["actor_role"], "email": row["email"], "name": row["name"]},
        "action": row["action"],
        "customers": row["customers"],
        "filters": msgspec.Raw(row["filters"].encode()),
        "rows": row["rows"],
    }
