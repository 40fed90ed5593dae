"""Granting and revoking many consents at once."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.decision_request import IDEMPOTENT, Answer, Cause, problem_of, require_reason, shown_only, told
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
_OF_ALL: Final = ("key-reused", "outcome-unknown", "database-away", "draining")


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

    def names_one(self) -> bool:
        """Whether it says which consent, and says it once."""
        triple = (self.customer_id, self.purpose, self.channel)
        return triple == (None, None, None) if self.consent_id else None not in triple


class Bulk(msgspec.Struct, forbid_unknown_fields=True):
    """Many decisions at once."""

    decisions: Annotated[list[BulkDecision], Meta(min_length=1, max_length=1000)]


class _Parts(msgspec.Struct, forbid_unknown_fields=True):
    """The same with each decision still to be read: one that is wrong is a problem of its own."""

    decisions: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=1000)]


class BulkApi:
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
                body=Bulk, answers={200: "One outcome each, in order"}, gives=Outcomes, headers=IDEMPOTENT,
                many=True,
            ),
        ]  # fmt: skip

    async def decide(self, request: Request, principal: Principal) -> Response:
        """Grants and revokes, with one outcome each, in order."""
        parts = await read_body(request, _Parts)
        cause = Cause.of(request, principal, "bulk", _PATH, msgspec.json.encode(parts))
        told_to = [_bulk_decision(raw, principal) for raw in parts.decisions]
        self._limits.principal(principal, REVOKE if all(map(_revokes, told_to)) else OTHER)
        asked = await self._resolve(told_to, cause)
        outcomes = iter(await self._writer.decide([one for one in asked if isinstance(one, Decision)]))
        became = [next(outcomes) if isinstance(one, Decision) else one for one in asked]
        if problem := _of_all(became):
            raise problem
        try:
            await self._trail.note(principal, "repeat-decision", shown_only(became))
        except ConsentfeedError:  # but some of them may have been recorded
            raise Problem("outcome-unknown", "Send it again with the same Idempotency-Key to find out.") from None
        return Json(f'{{"outcomes":[{",".join(map(_one_of_many, became))}]}}')

    async def _resolve(self, asked: list[BulkDecision | Problem], cause: Cause) -> list[Decision | Problem]:
        """The decisions with the consents they are about."""
        triples = [one for one in asked if isinstance(one, BulkDecision) and one.consent_id is None]
        found = iter(await self._find(triples) if triples else ())
        resolved: list[Decision | Problem] = []
        for item, one in enumerate(asked, 1):
            if isinstance(one, Problem):
                resolved.append(one)
            elif consent := one.consent_id or next(found):
                resolved.append(cause.decision(str(consent), one.action, one, item))
            else:
                resolved.append(Problem("not-found", "The customer has no such consent."))
        return resolved

    async def _find(self, triples: list[BulkDecision]) -> list[UUID | None]:
        return await self._consents.consent_ids(
            [str(one.customer_id) for one in triples],
            [one.purpose or "" for one in triples],
            [one.channel or "" for one in triples],
        )


def _bulk_decision(raw: msgspec.Raw, principal: Principal) -> BulkDecision | Problem:
    try:
        decision = decode(raw, BulkDecision)
        if not decision.names_one():
            raise Problem("invalid", "Give consent_id, or customer_id with purpose and channel.")
        require_reason(principal, decision)
    except Problem as problem:
        return problem
    return decision


def _revokes(one: BulkDecision | Problem) -> bool:
    return isinstance(one, BulkDecision) and one.action == "revoke"


def _of_all(became: Sequence[consents.Outcome | Exception]) -> Problem | None:
    """A problem that is the whole request's: it is another one, or nothing was written, or it has to be sent again to
    find out about each. Where some were decided and others not, each is told its own.
    """
    problems = [problem_of(one) for one in became if isinstance(one, Exception) or one.problem]
    codes = _OF_ALL if len(problems) == len(became) else _OF_ALL[:2]
    return next((problem for code in codes for problem in problems if problem.code == code), None)


def _one_of_many(outcome: consents.Outcome | Exception) -> str:
    try:
        return told(outcome, PLAIN)
    except Problem as problem:
        return f'{{"problem":{msgspec.json.encode(problem.as_dict()).decode()}}}'
