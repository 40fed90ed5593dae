"""POST …/consents/{id}/grant and …/revoke: granting and revoking one consent."""

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.decision_outcome import customers_without_event, outcome_json
from consentfeed.api.decision_request import (
    IDEMPOTENCY_HEADER,
    Answer,
    AnswerOnBehalf,
    DecisionRequest,
    GrantOnBehalf,
    read_key,
    require_on_behalf,
)
from consentfeed.api.shapes import Decided
from consentfeed.http.answer import Json
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.fields import field, strong_tags
from consentfeed.http.input import path_id, read_body
from consentfeed.http.lenient import decode_leniently, shown
from consentfeed.http.terms import objections
from consentfeed.log.ids import SealedIds, ids_for
from consentfeed.permissions import Principal
from consentfeed.writes.trail import Trail
from consentfeed.writes.writer import Writer

_VERSION: Final = re.compile("0|[1-9][0-9]{0,17}")
_IF_MATCH_HEADER: Final = {
    "If-Match": Annotated[str, Meta(description="ETag of the consent as it was read; 412 where it has changed since")]
}
# Of a grant alone: a revocation needs no notice.
_GRANT_PROBLEMS: Final = ("erased", "notice-superseded", "not-offered", "no-notice", "no-such-language")


class DecisionApi:
    """Decisions on one consent each, through the writer."""

    def __init__(self, writer: Writer, sealed_ids: SealedIds, trail: Trail) -> None:
        self._writer = writer
        self._trail = trail
        self._sealed_ids = sealed_ids

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        behalf = " on the customer's behalf"
        return [
            self._endpoint("grant", "/api/v1/customer/consents/{id}/grant"),
            self._endpoint("revoke", "/api/v1/customer/consents/{id}/revoke"),
            self._endpoint("grant", "/api/v1/consents/{id}/grant", behalf),
            self._endpoint("revoke", "/api/v1/consents/{id}/revoke", behalf),
        ]

    def _endpoint(self, action: str, path: str, behalf: str = "") -> Endpoint:
        async def decide(request: Request, principal: Principal) -> Response:
            return await self.decide(request, principal, action, path)

        return Endpoint(
            "POST", path, decide, f"{action.capitalize()} a consent{behalf}",
            body=_body(action, behalf), gives=Decided,
            answers={200: "The consent, and the event if something changed"},
            headers=IDEMPOTENCY_HEADER | (_IF_MATCH_HEADER if action == "grant" else {}),
            problems=_problems(action, behalf), lenient=action == "revoke",
        )  # fmt: skip

    async def decide(self, request: Request, principal: Principal, action: str, route: str) -> Response:
        """Grants or revokes one consent."""
        consent = path_id(request, "No consent has this id.")
        is_revocation = action == "revoke"
        answer, left_out = await (_read_leniently if is_revocation else _read)(request)
        key, no_key = read_key(request, lenient=is_revocation)
        ignored = shown([*left_out, *no_key])
        require_on_behalf(principal, action, answer, ignored)
        content = consent.encode() + msgspec.json.encode(answer)
        decision = DecisionRequest.of(principal, "rest", route, key, content).decision(consent, action, answer)
        decision.if_match = _if_match(request)
        (outcome,) = await self._writer.decide([decision])
        await self._trail.note(principal, "repeat-decision", customers_without_event([outcome]))
        return Json(outcome_json(outcome, ids_for(principal, self._sealed_ids), ignored))


async def _read(request: Request) -> tuple[Answer, list[str]]:
    """What is said, and what of it is ignored: nothing. Raises Problem."""
    return await read_body(request, Answer), []


async def _read_leniently(request: Request) -> tuple[Answer, list[str]]:
    """The same for a revocation: nothing that it does not need stands in its way."""
    answer, ignored = decode_leniently(await request.body() or b"{}", Answer)
    return answer, [*(objection.name for objection in objections(request)), *ignored]


def _body(action: str, behalf: str) -> type[Answer]:
    if not behalf:
        return Answer
    return GrantOnBehalf if action == "grant" else AnswerOnBehalf


def _problems(action: str, behalf: str) -> tuple[str, ...]:
    on_behalf = ("reason-required",) if behalf else ()
    if action == "revoke":
        return on_behalf
    return _GRANT_PROBLEMS + on_behalf + (("notice-required",) if behalf else ())


def _if_match(request: Request) -> list[int] | None:
    """The versions of If-Match; None where any will do. A weak or foreign tag fits none."""
    tags = strong_tags(field(request, "if-match")) if "if-match" in request.headers else None
    return None if tags is None else [int(tag) for tag in tags if _VERSION.fullmatch(tag)]
