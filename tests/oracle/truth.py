"""What is so: the table, in each history that there has been."""

from bisect import bisect_left
from itertools import chain
from sys import intern
from typing import Any, LiteralString, NamedTuple

import msgspec
import psycopg

from tests.oracle.content import digest

_EVENTS: LiteralString = (
    "SELECT event.seq, event.hash, event.body, customer.email, note.note FROM consentfeed.events AS event"
    " LEFT JOIN consentfeed.customers AS customer ON customer.id = event.customer_id"
    " LEFT JOIN consentfeed.event_notes AS note ON note.seq = event.seq"
    " WHERE event.seq >= %s ORDER BY event.seq"
)
_CONSENTS: LiteralString = "SELECT id::text, version, status FROM consentfeed.consents"
_DROPPED: LiteralString = "SELECT coalesce(max(last_seq), -1) FROM consentfeed.dropped_partitions"
# Columns of the row, and what is kept for verifying alone: the feed does not show them.
_HIDDEN = ("seq", "consent_id", "customer_id", "recorded_at", "note_sha256", "text_sha256")


class Fact(NamedTuple):
    """One event: its hash, a digest of what the feed must show of it, and what decides who may see it.

    Of a rights request, consent is the request's id: its versions follow one another, too.
    """

    hash: bytes
    digest: bytes
    type: str
    customer: str
    purpose: str
    channel: str
    consent: str
    version: int
    status: str
    reference: str | None
    recorded_at: str


def _fact(hash: bytes, body: str, email: str | None, note: str | None) -> Fact:
    event: dict[str, Any] = msgspec.json.decode(body)
    consent, reason = event.get("consent") or event["request"], event["reason"]
    recorded_at, customer = event["recorded_at"], event["customer_id"]
    wire = {name: value for name, value in event.items() if name not in _HIDDEN}
    wire["user"]["email"] = email
    if reason:
        reason["text"] = note
    return Fact(
        hash, digest(wire), intern(event["type"]), intern(customer), intern(consent.get("purpose", "")),
        intern(consent.get("channel", "")), intern(consent["id"]), consent["version"], intern(consent["status"]),
        reason["reference"] if reason else None, recorded_at,
    )  # fmt: skip


class History:
    """One history: fact n-1 is event n; where the events of each consent, and each reference, stand."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.by_consent: dict[str, list[int]] = {}
        self.by_reference: dict[str, int] = {}
        self.consents: dict[str, tuple[int, str]] = {}  # as the table has them: version and status
        self.dropped = -1  # the last event that is no longer kept; here it is
        self.broken: list[str] = []

    def read(self, url: str) -> None:
        """What has come since the last time, with the consents of the same moment; what does not fit is broken."""
        with psycopg.connect(url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.cursor("events") as events:
                events.itersize = 2000
                events.execute(_EVENTS, (max(len(self.facts), 1),))
                rows = events.fetchmany(1)
                if self.facts and (not rows or rows[0][0] != len(self.facts)):
                    self.broken.append(f"event {len(self.facts)} is gone")
                for seq, *rest in chain(rows, events):
                    self._take(seq, _fact(*rest))
            consents = connection.execute(_CONSENTS).fetchall()
            self.dropped = self._number(connection.execute(_DROPPED))
        self.consents = {consent: (version, status) for consent, version, status in consents}
        differing = [consent for consent, row in self.consents.items() if row != self.folded(consent)]
        if differing:
            self.broken.append(f"the events of {len(differing)} consents do not make what their rows say")

    def folded(self, consent: str) -> tuple[int, str]:
        """What its events make of a consent: version and status."""
        seqs = self.by_consent.get(consent)
        return (len(seqs), self.facts[seqs[-1] - 1].status) if seqs else (0, "pending")

    def event_of(self, consent: str, version: int) -> int | None:
        """The event that made this version of a consent."""
        seqs = self.by_consent.get(consent, [])
        return seqs[version - 1] if 0 < version <= len(seqs) else None

    def begins_like(self, other: "History", head: int) -> bool:
        """Whether it is the same as another up to an event."""
        return head == 0 or (len(self.facts) >= head and self.facts[head - 1].hash == other.facts[head - 1].hash)

    def fork(self, url: str) -> "History":
        """The history that the database has now: this one, up to where they part."""
        with psycopg.connect(url) as connection:

            def differs(seq: int) -> bool:
                query = "SELECT hash FROM consentfeed.events WHERE seq = %s"
                row = connection.execute(query, (seq,)).fetchone()
                return row is None or row[0] != self.facts[seq - 1].hash

            # Each hash holds all those before it, so that from the first that differs on, all do.
            dropped = self._number(connection.execute(_DROPPED))
            same = max(dropped, 0) + bisect_left(range(max(dropped + 1, 1), len(self.facts) + 1), True, key=differs)
        history = self._until(same)
        history.dropped = dropped  # not only at the next read: until then a fault would drop what is not there
        return history

    def _until(self, head: int) -> "History":
        """A copy without what came after an event."""
        copy = History()
        copy.facts = self.facts[:head]
        copy.by_consent = {consent: seqs.copy() for consent, seqs in self.by_consent.items()}
        copy.by_reference = self.by_reference.copy()
        for fact in self.facts[head:]:
            copy.by_consent[fact.consent].pop()
            copy.by_reference.pop(fact.reference or "", None)
        return copy

    @staticmethod
    def _number(cursor: psycopg.Cursor[tuple[int]]) -> int:
        row = cursor.fetchone()
        assert row
        return int(row[0])

    def _take(self, seq: int, fact: Fact) -> None:
        newest = len(self.facts)
        if 0 < seq <= newest:
            if self.facts[seq - 1].hash != fact.hash:
                self.broken.append(f"event {seq} is another than it was")
            return
        if seq != newest + 1:
            self.broken.append(f"event {seq} follows event {newest}")
        if self.facts and fact.recorded_at < self.facts[-1].recorded_at:
            self.broken.append(f"event {seq} was recorded before event {newest}")
        self._add(fact)

    def _add(self, fact: Fact) -> None:
        self.facts.append(fact)
        seq, seqs = len(self.facts), self.by_consent.setdefault(fact.consent, [])
        seqs.append(seq)
        if fact.version != len(seqs):
            self.broken.append(
                f"event {seq} makes version {fact.version} of a consent, after {len(seqs) - 1} events of it"
            )
        if fact.reference and self.by_reference.setdefault(fact.reference, seq) != seq:
            self.broken.append(f"event {seq} is the decision of event {self.by_reference[fact.reference]}, made twice")
