"""What a request to decide on many consents says: each decision by itself, revocations as far as can be understood."""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta
from starlette.requests import Request

from consentfeed.api.decision_request import Answer, read_key, require_on_behalf
from consentfeed.errors import Problem
from consentfeed.http.input import Text, decode
from consentfeed.http.lenient import decode_leniently, shown
from consentfeed.http.terms import Objection, objections
from consentfeed.permissions import Principal


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


class RawBulk(msgspec.Struct, forbid_unknown_fields=True):
    """The same, each decision not decoded yet: one that is wrong is a problem of its own, and stops no other."""

    decisions: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=1000)]


class _Action(msgspec.Struct):
    """What of a decision says which kind it is, whatever else stands in it."""

    action: Literal["grant", "revoke"]


class Item(NamedTuple):
    """One decision of a request, or why it is none, and what of it was ignored."""

    is_revocation: bool
    decision: BulkDecision | Problem
    ignored: list[str]


class BulkRequest(NamedTuple):
    """A whole request; ignored: what beside its items was."""

    body: RawBulk
    items: list[Item]
    key: str | None
    ignored: list[str]

    @property
    def only_revokes(self) -> bool:
        """Whether it holds revocations alone."""
        return all(item.is_revocation for item in self.items)


async def read_bulk(request: Request, principal: Principal) -> BulkRequest:
    """Raises Problem where there are no decisions in it, and where it does not hold revocations alone also for what
    would be ignored."""
    body, ignored, refusal = _read(await request.body() or b"{}", objections(request))
    items = [_item(raw, principal) for raw in body.decisions]
    found = BulkRequest(body, items, None, ignored)
    if refusal and not found.only_revokes:
        raise refusal
    key, no_key = read_key(request, lenient=found.only_revokes)
    return found._replace(key=key, ignored=shown([*ignored, *no_key]))


def _read(raw: bytes, objected: Sequence[Objection]) -> tuple[RawBulk, list[str], Problem | None]:
    """The decisions, what beside them is passed over, and why that is refused where there are grants."""
    refusal = objected[0].problem if objected else None
    ignored = [objection.name for objection in objected]
    try:
        return decode(raw, RawBulk), ignored, refusal
    except Problem as problem:
        refusal = refusal or problem
    try:
        body, left_out = decode_leniently(raw, RawBulk)
    except Problem:
        raise refusal from None
    return body, [*ignored, *left_out], refusal


def _item(raw: msgspec.Raw, principal: Principal) -> Item:
    is_revocation = _is_revocation(raw)
    ignored: list[str] = []
    try:
        if is_revocation:
            decision, ignored = decode_leniently(raw, BulkDecision)
        else:
            decision = decode(raw, BulkDecision)
        if not decision.names_one():
            raise Problem("invalid", "Give consent_id, or customer_id with purpose and channel.")
        require_on_behalf(principal, decision.action, decision, shown(ignored))
    except Problem as problem:
        return Item(is_revocation, problem, [])
    return Item(is_revocation, decision, shown(ignored))


def _is_revocation(raw: msgspec.Raw) -> bool:
    try:
        return msgspec.json.decode(raw, type=_Action).action == "revoke"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return decode_leniently(raw, _Action)[0].action == "revoke"
    except Problem:
        return False
