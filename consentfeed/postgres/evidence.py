"""What evidence of a consent is made of."""

from typing import Final, NamedTuple
from uuid import UUID

from consentfeed.postgres.pool import Pool

# One statement, for one snapshot: an event that comes meanwhile is in all of it, or in nothing.
_EVIDENCE: Final = (
    "SELECT consent.consent, consent.version, consent.customer_id, facts.customer, facts.purpose, facts.notices,"
    " event.seq, event.previous_hash, event.hash, event.body"
    " FROM consentfeed.one_consent($1, $2) AS consent"
    " CROSS JOIN consentfeed.evidence_facts($1, $2) AS facts"
    " LEFT JOIN consentfeed.evidence_events($1, $2) AS event ON true"
    " ORDER BY event.seq"
)


class LoggedEvent(NamedTuple):
    """An event with the hash onto which it is chained."""

    seq: int
    previous_hash: bytes | None
    hash: bytes
    body: str


class Material(NamedTuple):
    """A consent, whose it is, its purpose and the texts of its notices, as JSON; and its kept events, oldest first."""

    consent: str
    version: int
    customer_id: UUID
    customer: str
    purpose: str
    notices: str
    events: list[LoggedEvent]


class EvidenceQueries:
    """One method per question; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def material(self, of: str, only: str | None) -> Material | None:
        """All of a consent (of that customer alone, if given), as of one moment."""
        rows = await self._pool.fetch(_EVIDENCE, of, only)
        if not rows:
            return None
        events = [LoggedEvent(*list(row)[6:]) for row in rows if row["seq"] is not None]
        consent, version, owner, customer, purpose, notices = list(rows[0])[:6]
        return Material(consent, version, owner, customer, purpose, notices, events)
