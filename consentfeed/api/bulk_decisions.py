"""POST /decisions: granting and revoking many consents at once."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.bulk_request import Bulk, BulkDecision, read_bulk
from consentfeed.api.decision_outcome import customers_without_event, outcome_json, problem_of
from consentfeed.api.decision_request import (
    IDEMPOTENCY_HEADER,
    DecisionRequest,
)
from consentfeed.api.shapes import Consent, EventId
from consentfeed.errors import ConsentfeedError, Problem
from consentfeed.http.answer import Json
from consentfeed.http.endpoint import Endpoint
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
    """What became of one decision of many: consent and event, or problem. ignored: as of Decided."""

    consent: Consent | UnsetType = UNSET
    event: EventId | UnsetType | None = UNSET
    problem: ProblemShape | UnsetType = UNSET
    ignored: list[str] | UnsetType = UNSET


class Outcomes(Struct):
    """One outcome for each decision, in their order; ignored: what of the request around them was."""

    outcomes: list[Outcome]
    ignored: list[str] | UnsetType = UNSET


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
                many=True, lenient=True,
            ),
        ]  # fmt: skip

    async def decide(self, request: Request, principal: Principal) -> Response:
        """Grants and revokes, with one outcome each, in order."""
        bulk = await read_bulk(request, principal)
        content = msgspec.json.encode(bulk.body)
        decision_request = DecisionRequest.of(principal, "bulk", _PATH, bulk.key, content)
        # Revocations have a budget of their own: nothing else may use it up.
        self._limits.principal(principal, REVOKE if bulk.only_revokes else OTHER)
        outcomes = await self._decide(await self._resolve([item.decision for item in bulk.items], decision_request))
        if problem := _whole_problem(outcomes):
            raise problem
        try:
            await self._trail.note(principal, "repeat-decision", customers_without_event(outcomes))
        except ConsentfeedError:  # but some of them may have been recorded
            raise Problem("outcome-unknown") from None
        lines = [_item_json(outcome, item.ignored) for outcome, item in zip(outcomes, bulk.items, strict=True)]
        ignored = f',"ignored":{msgspec.json.encode(bulk.ignored).decode()}' if bulk.ignored else ""
        return Json(f'{{"outcomes":[{",".join(lines)}]{ignored}}}')

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


def _whole_problem(outcomes: Sequence[consents.Outcome | Exception]) -> Problem | None:
    """The problem that answers the whole request, or None where each decision is answered by itself."""
    problems = [problem_of(outcome) for outcome in outcomes if isinstance(outcome, Exception) or outcome.problem]
    codes = _WHOLE if len(problems) == len(outcomes) else _ALWAYS_WHOLE
    return next((problem for code in codes for problem in problems if problem.code == code), None)


def _item_json(outcome: consents.Outcome | Exception, ignored: list[str]) -> str:
    try:
        return outcome_json(outcome, PLAIN, ignored)
    except Problem as problem:
        return f'{{"problem":{msgspec.json.encode(problem.as_dict()).decode()}}}'
