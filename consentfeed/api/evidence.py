"""GET /consents/{id}/evidence: all that proves one consent, in one document that verifies without us."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api import consent_record
from consentfeed.api.event_proofs import event_proofs, newest_checkpoint
from consentfeed.api.shapes import Consent
from consentfeed.errors import Problem
from consentfeed.http.answer import Json, json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import path_id, read_query
from consentfeed.log import evidence
from consentfeed.log.checkpoint import Checkpoint
from consentfeed.log.event import rfc3339
from consentfeed.log.ids import SealedIds, ids_for
from consentfeed.log.note import Signer
from consentfeed.log.position import Position
from consentfeed.permissions import Principal
from consentfeed.postgres.checkpoints import CheckpointQueries
from consentfeed.postgres.evidence import EvidenceQueries, LoggedEvent
from consentfeed.writes.trail import Trail

_UNKNOWN: Final = "No consent has this id."


class EvidenceCustomer(Struct):
    """Whose consent it is; null where nothing is known, as after an erasure."""

    id: UUID
    name: str | None
    email: str | None
    msisdn: str | None
    reference: str | None


class EvidencePurpose(Struct):
    """What it is for, as staff call it today."""

    key: str
    title: str
    description: str
    legal_basis: str
    dpv_term: str | None


class Evidence(Struct):
    """A document of evidence. missing: versions of the consent whose events are no longer kept. checkpoint and key are
    null where no key is set."""

    format: Literal["consentfeed-evidence-1"]
    made_at: datetime
    consent: Consent
    customer: EvidenceCustomer
    purpose: EvidencePurpose
    notices: list[evidence.EvidenceNotice]
    events: list[evidence.EvidenceEvent]
    missing: list[int]
    checkpoint: str | None
    key: str | None


class EvidenceQuery(msgspec.Struct, forbid_unknown_fields=True):
    """In which form."""

    form: Annotated[Literal["json", "iso27560"], Meta(description="iso27560: a consent record in JSON-LD")] = "json"


class EvidenceApi:
    """Evidence of consents. signer: None where no key is set."""

    def __init__(
        self,
        evidence: EvidenceQueries,
        checkpoints: CheckpointQueries,
        signer: Signer | None,
        sealed_ids: SealedIds,
        trail: Trail,
    ) -> None:
        self._evidence = evidence
        self._checkpoints = checkpoints
        self._signer = signer
        self._sealed_ids = sealed_ids
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The one route of this file."""
        return [
            Endpoint(
                "GET", "/api/v1/consents/{id}/evidence", self.evidence, "All that proves a consent",
                query=EvidenceQuery, gives=Evidence, media=("application/json", "application/ld+json"),
            )
        ]  # fmt: skip

    async def evidence(self, request: Request, principal: Principal) -> Response:
        """The document, or the same as a consent record."""
        query, consent = read_query(request, EvidenceQuery), path_id(request, _UNKNOWN)
        # Before the events: what they lead to covers at least those that are older.
        checkpoint = await newest_checkpoint(self._checkpoints, self._signer)
        material = await self._evidence.material(consent, principal.only_customer)
        if material is None:
            raise Problem("not-found", _UNKNOWN)
        await self._trail.note(principal, "read-history", [material.customer_id])
        document = {
            "format": evidence.FORMAT,
            "made_at": rfc3339(datetime.now(UTC)),
            "consent": msgspec.Raw(material.consent.encode()),
            "customer": msgspec.Raw(material.customer.encode()),
            "purpose": msgspec.Raw(material.purpose.encode()),
            "notices": msgspec.Raw(material.notices.encode()),
            "events": await self._entries(material.events, checkpoint, principal),
            "missing": list(range(1, material.version - len(material.events) + 1)),
            "checkpoint": self._signer.sign(checkpoint.text) if self._signer and checkpoint else None,
            "key": str(self._signer.key) if self._signer else None,
        }
        if query.form == "json":
            return json_answer(document)
        return Json(consent_record.record(msgspec.json.encode(document)), media_type="application/ld+json")

    async def _entries(
        self, events: list[LoggedEvent], checkpoint: Checkpoint | None, principal: Principal
    ) -> list[dict[str, object]]:
        """The events, each with its proof where the checkpoint covers it."""
        ids = ids_for(principal, self._sealed_ids)
        proofs = await event_proofs(self._checkpoints, [event.seq for event in events], checkpoint)
        return [
            {
                "id": ids.write(Position(event.seq, event.hash)),
                "body": event.body,
                "previous_hash": event.previous_hash and event.previous_hash.hex(),
                "hash": event.hash.hex(),
                "proof": proof,
            }
            for event, proof in zip(events, proofs, strict=True)
        ]
