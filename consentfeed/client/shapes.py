"""What is sent and answered, for type checkers: members that a later version adds come along unnamed."""

from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

Action = Literal["grant", "revoke"]


class Reason(TypedDict):
    """Why it was decided; a code, such as phone-call, is needed on behalf of a customer."""

    code: str
    text: NotRequired[str]
    reference: NotRequired[str]


class Decision(TypedDict):
    """A decision: of a consent by its id, or of a customer, purpose and channel."""

    action: Action
    consent_id: NotRequired[str]
    customer_id: NotRequired[str]
    purpose: NotRequired[str]
    channel: NotRequired[str]
    notice_version: NotRequired[int]
    language: NotRequired[str]
    reason: NotRequired[Reason]
    if_version: NotRequired[int]


class Consent(TypedDict):
    """A customer's answer for one purpose and channel; version grows by one with each event."""

    id: str
    customer_id: str
    purpose: str
    channel: str
    status: Literal["pending", "granted", "revoked", "expired"]
    version: int
    notice: dict[str, Any] | None
    granted_at: str | None
    revoked_at: str | None
    expires_at: str | None
    updated_at: str
    customer: NotRequired[dict[str, Any]]


class Outcome(TypedDict):
    """What became of a decision: the consent and its event (null where nothing changed), or a problem."""

    consent: NotRequired[Consent]
    event: NotRequired[dict[str, str] | None]
    problem: NotRequired[dict[str, Any]]


class Question(TypedDict):
    """May I? One of customer_id, msisdn, email and reference says about whom."""

    customer_id: NotRequired[str]
    msisdn: NotRequired[str]
    email: NotRequired[str]
    reference: NotRequired[str]
    purpose: str
    channel: str


class Answer(TypedDict):
    """Whether one may: no is also the answer of what nobody knows (status unknown)."""

    allowed: bool
    status: str
    since: str | None
    expires_at: str | None
    consent_id: str | None
    version: int | None


class Event(NamedTuple):
    """An event of the feed. id is the one to keep: follow(after=id) goes on behind it."""

    id: str
    kind: str
    data: dict[str, Any]
