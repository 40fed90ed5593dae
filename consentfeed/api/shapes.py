"""What answers look like, for the description of the API and for whoever checks answers against it.

The service itself passes consents and events on as PostgreSQL writes them.
"""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

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
    language: str
    version: int
    email_changed_at: datetime | None
    msisdn_changed_at: datetime | None


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
    changed: list[Literal["name", "email", "msisdn", "language"]]


class CustomerChange(Struct):
    """A change of what is known of a customer."""

    type: Literal["customer-updated"]
    customer: ChangedCustomer
    timestamp: datetime
    user: EventUser
    actor: Actor
    method: str
    reason: EventReason | None


class ConsentEvent(Struct, tag_field="event", tag="consent-updated"):
    """An event of the feed: a consent changed."""

    id: str
    data: ConsentChange


class CustomerEvent(Struct, tag_field="event", tag="customer-updated"):
    """An event of the feed: what is known of a customer changed."""

    id: str
    data: CustomerChange


Event = ConsentEvent | CustomerEvent


class History(Struct):
    """Events, oldest first."""

    events: list[ConsentEvent]


class User(Struct):
    """Whose a session or token is."""

    id: UUID
    email: str
    role: Literal["customer", "csr", "admin", "service"]
