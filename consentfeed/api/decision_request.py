"""What a request to grant or revoke says, by whatever route it comes, and the decisions that the writer gets of it."""

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta
from starlette.requests import Request

from consentfeed.errors import Problem
from consentfeed.http.fields import field
from consentfeed.http.input import END, Language, Line, Text
from consentfeed.permissions import Principal
from consentfeed.writes.queue import Decision

_KEY: Final = re.compile(r"^[\x21-\x7e]{1,255}" + END)
IDEMPOTENCY: Final = "Idempotency-Key"
IDEMPOTENCY_HEADER: Final = {
    IDEMPOTENCY: Annotated[
        str,
        Meta(pattern=_KEY.pattern, description="The same key and request within 24 h get the stored answer again"),
    ]
}
Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}" + END)]


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Why: a code, a reference such as a ticket's number, and free text, which is kept outside the log."""

    code: Code | None = None
    text: Annotated[Text, Meta(max_length=2000)] | None = None
    reference: Annotated[Line, Meta(max_length=200)] | None = None


NoticeNumber = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Answer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What grant and revoke may say beside the fact.

    csr and admin give a reason with a code, and name the notice that a grant was given under.
    """

    notice_version: NoticeNumber | None = None
    language: Language | None = None
    renew: Annotated[bool, Meta(description="A grant that has an end gets a new one")] = False
    reason: Reason | None = None


class CodedReason(Reason, kw_only=True):
    """Why, on a customer's behalf."""

    code: Code


class AnswerOnBehalf(Answer, kw_only=True):
    """What they say on a customer's behalf."""

    reason: CodedReason


class GrantOnBehalf(AnswerOnBehalf, kw_only=True):
    """The same for a grant: it names the notice that was read to the customer."""

    notice_version: NoticeNumber


class DecisionRequest(NamedTuple):
    """What all decisions of one request share: who asks, how, and under which idempotency key."""

    principal: Principal
    method: str
    route: str
    key: str | None
    request_sha256: str

    @classmethod
    def of(cls, principal: Principal, method: str, route: str, key: str | None, content: bytes) -> "DecisionRequest":
        """content: what makes another request with the same key the same one."""
        return cls(principal, method, route, key, hashlib.sha256(content).hexdigest())

    def decision(self, consent: str, action: str, answer: Answer, item: int = 1) -> Decision:
        """The decision for the writer; item is its number among the decisions of this request, from 1."""
        reason = answer.reason or Reason()
        # Nothing may stand in the way of a revocation: what it says of a notice is passed over.
        is_grant = action == "grant"
        return Decision(
            consent_id=consent,
            action=action,
            actor_kind=self.principal.role,
            actor_id=self.principal.id,
            method=self.method,
            only_customer=self.principal.only_customer,
            renew=is_grant and answer.renew,
            notice_version=answer.notice_version if is_grant else None,
            language=answer.language if is_grant else None,
            reason_code=reason.code,
            reason_reference=reason.reference,
            note=reason.text,
            principal=self.principal.name,
            route=self.route,
            key=self.key,
            key_item=item,
            request_sha256=self.request_sha256,
        )


def read_key(request: Request, *, lenient: bool) -> tuple[str | None, list[str]]:
    """The idempotency key, if there is one, and what of the request is ignored for it; raises Problem for what is none,
    unless the request is a revocation, which needs none."""
    # Two of them are no key.
    key = field(request, IDEMPOTENCY) if IDEMPOTENCY in request.headers else None
    if key is None or _KEY.fullmatch(key):
        return key, []
    if lenient:
        return None, [IDEMPOTENCY]
    raise Problem("invalid", f"{IDEMPOTENCY} is 1 to 255 printable ASCII characters, without spaces.")


def require_on_behalf(principal: Principal, action: str, answer: Answer, ignored: Sequence[str] = ()) -> None:
    """Raises Problem where somebody acts on a customer's behalf without saying why, or in a way that could not be
    understood, or which notice was read."""
    if principal.role not in ("csr", "admin"):
        return
    if not (answer.reason and answer.reason.code):
        raise Problem("reason-required", ignored=ignored) if ignored else Problem("reason-required")
    if action == "grant" and answer.notice_version is None:
        raise Problem("notice-required")
