"""What answers look like, for the description of the API and for whoever checks answers against it.

The service itself passes consents and events on as PostgreSQL writes them.
"""

from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, field

# What q finds, of customers and of their consents.
SEARCH: Final = (
    "Prefix of a word of the name or of the e-mail address; a phone number, how it begins, or its last four digits or"
    " more; exact id"
)
Status = Literal["pending", "granted", "revoked", "expired"]


class BoundNotice(Struct):
    """The notice that a grant was given under."""

    key: str
    version: int
    language: str
    sha256: str


class Customer(Struct):
    """Who a customer is; members are null where nothing is known.

    A consent that was given before email_changed_at or msisdn_changed_at was given for another address or number.
    """

    id: UUID
    name: str | None
    email: str | None
    msisdn: str | None
    reference: str | None
    language: str
    version: int
    email_changed_at: datetime | None
    msisdn_changed_at: datetime | None
    erased_at: datetime | None


class Consent(Struct, kw_only=True):
    """One customer's present answer for one purpose and channel; version grows by one with each event."""

    id: UUID
    customer_id: UUID
    purpose: str
    channel: str
    status: Status
    version: int
    notice: BoundNotice | None
    granted_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None
    updated_at: datetime


class ListedConsent(Consent, kw_only=True):
    """A consent with whose it is."""

    customer: Customer


class Consents(Struct):
    """All consents of a customer."""

    consents: list[Consent]


class ConsentPage(Struct):
    """Consents, the cursor of the next page if there is one, and about how many there are on all pages."""

    consents: list[ListedConsent]
    next: str | None
    about: int


class EventId(Struct):
    """A place in the feed, opaque to clients."""

    id: str


class Decided(Struct):
    """A consent after a decision; event is null where nothing changed. ignored: what of a revocation could not be
    understood, and was not needed."""

    consent: Consent
    event: EventId | None
    ignored: list[str] | UnsetType = UNSET


class Actor(Struct):
    """Who made a change; database is somebody with SQL, id then the SQL role."""

    kind: Literal["customer", "csr", "admin", "service", "system", "database"]
    id: str


class EventUser(Struct):
    """The customer an event is about."""

    id: UUID
    email: str | None


class EventReason(Struct):
    """Why a change was made."""

    code: str | None
    text: str | None
    reference: str | None


class ConsentChange(Struct):
    """A change of a consent, and the consent as it was then."""

    type: Literal["granted", "revoked", "expired"]
    consent: Consent
    timestamp: datetime
    user: EventUser
    actor: Actor
    method: str
    reason: EventReason | None


class ChangedCustomer(Struct):
    """Which customer, and what about the customer changed: the names of members, never values."""

    id: UUID
    version: int
    changed: list[Literal["name", "email", "msisdn", "language", "reference"]]


class CustomerChange(Struct):
    """A change of what is known of a customer."""

    type: Literal["customer-updated"]
    customer: ChangedCustomer
    timestamp: datetime
    user: EventUser
    actor: Actor
    method: str
    reason: EventReason | None


class ChangedPreferences(Struct):
    """Whose contact preferences changed, and which: the names of members, never values."""

    customer_id: UUID
    version: int
    changed: list[Literal["language", "quiet_hours", "paused_until"]]


class PreferencesChange(Struct):
    """A change of when and in which language a customer wants to be contacted."""

    type: Literal["preferences-updated"]
    preferences: ChangedPreferences
    timestamp: datetime
    user: EventUser
    actor: Actor
    method: str
    reason: EventReason | None


class DayOff(Struct):
    """A day that is no working day, and what it is called where it is a holiday."""

    day: date
    why: Literal["weekend", "holiday"]
    name: str | None


class DeadlineStep(Struct):
    """A step of computing a deadline, from a day to another.

    counted: the rule, from the day of receipt. extended; waited: the clock stood for so long. moved: the day was no
    working day, nor were the others of days.
    """

    step: Literal["counted", "extended", "waited", "moved"]
    from_: date = field(name="from")
    to: date
    amount: int | UnsetType = UNSET
    unit: Literal["calendar-days", "working-days", "months"] | UnsetType = UNSET
    days: list[DayOff] | UnsetType = UNSET


