"""GET /exports/consents: every consent that fits, once, from one snapshot."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.consent_filter import ConsentFilter
from consentfeed.api.phones import Phones
from consentfeed.errors import Problem
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.fields import MediaRange, field, prefers
from consentfeed.http.input import read_query
from consentfeed.http.streamed import Sink, Streamed, takes_gzip
from consentfeed.log.ids import PLAIN
from consentfeed.permissions import Principal
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.postgres.exports import Export, Exports, Kind
from consentfeed.writes.trail import Trail

_CSV: Final = MediaRange("text", "csv", {"charset": "utf-8", "header": "present"}, 1)
_NDJSON: Final = MediaRange("application", "x-ndjson", {}, 1)
_MEDIA: Final[dict[Kind, str]] = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present"}
_HEADERS: Final = {
    "Consentfeed-Position": "Place in the feed of the same snapshot: a stream after it misses nothing",
    "Consentfeed-About": "About how many consents there are: the planner's estimate",
}


class ExportFilter(ConsentFilter, forbid_unknown_fields=True):
    """Which consents are exported; filters as of the list."""


class ExportApi:
    """Exports, as NDJSON or CSV. seconds: until one ends in an error that is not taken fast enough."""

    def __init__(
        self, exports: Exports, consents: ConsentQueries, phones: Phones, trail: Trail, seconds: float
    ) -> None:
        self._exports = exports
        self._consents = consents
        self._phones = phones
        self._trail = trail
        self._seconds = seconds

    def endpoints(self) -> list[Endpoint]:
        """The one route of this file."""
        answers = {200: "Every consent that fits, as lines of JSON with an end, or as CSV with Accept: text/csv"}
        return [
            Endpoint(
                "GET", "/api/v1/exports/consents", self.consents, "Everything that fits, from one snapshot",
                answers=answers, query=ExportFilter, gives=str, answer_headers=_HEADERS,
                media=("application/x-ndjson", "text/csv"),
            )
        ]  # fmt: skip

    async def consents(self, request: Request, principal: Principal) -> Response:
        """An export. Its line in the access trail is written before anything of it is sent."""
        wanted = read_query(request, ExportFilter)
        kind: Kind = "csv" if prefers(field(request, "accept"), _CSV, _NDJSON) else "ndjson"
        if self._exports.crowded:
            raise Problem("overloaded", "As many exports run as may at once. Try again later.", retry_after=30)
        arguments = wanted.arguments(self._phones)
        about = await self._consents.about_consents(*arguments)
        export = await self._exports.open(kind, *arguments)
        try:
            await self._trail.note(principal, "export-consents", wanted.customer, wanted.filters(), rows=0)
        except BaseException:
            export.close()
            raise
        headers = {
            "consentfeed-position": PLAIN.write(export.position),
            "consentfeed-about": str(about),
            "content-type": _MEDIA[kind],
            "content-disposition": f'attachment; filename="consents.{kind}"',
            "vary": "Accept, Accept-Encoding",
        }
        fill = Filling(export, kind)
        return Streamed(fill, export.close, headers, seconds=self._seconds, gzip=takes_gzip(request))


class Filling:
    """Turns what COPY gives into lines of JSON, or of CSV."""

    def __init__(self, export: Export, kind: Kind) -> None:
        self._export = export
        self._turn = _json_lines if kind == "ndjson" else _csv_lines
        self._has_end = kind == "ndjson"
        self._rows = 0

    async def __call__(self, sink: Sink) -> None:
        """Hands everything to the sink."""

        async def turned(piece: bytes) -> None:
            self._rows += piece.count(b"\n")
            await sink(self._turn(piece))

        await self._export.copy(turned)
        if self._has_end:
            position = PLAIN.write(self._export.position)
            await sink(b'{"end":{"rows":%d,"position":"%s"}}\n' % (self._rows, position.encode()))


def _json_lines(copied: bytes) -> bytes:
    """Customers into their consents. A tab and a line break stand between columns and rows alone: JSON escapes those in
    text, and COPY doubles each backslash; else JSON holds nothing that it would escape."""
    joined = copied.replace(b"}\t{", b',"customer":{').replace(b"}\n", b"}}\n")
    return joined.replace(b"\\\\", b"\\")


def _csv_lines(copied: bytes) -> bytes:
    """As RFC 4180 ends lines; there is no line break in a cell (export_cell() in SQL)."""
    return copied.replace(b"\n", b"\r\n")
