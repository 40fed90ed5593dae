"""POST /checks: may a message be sent? A thousand questions at once, answered from one snapshot."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.emails import EmailText, unwrapped
from consentfeed.api.letters import trimmed
from consentfeed.api.phones import MsisdnText, Phones
from consentfeed.api.references import ReferenceText
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, Time, read_body
from consentfeed.log.event import rfc3339
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.permissions import Principal
from consentfeed.postgres.batched import Batched
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.postgres.pool import Record
from consentfeed.writes.trail import Trail

_MOST: Final = 1000
_POSITION: Final = {"Consentfeed-Position": "Place in the feed of the same snapshot: a stream after it misses nothing"}


class Check(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A question: whose consent, by one of id, number, address and reference, for what, on which channel."""

    customer_id: UUID | None = None
    msisdn: MsisdnText | None = None
    email: EmailText | None = None
    reference: ReferenceText | None = None
    purpose: Filled
    channel: Filled


class Checks(msgspec.Struct, forbid_unknown_fields=True):
    """Questions, and for which time; by default now."""

    checks: Annotated[list[Check], Meta(min_length=1, max_length=_MOST)]
    at: Annotated[Time | None, Meta(description="A time in the past, with its zone")] = None


class Contact(Struct):
    """Whether quiet hours and pauses leave the customer free to be contacted; until: when they end, if they do not."""

    now: bool
    until: datetime | None


class CheckAnswer(Struct):
    """allowed: whether the consent is granted. status is unknown where nobody has the number, or nothing is offered so.

    customers: how many have the number or address, where they are several: it is the least permissive of their answers.
    """

    allowed: bool
    status: Literal["granted", "revoked", "expired", "pending", "unknown"]
    since: datetime | None
    expires_at: datetime | None
    consent_id: UUID | None
    version: int | None
    contact: Contact
    customers: int | UnsetType = UNSET


class CheckAnswers(Struct):
    """The time for which is answered, and an answer to each question, in order."""

    at: datetime
    answers: list[CheckAnswer]


class Question(NamedTuple):
    """A question as SQL takes it."""

    customer: str | None
    msisdn: str | None
    email: str | None
    reference: str | None
    purpose: str
    channel: str


class Found(NamedTuple):
    """What was found for the questions of a request: rows by the question's place, from 0."""

    position: Position
    rows: dict[int, Record]


_NOBODY: Final = {
    "allowed": False,
    "status": "unknown",
    "since": None,
    "expires_at": None,
    "consent_id": None,
    "version": None,
}


class CheckApi:
    """Answers checks. Those of now that come while others are looked up are looked up together, next."""

    def __init__(self, consents: ConsentQueries, phones: Phones, trail: Trail) -> None:
        self._consents = consents
        self._phones = phones
        self._trail = trail
        self._now: Batched[tuple[Question, ...], Found] = Batched(self._look_up, most=_MOST, weigh=len)

    def endpoints(self) -> list[Endpoint]:
        """The one route of this file."""
        return [
            Endpoint(
                "POST", "/api/v1/checks", self.check, "May I? Up to 1,000 questions, in one snapshot",
                body=Checks, gives=CheckAnswers, answer_headers=_POSITION, problems=("not-kept",),
            )
        ]  # fmt: skip

    async def check(self, request: Request, principal: Principal) -> Response:
        """An answer to each question."""
        body, now = await read_body(request, Checks), datetime.now(UTC)
        if body.at and body.at > now:
            raise Problem("invalid", "at is in the future - at `$.at`")
        questions = tuple(self._question(check, number) for number, check in enumerate(body.checks))
        found = await self._ask(questions, body.at) if body.at else await self._now.get(questions)
        customers = [row["customer_id"] for row in found.rows.values()]
        filters = {"purpose": sorted({one.purpose for one in questions}), "at": body.at and rfc3339(body.at)}
        await self._trail.note(principal, "check-consents", customers, filters)
        answers = [_answer(found.rows.get(number)) for number in range(len(questions))]
        headers = {"consentfeed-position": PLAIN.write(found.position)}
        return json_answer({"at": rfc3339(body.at or now), "answers": answers}, headers=headers)

    def _question(self, check: Check, number: int) -> Question:
        """Cleaned, as where it is registered; what is no number or address is nobody's. Raises Problem."""
        given = (check.customer_id, check.msisdn, check.email, check.reference)
        if sum(value is not None for value in given) != 1:
            raise Problem("invalid", f"Give one of customer_id, msisdn, email and reference - at `$.checks[{number}]`")
        return Question(
            None if check.customer_id is None else str(check.customer_id),
            None if check.msisdn is None else self._phones.to_look_up(check.msisdn),
            None if check.email is None else unwrapped(check.email),
            None if check.reference is None else trimmed(check.reference),
            check.purpose,
            check.channel,
        )

    async def _look_up(self, requests: list[tuple[Question, ...]]) -> dict[tuple[Question, ...], Found]:
        """Requests of now together, from one snapshot."""
        everything = await self._ask([question for questions in requests for question in questions], None)
        found, begin, rows = {}, 0, everything.rows
        for questions in requests:
            own = range(begin, begin + len(questions))  # walking through all rows for each would be quadratic
            found[questions] = Found(everything.position, {nth - begin: rows[nth] for nth in own if nth in rows})
            begin += len(questions)
        return found

    async def _ask(self, questions: Sequence[Question], at: datetime | None) -> Found:
        rows = await self._consents.check_consents(*map(list, zip(*questions, strict=True)), at)
        if not rows or not all(row["kept"] for row in rows[1:]):
            raise Problem("not-kept")
        return Found(Position(rows[0]["seq"], rows[0]["hash"]), {row["nth"] - 1: row for row in rows[1:]})


def _answer(row: Record | None) -> dict[str, Any]:
    """Nobody, or nothing that was ever offered: unknown, which is no."""
    if row is None:
        return {**_NOBODY, "contact": _contact(None)}
    several = {"customers": row["holders"]} if row["holders"] > 1 else {}
    if row["consent_id"] is None:
        return {**_NOBODY, "contact": _contact(row["contact_until"]), **several}
    return {
        "allowed": row["status"] == "granted",
        "status": row["status"],
        "since": row["since"] and rfc3339(row["since"]),
        "expires_at": row["expires_at"] and rfc3339(row["expires_at"]),
        "consent_id": str(row["consent_id"]),
        "version": row["version"],
        "contact": _contact(row["contact_until"]),
        **several,
    }


def _contact(until: datetime | None) -> dict[str, Any]:
    """By quiet hours and pauses; nobody's: at any time."""
    return {"now": until is None, "until": until and rfc3339(until)}