class DeadlineRuleThen(Struct):
    """The rule as it was when the request was received."""

    amount: int
    unit: Literal["calendar-days", "working-days", "months"]


class DueBecause(Struct):
    """How a deadline was computed; the sentence says the same in English. last_day ends at midnight in this zone."""

    rule: DeadlineRuleThen
    zone: str
    steps: list[DeadlineStep]
    last_day: date
    sentence: str


class RightsRequest(Struct, kw_only=True):
    """What a customer demands by law, without anything that was written; version grows by one with each event.

    action: what was done last. came_by: self-service, the code of the reason that staff gave, or sql. While
    waiting_since is not null the clock stands, and due_at is what it was.
    """

    id: UUID
    reference: str
    kind: Literal["access", "rectification", "erasure", "restriction", "portability", "objection", "complaint"]
    status: Literal[
        "received", "acknowledged", "in-progress", "waiting-for-customer", "extended", "fulfilled", "refused",
        "cancelled",
    ]  # fmt: skip
    action: Literal[
        "receive", "acknowledge", "assign", "start", "ask", "resume", "extend", "fulfil", "refuse", "cancel", "move"
    ]
    customer_id: UUID
    came_by: str
    received_at: datetime
    due_at: datetime
    due_because: DueBecause
    assigned_to: UUID | None
    extended_at: datetime | None
    waiting_since: datetime | None
    waited_days: int
    closed_at: datetime | None
    updated_at: datetime
    version: int


class RightsRequestChange(Struct):
    """A change of a request, and the request as it was then."""

    type: Literal["rights-request-updated"]
    request: RightsRequest
    timestamp: datetime
    user: EventUser
    actor: Actor
    method: str
    reason: EventReason | None


class ErasedCustomer(Struct):
    """Who was erased, and when."""

    id: UUID
    version: int
    erased_at: datetime


class CustomerErasure(Struct):
    """A customer was erased: name, addresses, numbers and notes are gone, and all that was granted is revoked."""

    type: Literal["customer-erased"]
    customer: ErasedCustomer
    timestamp: datetime
    user: EventUser
    actor: Actor
    method: str
    reason: EventReason


class PublishedNotice(BoundNotice):
    """A notice in one language, and from when on it is in force."""

    published_at: datetime


class NoticePublication(Struct):
    """A notice was published, or a language was added to one that was."""

    type: Literal["notice-published"]
    notice: PublishedNotice
    timestamp: datetime
    user: None
    actor: Actor
    method: str
    reason: None


class ConsentEvent(Struct, tag_field="event", tag="consent-updated"):
    """An event of the feed: a consent changed."""

    id: str
    data: ConsentChange


class CustomerEvent(Struct, tag_field="event", tag="customer-updated"):
    """An event of the feed: what is known of a customer changed."""

    id: str
    data: CustomerChange


class PreferencesEvent(Struct, tag_field="event", tag="preferences-updated"):
    """An event of the feed: when and in which language a customer wants to be contacted changed."""

    id: str
    data: PreferencesChange


class RightsEvent(Struct, tag_field="event", tag="rights-request-updated"):
    """An event of the feed: something was done with a customer's request."""

    id: str
    data: RightsRequestChange


class ErasureEvent(Struct, tag_field="event", tag="customer-erased"):
    """An event of the feed: a customer was erased."""

    id: str
    data: CustomerErasure


class NoticeEvent(Struct, tag_field="event", tag="notice-published"):
    """An event of the feed: what customers are told changed."""

    id: str
    data: NoticePublication


Event = ConsentEvent | CustomerEvent | PreferencesEvent | RightsEvent | ErasureEvent | NoticeEvent


class History(Struct):
    """Events, oldest first."""

    events: list[ConsentEvent]


class User(Struct):
    """Whose a session or token is."""

    id: UUID
    email: str
    role: Literal["customer", "csr", "admin", "service"]
