"""Evidence of one consent, as a document: what of it is looked at when it is verified."""

from datetime import datetime
from typing import Final

from msgspec import Struct

FORMAT: Final = "consentfeed-evidence-1"


class Proof(Struct):
    """Hashes of RFC 9162 in base64, from the leaves up."""

    index: int
    size: int
    hashes: list[str]


class EvidenceEvent(Struct):
    """An event as it was hashed; hashes in hexadecimal digits. proof: null where the checkpoint does not cover it."""

    id: str
    body: str
    previous_hash: str | None
    hash: str
    proof: Proof | None


class BoundNotice(Struct):
    """The notice that a grant was given under."""

    key: str
    version: int
    language: str
    sha256: str


class EvidenceNotice(BoundNotice):
    """Its whole text, as it was shown."""

    title: str
    description: str
    text: str
    published_at: datetime | None


class State(Struct):
    """A consent, as far as evidence looks at it."""

    id: str
    customer_id: str
    purpose: str
    channel: str
    status: str
    version: int
    notice: BoundNotice | None
    expires_at: datetime | None


class Actor(Struct):
    """Who did it."""

    kind: str
    id: str | None


class Reason(Struct):
    """Why."""

    code: str | None
    reference: str | None = None


class Body(Struct):
    """What of an event's body evidence looks at."""

    seq: int
    type: str
    consent_id: str
    customer_id: str
    consent: State
    timestamp: str
    recorded_at: str
    actor: Actor
    method: str
    reason: Reason | None = None


class Document(Struct):
    """What a document of evidence holds, as far as it is checked."""

    format: str
    consent: State
    notices: list[EvidenceNotice]
    events: list[EvidenceEvent]
    checkpoint: str | None
    key: str | None
