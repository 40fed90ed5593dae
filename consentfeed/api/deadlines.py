"""Deadlines and holidays, for admins: in what time rights requests are to be answered, and by what days that counts."""

from datetime import date
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.rights_shapes import Deadline, DeadlineRule, Deadlines, Holidays, SavedHoliday
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.conditions import IF_MATCH, expected_tags, tag_header
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Line, read_body
from consentfeed.log.event import rfc3339
from consentfeed.permissions import Principal
from consentfeed.postgres.pool import Record
from consentfeed.postgres.rights_requests import RightsRequestQueries

_DEADLINES: Final = "/api/v1/deadlines"
_HOLIDAYS: Final = "/api/v1/holidays"
_NO_KIND: Final = "No requests are of this kind."
_NO_DAY: Final = "No day is written so: 2027-04-14 is one."
_MOST: Final = 5000


class HolidayName(msgspec.Struct, forbid_unknown_fields=True):
    """What a day is called."""

    name: Annotated[Line, Meta(min_length=1, max_length=200)]


class DeadlineApi:
    """Reading and changing them."""

    def __init__(self, requests: RightsRequestQueries) -> None:
        self._requests = requests

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint("GET", _DEADLINES, self.all, "In what time requests are to be answered", gives=Deadlines),
            Endpoint(
                "PUT", _DEADLINES + "/{kind}", self.save,
                "Change the deadline of a kind, for what is received from now on",
                body=DeadlineRule, gives=Deadline, headers=IF_MATCH, answer_headers={"ETag": "The deadline's version"},
                problems=("stale",),
            ),
            Endpoint("GET", _HOLIDAYS, self.holidays, "Holidays", gives=Holidays),
            Endpoint(
                "PUT", _HOLIDAYS + "/{day}", self.save_holiday, "Add or rename a holiday, which moves open requests",
                body=HolidayName, gives=SavedHoliday, answers={200: "Renamed", 201: "Added"},
                problems=("too-many-holidays", "outcome-unknown"),
            ),
            Endpoint(
                "DELETE", _HOLIDAYS + "/{day}", self.delete_holiday, "Delete a holiday, which moves open requests",
                answers={204: "Deleted"}, problems=("outcome-unknown",),
            ),
        ]  # fmt: skip

    async def all(self, _request: Request, _principal: Principal) -> Response:
        """The rules of all kinds."""
        rows = await self._requests.deadlines()
        rules = [_deadline(row) for row in rows]
        return json_answer({"deadlines": rules, "time_zone": rows[0]["time_zone"], "weekend": rows[0]["weekend"]})

    async def save(self, request: Request, _principal: Principal) -> Response:
        """Changes the rule of a kind."""
        kind, rule = request.path_params["kind"], await read_body(request, DeadlineRule)
        if "\0" in kind:
            raise Problem("not-found", _NO_KIND)
        problem = await self._requests.save_deadline(
            kind, rule.amount, rule.unit, rule.extension_amount, rule.extension_unit, expected_tags(request)
        )
        if problem:
            raise Problem(problem, _NO_KIND if problem == "not-found" else "")
        (saved,) = [row for row in await self._requests.deadlines() if row["kind"] == kind]
        return json_answer(_deadline(saved), headers=tag_header(str(saved["version"])))

    async def holidays(self, _request: Request, _principal: Principal) -> Response:
        """All of them."""
        rows = await self._requests.holidays()
        return json_answer({"holidays": [{"day": row["day"], "name": row["name"]} for row in rows]})

    async def save_holiday(self, request: Request, _principal: Principal) -> Response:
        """Adds one, or calls it otherwise."""
        body, day = await read_body(request, HolidayName), _day(request)
        if day is None:
            raise Problem("invalid", _NO_DAY)
        saved = await self._requests.save_holiday(day, body.name, _MOST)
        if saved["outcome"] not in ("added", "changed"):
            raise Problem(saved["outcome"])
        answer = {"day": day, "name": body.name, "moved": saved["moved"]}
        return json_answer(answer, 201 if saved["outcome"] == "added" else 200)

    async def delete_holiday(self, request: Request, _principal: Principal) -> Response:
        """Deletes one."""
        day = _day(request)
        if day is None or await self._requests.delete_holiday(day) is None:
            raise Problem("not-found", "No holiday is on this day.")
        return Response(status_code=204)


def _deadline(row: Record) -> dict[str, Any]:
    names = ("kind", "amount", "unit", "extension_amount", "extension_unit", "version")
    return {name: row[name] for name in names} | {"updated_at": rfc3339(row["updated_at"])}


def _day(request: Request) -> date | None:
    try:
        return msgspec.convert(request.path_params["day"], date)
    except msgspec.ValidationError:
        return None
