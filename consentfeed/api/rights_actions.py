"""POST /rights-requests/{id}/…: what is done with a request, from its receipt to its end."""

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from consentfeed import metrics
from consentfeed.api.decision_request import IDEMPOTENCY_HEADER, Reason, read_key
from consentfeed.api.erasures import Erasures, Hashes
from consentfeed.api.rights_requests import PATH, UNKNOWN, changed_answer
from consentfeed.api.rights_shapes import (
    Assignment,
    ChangedRightsRequest,
    Message,
    PlainAction,
    Question,
    ReasonedAction,
    RightsAnswer,
)
from consentfeed.errors import Problem
from consentfeed.http.conditions import IF_MATCH, expected_tags
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import path_id, read_body
from consentfeed.log.ids import SealedIds, ids_for
from consentfeed.permissions import Principal
from consentfeed.postgres.pool import Record
from consentfeed.postgres.rights_requests import RightsRequest, RightsRequestQueries
from consentfeed.writes.trail import Trail

Body = PlainAction | ReasonedAction | Assignment | Question | RightsAnswer | Message


class Action(NamedTuple):
    """What is done: its summary, what it takes, and what can go wrong beside the usual."""

    summary: str
    body: type[Body]
    problems: tuple[str, ...] = ()


ACTIONS: Final[Mapping[str, Action]] = {
    "acknowledge": Action("Tell that a request was received", PlainAction),
    "assign": Action("Say who sees to a request", Assignment, ("no-such-assignee",)),
    "start": Action("Begin with a request", PlainAction),
    "ask": Action("Ask the customer: the clock stands", Question),
    "answer": Action("Answer what one was asked: the clock runs again, as by resume", RightsAnswer),
    "resume": Action("Go on: the clock runs again, and the deadline moves by the days it stood", Message),
    "extend": Action("Extend a request's deadline, once", ReasonedAction, ("not-extendable", "reason-required")),
    "fulfil": Action("Fulfil a request; an erasure erases the customer, for good, and is for admins", Message),
    "refuse": Action("Refuse a request", ReasonedAction, ("reason-required",)),
    "cancel": Action("Take a request back", PlainAction),
}
_ERASURE: Final = "rights-request"
# What one does oneself, and what is done to the request by it.
_SAME: Final = {"answer": "resume"}


class RightsActionApi:
    """What is done with requests."""

    def __init__(self, requests: RightsRequestQueries, erasures: Erasures, sealed_ids: SealedIds, trail: Trail) -> None:
        self._requests = requests
        self._erasures = erasures
        self._sealed_ids = sealed_ids
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """A route for each action."""
        return [self._endpoint(name, action) for name, action in ACTIONS.items()]

    def _endpoint(self, name: str, action: Action) -> Endpoint:
        async def act(request: Request, principal: Principal) -> Response:
            return await self.act(request, principal, name)

        return Endpoint(
            "POST", f"{PATH}/{{id}}/{name}", act, action.summary,
            body=action.body, gives=ChangedRightsRequest, headers={**IF_MATCH, **IDEMPOTENCY_HEADER},
            problems=("wrong-status", "stale", "key-reused", "outcome-unknown", *action.problems),
        )  # fmt: skip

    async def act(self, request: Request, principal: Principal, action: str) -> Response:
        """Does it."""
        wanted = path_id(request, UNKNOWN)
        body = await _read(request, ACTIONS[action].body)
        found = await self._requests.one(wanted, principal.only_customer)
        if found is None:
            raise Problem("not-found", UNKNOWN)
        key, _ = read_key(request, lenient=False)
        await self._trail.note(principal, "change-rights-request", [found.customer_id])
        if action == "fulfil" and found.kind == "erasure":
            row = await self._erase(request, principal, wanted, found, body.reason or Reason())
        else:
            reason = body.reason or Reason()
            content = wanted.encode() + msgspec.json.encode(body)
            row = await self._requests.act(
                wanted, principal.only_customer, _SAME.get(action, action), expected_tags(request),
                _assignee(principal, body), _text(body),
                principal.role, principal.id, "rest", reason.code, reason.reference, reason.text,
                principal.name, f"POST {PATH}/{{id}}/{action}", key, hashlib.sha256(content).digest(),
            )  # fmt: skip
        return changed_answer(row, ids_for(principal, self._sealed_ids), UNKNOWN)

    async def _erase(
        self, request: Request, principal: Principal, wanted: str, found: RightsRequest, reason: Reason
    ) -> Record:
        """Erases the customer and closes the request, in one transaction."""
        if principal.role != "admin":
            raise Problem("forbidden", "An erasure is fulfilled by an admin: it erases the customer, for good.")
        expected = expected_tags(request)

        async def erase(version: int, hashes: Hashes) -> Record | None:
            row = await self._requests.fulfil_erasure(
                wanted, expected, version, *hashes, principal.role, principal.id, "rest",
                reason.code or _ERASURE, reason.reference, reason.text,
            )  # fmt: skip
            return None if row["problem"] == "again" else row

        row = await self._erasures.repeat(str(found.customer_id), erase)
        metrics.erasures.inc(row["erased_seq"] is not None)
        return row


async def _read(request: Request, kind: type[Body]) -> Body:
    """What is said; raises Problem, also where a reason is needed and there is none."""
    if kind is not ReasonedAction:
        return await read_body(request, kind)
    plain = await read_body(request, PlainAction)
    if not (plain.reason and plain.reason.code):
        raise Problem("reason-required", 'Say why, with a code: {"reason":{"code":"complex","text":"…"}}.')
    return plain


def _assignee(principal: Principal, body: Body) -> str | None:
    if not isinstance(body, Assignment):
        return None
    return principal.id if body.assigned_to == "me" else body.assigned_to


def _text(body: Body) -> str | None:
    return body.text if isinstance(body, Question | RightsAnswer | Message) else None
