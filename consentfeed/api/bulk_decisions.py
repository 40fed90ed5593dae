"""POST /decisions: granting and revoking many consents at once."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.decision_outcome import customers_without_event, outcome_json, problem_of
from consentfeed.api.decision_request import IDEMPOTENCY_HEADER, Answer, DecisionRequest, require_on_behalf
from consentfeed.api.shapes import Consent, EventId
from consentfeed.errors import ConsentfeedError, Problem
from consentfeed.http.answer import Json
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Text, decode, read_body
from consentfeed.http.limits import OTHER, REVOKE, Limits
from consentfeed.http.problem import Problem as ProblemShape
from consentfeed.log.ids import PLAIN
from consentfeed.permissions import Principal
from consentfeed.postgres import consents
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.writes.queue import Decision
from consentfeed.writes.trail import Trail
from consentfeed.writes.writer import Writer

_PATH: Final = "/api/v1/decisions"
# What answers the whole request, in this order: the first two also where other decisions were recorded (the same key
# with another body; it has to be sent again to find out), the others only where no decision was.
_ALWAYS_WHOLE: Final = ("key-reused", "outcome-unknown")
_WHOLE: Final = (*_ALWAYS_WHOLE, "database-away", "read-only", "draining")


class Outcome(Struct):
    """What became of one decision of many: consent and event, or problem."""

    consent: Consent | UnsetType = UNSET
    event: EventId | UnsetType | None = UNSET
    problem: ProblemShape | UnsetType = UNSET


class Outcomes(Struct):
    """One outcome for each decision, in their order."""

    outcomes: list[Outcome]


class BulkDecision(Answer, forbid_unknown_fields=True, kw_only=True):
    """One of many: the consent by its id, or by customer, purpose and channel."""

    action: Literal["grant", "revoke"]
    consent_id: UUID | None = None
    customer_id: UUID | None = None
    purpose: Text | None = None
    channel: Text | None = None
    if_version: Annotated[int, Meta(ge=0, le=2**63 - 1, description="Of the consent, for a grant")] | None = None

    def names_one(self) -> bool:
        """Whether it says which consent, and says it once."""
        triple = (self.customer_id, self.purpose, self.channel)
        return triple == (None, None, None) if self.consent_id else None not in triple


class Bulk(msgspec.Struct, forbid_unknown_fields=True):
    """Many decisions at once."""

    decisions: Annotated[list[BulkDecision], Meta(min_length=1, max_length=1000)]


class _RawBulk(msgspec.Struct, forbid_unknown_fields=True):
    """The same, each decision not decoded yet: one that is wrong is a problem of its own, and stops no other."""

    decisions: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=1000)]


class BulkDecisionApi:
    """Many decisions, through the writer."""

    def __init__(self, consents: ConsentQueries, writer: Writer, limits: Limits, trail: Trail) -> None:
        self._consents = consents
        self._writer = writer
        self._limits = limits
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The route of this file."""
        return [
            Endpoint(
                "POST", _PATH, self.decide, "Grant and revoke many consents at once",
                body=Bulk, answers={200: "One outcome each, in order"}, gives=Outcomes, headers=IDEMPOTENCY_HEADER,
                many=True,
            ),
        ]  # fmt: skip

    async def decide(self, request: Request, principal: Principal) -> Response:
        """Grants and revokes, with one outcome each, in order."""
        body = await read_body(request, _RawBulk)
        decision_request = DecisionRequest.of(request, principal, "bulk", _PATH, msgspec.json.encode(body))
        items = [_bulk_decision(raw, principal) for raw in body.decisions]
        # Revocations have a budget of their own: nothing else may use it up.
        self._limits.principal(principal, REVOKE if all(map(_is_revocation, items)) else OTHER)
        outcomes = await self._decide(await self._resolve(items, decision_request))
        if problem := _whole_problem(outcomes):
            raise problem
        try:
            await self._trail.note(principal, "repeat-decision", customers_without_event(outcomes))
        except ConsentfeedError:  # but some of them may have been recorded
            raise Problem("outcome-unknown") from None
        return Json(f'{{"outcomes":[{",".join(map(_item_json, outcomes))}]}}')

    async def _decide(self, items: list[Decision | Problem]) -> list[consents.Outcome | Exception]:
        """The outcomes in the order of the items; a problem is its own outcome."""
        outcomes = iter(await self._writer.decide([item for item in items if isinstance(item, Decision)]))
        return [next(outcomes) if isinstance(item, Decision) else item for item in items]

    async def _resolve(
        self, items: list[BulkDecision | Problem], decision_request: DecisionRequest
    ) -> list[Decision | Problem]:
        """The decisions with the ids of their consents."""
        triples = [item for item in items if isinstance(item, BulkDecision) and item.consent_id is None]
        ids = iter(await self._consent_ids(triples) if triples else ())
        decisions: list[Decision | Problem] = []
        # By its number in the request, problems counted: under an idempotency key a repetition finds the same outcome.
        for number, item in enumerate(items, 1):
            if isinstance(item, Problem):
                decisions.append(item)
            elif consent := item.consent_id or next(ids):
                decision = decision_request.decision(str(consent), item.action, item, number)
                decision.if_match = None if item.if_version is None else [item.if_version]
                decisions.append(decision)
            else:
                decisions.append(Problem("not-found", "The customer has no such consent."))
        return decisions

    async def _consent_ids(self, triples: list[BulkDecision]) -> list[UUID | None]:
        return await self._consents.consent_ids(
            [str(triple.customer_id) for triple in triples],
            [triple.purpose or "" for triple in triples],
            [triple.channel or "" for triple in triples],
        )


def _bulk_decision(raw: msgspec.Raw, principal: Principal) -> BulkDecision | Problem:
    try:
        decision = decode(raw, BulkDecision)
        if not decision.names_one():
            raise Problem("invalid", "Give consent_id, or customer_id with purpose and channel.")
        require_on_behalf(principal, decision.action, decision)
    except Problem as problem:
        return problem
    return decision


def _is_revocation(item: BulkDecision | Problem) -> bool:
    return isinstance(item, BulkDecision) and item.action == "revoke"


def _whole_problem(outcomes: Sequence[consents.Outcome | Exception]) -> Problem | None:
    """The problem that answers the whole request, or None where each decision is answered by itself."""
    problems = [problem_of(outcome) for outcome in outcomes if isinstance(outcome, Exception) or outcome.problem]
    codes = _WHOLE if len(problems) == len(outcomes) else _ALWAYS_WHOLE
    return next((problem for code in codes for problem in problems if problem.code == code), None)


def _item_json(outcome: consents.Outcome | Exception) -> str:
    try:
        return outcome_json(outcome, PLAIN)
    except Problem as problem:
        return f'{{"problem":{msgspec.json.encode(problem.as_dict()).decode()}}}'
