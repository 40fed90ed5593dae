"""What a customer's answer says, by whatever route it comes, and what is told of what became of it."""

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta
from starlette.requests import Request

from consentfeed.errors import PROBLEMS, Problem
from consentfeed.http.input import END, Language, Line, Text
from consentfeed.log.ids import Ids
from consentfeed.permissions import Principal
from consentfeed.postgres.consents import Outcome
from consentfeed.writes.queue import Decision

_KEY: Final = re.compile(r"^[\x21-\x7e]{1,255}" + END)
IDEMPOTENT: Final = {
    "Idempotency-Key": Annotated[
        str,
        Meta(pattern=_KEY.pattern, description="The same key and request within 24 h get the stored answer again"),
    ]
}
_DETAILS: Final = {
    "not-found": "No consent has this id.",
    "stale": "Read it again, and decide on what it says now.",
    "busy": "Another transaction holds this consent. Try again shortly.",
    "notice-superseded": "Show the notice in force, and ask again.",
    "no-notice": "Publish a notice first.",
    "key-reused": "This Idempotency-Key came with another body before. Use a new one.",
    "no-such-language": "Ask for a language listed with the purpose.",
}


Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}" + END)]


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Why: a code, a reference such as a ticket's number, and free text, which is kept outside the log."""

    code: Code | None = None
    text: Annotated[Text, Meta(max_length=2000)] | None = None
    reference: Annotated[Line, Meta(max_length=200)] | None = None


class Answer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What grant and revoke may say beside the fact; csr and admin give a reason with a code."""

    notice_version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    language: Language | None = None
    reason: Reason | None = None


class CodedReason(Reason, kw_only=True):
    """Why, on a customer's behalf."""

    code: Code


class AnswerOnBehalf(Answer, kw_only=True):
    """What they say on a customer's behalf."""

    reason: CodedReason


class Cause(NamedTuple):
    """What the decisions of one request share: who asks, how, and under which idempotency key."""

    principal: Principal
    method: str
    route: str
    key: str | None
    request_sha256: str

    @classmethod
    def of(cls, request: Request, principal: Principal, method: str, route: str, content: bytes) -> "Cause":
        """content: what a request must say to be the same one. Raises Problem for a key that cannot be one."""
        key = request.headers.get("idempotency-key")
        if key is not None and not _KEY.fullmatch(key):
            raise Problem("invalid", "Idempotency-Key is 1 to 255 printable ASCII characters, without spaces.")
        return cls(principal, method, route, key, hashlib.sha256(content).hexdigest())

    def decision(self, consent: str, action: str, answer: Answer, item: int = 1) -> Decision:
        """The decision for the writer; a revocation needs no notice, so what it says of one is passed over."""
        reason = answer.reason or Reason()
        return Decision(
            consent_id=consent,
            action=action,
            actor_kind=self.principal.role,
            actor_id=self.principal.id,
            method=self.method,
            only_customer=self.principal.only_customer,
            notice_version=answer.notice_version if action == "grant" else None,
            language=answer.language if action == "grant" else None,
            reason_code=reason.code,
            reason_reference=reason.reference,
            note=reason.text,
            principal=self.principal.name,
            route=self.route,
            key=self.key,
            key_item=item,
            request_sha256=self.request_sha256,
        )


def require_reason(principal: Principal, answer: Answer) -> None:
    """Raises Problem reason-required where somebody acts on a customer's behalf without saying why."""
    if principal.role in ("csr", "admin") and not (answer.reason and answer.reason.code):
        raise Problem("reason-required", 'On a customer\'s behalf, say why: {"reason":{"code":"phone-call"}}.')


def problem_of(outcome: Outcome | Exception) -> Problem:
    """What to answer where a decision was not recorded."""
    if isinstance(outcome, Outcome):
        code = outcome.problem if outcome.problem in PROBLEMS else "internal"
        return Problem(code, _DETAILS.get(code, ""))
    return outcome if isinstance(outcome, Problem) else Problem("internal")


class _Owned(msgspec.Struct):
    customer_id: str


def shown_only(outcomes: Sequence[Outcome | Exception]) -> list[str]:
    """Whose consents are shown by decisions that changed nothing, so that no event tells of them."""
    consents = [one.consent for one in outcomes if isinstance(one, Outcome) and one.consent and not one.position]
    return [msgspec.json.decode(consent, type=_Owned).customer_id for consent in consents]


def told(outcome: Outcome | Exception, ids: Ids) -> str:
    """What became of a decision, as JSON; raises Problem."""
    if isinstance(outcome, Exception) or outcome.problem:
        raise problem_of(outcome)
    event = "null" if outcome.position is None else f'{{"id":"{ids.write(outcome.position)}"}}'
    return f'{{"consent":{outcome.consent},"event":{event}}}'
