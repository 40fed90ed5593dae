"""Imports: decisions that were made elsewhere, with their dates; and what became of them."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from consentfeed import metrics
from consentfeed.api.erasures import Erasures
from consentfeed.api.import_rows import ImportRows, RawImportRows, RowProblem, read_row
from consentfeed.api.phones import Phones
from consentfeed.api.shapes import EventId
from consentfeed.errors import ConsentfeedError, Problem, StatementFailed
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, Limit, path_id, read_body, read_query
from consentfeed.http.paging import read_cursor, write_cursor
from consentfeed.http.problem import Problem as ProblemShape
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.permissions import Principal
from consentfeed.postgres.imports import ImportQueries
from consentfeed.postgres.pool import Record
from consentfeed.writes.trail import Trail

_PATH: Final = "/api/v1/imports"
_COUNTS: Final = ("recorded", "unchanged", "superseded", "skipped", "erased", "refused")
_SHOWN: Final = ("unchanged", "superseded", "erased")  # what tells something about somebody, and leaves no event
# Two imports that register the same customers at once: one of them is repeated.
_RACES: Final = ("40001", "40P01", "23505")
_TRIES: Final = 3
_ANOTHERS: Final = "CF002"  # as of count_import()
_IMPORT_ID: Final = "import_id is that of another sender or source - at `$.import_id`"


class RowOutcome(Struct):
    """What became of a row: recorded has an event; else problem."""

    outcome: Literal["recorded", "unchanged", "superseded", "skipped", "erased"] | UnsetType = UNSET
    event: EventId | UnsetType = UNSET
    problem: ProblemShape | UnsetType = UNSET


class RowOutcomes(Struct):
    """An outcome for each row, in order, and the import that they belong to; null: a dry run."""

    outcomes: list[RowOutcome]
    import_id: UUID | None


class Import(Struct):
    """An import: who brought what in, from where, and how many of its rows became what."""

    id: UUID
    source: str
    actor: dict[str, str | None]
    started_at: datetime
    last_at: datetime
    counts: dict[str, int]


class ImportPage(Struct):
    """Imports, newest first, and the cursor of the next page if there is one."""

    imports: list[Import]
    next: str | None


class ReportLine(Struct):
    """A row that was not recorded: its number, why (superseded, erased, or a problem's code), and the member."""

    row: int
    code: str
    member: str | None


class Report(Struct):
    """The first thousand rows of an import that were superseded, erased or refused."""

    lines: list[ReportLine]


class ImportSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Which page."""

    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""


class ImportApi:
    """Importing, and reading what was imported."""

    def __init__(self, imports: ImportQueries, erasures: Erasures, phones: Phones, trail: Trail) -> None:
        self._imports = imports
        self._erasures = erasures
        self._phones = phones
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint(
                "POST", _PATH + "/rows", self.rows, "Bring in decisions that were made elsewhere, with their dates",
                body=ImportRows, answers={200: "One outcome each, in order"}, gives=RowOutcomes, many=True,
                problems=("outcome-unknown",),
            ),
            Endpoint("GET", _PATH, self.all, "Imports, newest first", query=ImportSearch, gives=ImportPage),
            Endpoint(
                "GET", _PATH + "/{id}/report", self.report, "Rows of an import that were not recorded", gives=Report
            ),
        ]  # fmt: skip

    async def rows(self, request: Request, principal: Principal) -> Response:
        """Imports rows, all in one transaction, with one outcome each, in order."""
        body = await read_body(request, RawImportRows)
        rows = [read_row(raw, self._phones) for raw in body.rows]
        await self._add_hashes(rows)
        found = await self._import(body, principal, rows)
        try:
            shown = [row["customer_id"] for row in found if row["outcome"] in _SHOWN and row["customer_id"]]
            await self._trail.note(principal, "import-rows", shown)
        except ConsentfeedError:  # but some of them may have been recorded
            raise Problem("outcome-unknown", "Send the rows again: what was recorded is then unchanged.") from None
        outcomes = [_outcome(row, read) for row, read in zip(found, rows, strict=True)]
        import_id = found[0]["import_id"]
        if import_id:
            for row in found:
                metrics.imported.labels(row["outcome"] or "refused").inc()
        return json_answer({"outcomes": outcomes, "import_id": import_id and str(import_id)})

    async def _add_hashes(self, rows: list[dict[str, Any]]) -> None:
        """What an erased person would be known by."""
        with_email = [row for row in rows if row.get("email")]
        folded = [row["email"].lower() if row["email"].isascii() else None for row in with_email]
        if None in folded:
            folded = list(await self._imports.folded([row["email"] for row in with_email]))
        for row, address in zip(with_email, folded, strict=True):
            row["email_hash"] = _hex(self._erasures.hash("email", address))
        for row in rows:
            for kind in ("msisdn", "reference"):
                if row.get(kind):
                    row[f"{kind}_hash"] = _hex(self._erasures.hash(kind, row[kind]))

    async def _import(self, body: RawImportRows, principal: Principal, rows: list[dict[str, Any]]) -> list[Record]:
        """The outcomes in the order of the rows."""
        content = msgspec.json.encode(rows).decode()
        first, whose = body.first_row, (principal.role, principal.id)
        for attempt in range(_TRIES):
            try:
                found = await self._imports.import_rows(
                    content, body.import_id, body.source, first, *whose, body.dry_run
                )
                return sorted(found, key=lambda row: int(row["item"]))
            except StatementFailed as error:
                if error.sqlstate == _ANOTHERS:
                    raise Problem("invalid", _IMPORT_ID) from None
                if error.sqlstate not in _RACES or attempt == _TRIES - 1:
                    raise
        raise Problem("busy")

    async def all(self, request: Request, _principal: Principal) -> Response:
        """A page of imports."""
        search = read_query(request, ImportSearch)
        rows = await self._imports.list_imports(*read_cursor(search.cursor, "imports"), search.limit + 1)
        page = rows[: search.limit]
        last = page[-1] if len(rows) > search.limit else None
        cursor = write_cursor("imports", last["started_at"], last["id"]) if last else None
        return json_answer({"imports": [_listed(row) for row in page], "next": cursor})

    async def report(self, request: Request, _principal: Principal) -> Response:
        """The report of an import; of one that there is not, an empty one."""
        rows = await self._imports.import_report(path_id(request, "No import has this id."))
        return json_answer({"lines": [_line(row) for row in rows]})


def _outcome(row: Record, read: dict[str, Any]) -> dict[str, Any]:
    if row["problem"]:
        return {"problem": RowProblem(row["problem"], row["member"], read.get("detail", "")).problem().as_dict()}
    if row["seq"] is None:
        return {"outcome": row["outcome"]}
    return {"outcome": row["outcome"], "event": {"id": PLAIN.write(Position(row["seq"], row["hash"]))}}


def _listed(row: Record) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "source": row["source"],
        "actor": {"kind": row["actor_kind"], "id": row["actor_id"], "name": row["actor_name"]},
        "started_at": row["started_at"],
        "last_at": row["last_at"],
        "counts": {name: row[name] for name in _COUNTS},
    }


def _line(row: Record) -> dict[str, Any]:
    return {"row": row["row_number"], "code": row["code"], "member": row["member"]}


def _hex(hash: bytes | None) -> str | None:
    return hash.hex() if hash else None
