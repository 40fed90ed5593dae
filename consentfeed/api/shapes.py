"""What answers look like, for the description of the API and for whoever checks answers against it.

The service itself passes consents and events on as PostgreSQL writes them.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

Status = Literal["pending", "granted", "revoked", "expired"]


class BoundNotice(Struct):
    """The notice that a grant was given under."""

    key: str
    version: int
    language: str
    sha256: str


class Customer(Struct):
    """Who a customer is; members are null where nothing is known."""

    id: UUID
    name: str | None
    email: str | None
    msisdn: str | None


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
    """Consents, and the cursor of the next page if there is one."""

    consents: list[ListedConsent]
    next: str | None


class EventId(Struct):
    """A place in the feed, opaque to clients."""

    id: str


class Decided(Struct):
    """A consent after a decision; event is null where nothing changed."""

    consent: Consent
    event: EventId | None


class Problem(Struct):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | UnsetType = UNSET


class Outcome(Struct):
    """What became of one decision of many: consent and event, or problem."""

    consent: Consent | UnsetType = UNSET
    event: EventId | UnsetType | None = UNSET
    problem: Problem | UnsetType = UNSET


class Outcomes(Struct):
    """One outcome for each decision, in their order."""

    outcomes: list[Outcome]


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


class EventData(Struct):
    """A change of a consent, and the consent as it was then."""

    type: Literal["granted", "revoked", "expired"]
    consent: Consent
    timestamp: datetime
    user: EventUser
    actor: Actor
    method: str
    reason: EventReason | None


class Event(Struct):
    """An event of the feed."""

    id: str
    event: str
    data: EventData


class History(Struct):
    """Events, oldest first."""

    events: list[Event]


class EventPage(Struct):
    """Events in their order, the place to continue from, and whether there are more by now."""

    events: list[Event]
    next: str
    more: bool


class CustomerPage(Struct):
    """Customers, and the cursor of the next page if there is one."""

    customers: list[Customer]
    next: str | None


class Purpose(Struct):
    """What a customer can consent to; notice_version is the version in force."""

    key: str
    title: str
    description: str
    channels: list[str]
    legal_basis: str
    dpv_term: str | None
    default_validity_days: int | None
    position: int
    offered: bool
    notice_version: int | None
    languages: list[str] | None


class Purposes(Struct):
    """All purposes in their order."""

    purposes: list[Purpose]


class Notice(Struct):
    """The text of a notice, exactly as shown."""

    key: str
    version: int
    language: str
    text: str
    sha256: str


class NoticeVersion(Struct):
    """One language of one version of a notice; a draft is not published yet."""

    version: int
    language: str
    text: str
    sha256: str
    published_at: datetime | None
    in_force: bool


class NoticeVersions(Struct):
    """All notices of a purpose, newest version first."""

    notices: list[NoticeVersion]


class User(Struct):
    """Whose a session or token is."""

    id: UUID
    email: str
    role: Literal["customer", "csr", "admin", "service"]


class SignedIn(Struct):
    """The account of a session or token."""

    user: User


class Account(User):
    """An account; issuer is the identity provider that signs it in, disabled_at is null while it may sign in."""

    issuer: str | None
    created_at: datetime
    disabled_at: datetime | None


class AccountPage(Struct):
    """Accounts, and the cursor of the next page if there is one."""

    users: list[Account]
    next: str | None


class Session(Struct):
    """An open session; agent is what the browser called itself, current is the one that asks."""

    id: UUID
    user: User
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    agent: str | None
    current: bool


class SessionPage(Struct):
    """Sessions, and the cursor of the next page if there is one."""

    sessions: list[Session]
    next: str | None


class OwnSession(Struct):
    """An open session of one's own."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    agent: str | None
    current: bool


class OwnSessions(Struct):
    """One's own open sessions, newest first."""

    sessions: list[OwnSession]


class SingleSignOn(Struct):
    """Signing in by an identity provider, and what the page calls it."""

    title: str


class Ways(Struct):
    """How one may sign in here."""

    password: bool
    single_sign_on: SingleSignOn | None


class Leave(Struct):
    """Where to go to sign out at the identity provider too."""

    location: str


class Reader(Struct):
    """Who asked; email is null for a token whose subject has no account."""

    id: UUID
    role: Literal["csr", "admin", "service"]
    email: str | None


class Access(Struct):
    """A line of the access trail: customers are those whose data were shown, rows how many entries there were."""

    id: int
    at: datetime
    actor: Reader
    action: str
    customers: list[UUID]
    filters: dict[str, Any]
    rows: int


class AccessPage(Struct):
    """Lines of the access trail, newest first, and the cursor of the next page if there is one."""

    accesses: list[Access]
    next: str | None


class Preferences(Struct):
    """What somebody has chosen on the pages."""

    preferences: dict[str, Any]


class Numbers(Struct):
    """What a node counts: as it is now, per second since its last report, and resets since its start."""

    streams: int
    streams_behind: int
    lag_events: int
    lag_seconds: float
    listener_age: float
    writes_per_second: float
    events_per_second: float
    deliveries_per_second: float
    resets: int
    decisions_waiting: int


class Node(Struct):
    """A process that serves."""

    id: UUID
    host: str
    started_at: datetime
    seen_at: datetime
    numbers: Numbers


class Nodes(Struct):
    """The nodes that have reported within the last minute."""

    nodes: list[Node]


class Verification(Struct):
    """Whether the log is whole up to its head, else the first position that does not fit, and why."""

    whole: bool
    head: str
    position: int | None
    problem: str | None
    events: int


class Health(Struct):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Struct):
    """Whether the node serves, and why it does not."""

    ready: bool
    reasons: list[str]
