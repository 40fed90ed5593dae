"""GET /rights-requests/{id}/package: everything held about a customer, made when it is asked for and never kept."""

from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.contact_preferences import ContactPreferences
from consentfeed.api.event_entry import event_entries
from consentfeed.api.event_proofs import event_proofs, newest_checkpoint
from consentfeed.api.evidence import EvidencePurpose
from consentfeed.api.rights_package_page import package_page
from consentfeed.api.rights_requests import PATH, UNKNOWN
from consentfeed.api.rights_shapes import RightsText
from consentfeed.api.shapes import (
    Consent,
    ConsentEvent,
    Customer,
    CustomerEvent,
    ErasureEvent,
    PreferencesEvent,
    RightsEvent,
    RightsRequest,
)
from consentfeed.errors import Problem
from consentfeed.http.answer import AS_IT_IS, Json
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.fields import MediaRange, field, prefers
from consentfeed.http.input import path_id
from consentfeed.log.event import Row, event_from_row, rfc3339
from consentfeed.log.evidence import EvidenceNotice, Proof
from consentfeed.log.ids import SealedIds, ids_for
from consentfeed.log.note import Signer
from consentfeed.permissions import Principal
from consentfeed.postgres.checkpoints import CheckpointQueries
from consentfeed.postgres.pool import Record
from consentfeed.postgres.rights_requests import RightsRequest as Kept
from consentfeed.postgres.rights_requests import RightsRequestQueries
from consentfeed.writes.trail import Trail

FORMAT: Final = "consentfeed-package-1"
_KINDS: Final = ("access", "portability")
_CLOSED: Final = ("refused", "cancelled")
_MOST: Final = 5000  # events, accesses, sessions: the newest
_HTML, _JSON = MediaRange("text", "html", {}, 1.0), MediaRange("application", "json", {}, 1.0)


class HeldAccount(Struct):
    """The customer's own account here; issuer and subject: of the identity provider, if one signs in."""

    email: str
    name: str | None
    created_at: datetime
    last_sign_in_at: datetime | None
    disabled_at: datetime | None
    issuer: str | None
    subject: str | None


class HeldSession(Struct):
    """A sign-in; agent: what the browser called itself."""

    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    agent: str | None


class HeldRequest(RightsRequest, kw_only=True):
    """A request with what was written in it."""

    texts: list[RightsText]


class HeldAccess(Struct):
    """When somebody was shown the customer's data, in which role, and what was done."""

    at: datetime
    role: Literal["csr", "admin", "service"]
    action: str


class Proved(Struct):
    """An event as it was hashed, as in evidence of a consent; of the events, in their order."""

    body: str
    previous_hash: str | None
    hash: str
    proof: Proof | None


class LeftOut(Struct):
    """Of what there was too much, how many of the oldest are not in this document."""

    events: int
    accesses: int


OwnEvent = ConsentEvent | CustomerEvent | PreferencesEvent | RightsEvent | ErasureEvent


class Package(Struct):
    """Everything held about a customer, from one snapshot. request: the one that this answers. choices: what the
    customer has chosen on the pages. proofs: of events, in the same order; checkpoint and key are what they lead to."""

    format: Literal["consentfeed-package-1"]
    made_at: datetime
    request: RightsRequest
    customer: Customer
    contact_preferences: ContactPreferences
    account: HeldAccount | None
    sessions: list[HeldSession]
    choices: dict[str, Any] | None
    consents: list[Consent]
    purposes: list[EvidencePurpose]
    notices: list[EvidenceNotice]
    events: list[OwnEvent]
    proofs: list[Proved]
    rights_requests: list[HeldRequest]
    accesses: list[HeldAccess]
    left_out: LeftOut
    checkpoint: str | None
    key: str | None


class _Logged(Struct):
    seq: int
    hash: str
    body: str
    previous_hash: str | None
    note: str | None


class RightsPackageApi:
    """Packages for access and portability. signer: None where no key is set."""

    def __init__(
        self,
        requests: RightsRequestQueries,
        checkpoints: CheckpointQueries,
        signer: Signer | None,
        sealed_ids: SealedIds,
        trail: Trail,
    ) -> None:
        self._requests = requests
        self._checkpoints = checkpoints
        self._signer = signer
        self._sealed_ids = sealed_ids
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The one route of this file."""
        return [
            Endpoint(
                "GET", PATH + "/{id}/package", self.package, "Everything held about the customer who demands it",
                gives=Package, media=("application/json", "text/html"), problems=("wrong-status",),
                answers={200: "One document, or with Accept: text/html a page to print"},
                answer_headers={"Content-Disposition": "The name of a file, with the request's reference"},
            )
        ]  # fmt: skip

    async def package(self, request: Request, principal: Principal) -> Response:
        """The document, made now. Who looks at it beforehand is in the trail before it is made, and so in it."""
        found = await self._requests.one(path_id(request, UNKNOWN), principal.only_customer)
        if found is None:
            raise Problem("not-found", UNKNOWN)
        _check(found, principal)
        await self._trail.note(principal, "read-package", [found.customer_id])
        document = await self._document(found, principal)
        reference = msgspec.json.decode(found.request, type=RightsRequest).reference
        body = msgspec.json.encode(document)
        if prefers(field(request, "accept"), _HTML, _JSON):
            return package_page(reference, msgspec.json.decode(body))
        name = f'attachment; filename="{reference}.json"'
        return Json(body, headers={"content-disposition": name, "cache-control": AS_IT_IS})

    async def _document(self, found: Kept, principal: Principal) -> dict[str, Any]:
        # Before the events: what they lead to covers at least those that are older.
        checkpoint = await newest_checkpoint(self._checkpoints, self._signer)
        held = await self._requests.held_data(found.customer_id, _MOST)
        logged = msgspec.json.decode(held["events"], type=list[_Logged])
        email = msgspec.json.decode(held["registered"])["email"]
        events = [event_from_row(_row(one, found.customer_id, email)) for one in logged]
        proofs = await event_proofs(self._checkpoints, [one.seq for one in logged], checkpoint)
        own = [one for one in _list(held["requests"]) if one["id"] == msgspec.json.decode(found.request)["id"]]
        return {
            "format": FORMAT,
            "made_at": rfc3339(datetime.now(UTC)),
            "request": {name: value for name, value in own[0].items() if name != "texts"},
            **_parts(held),
            "events": event_entries(events, ids_for(principal, self._sealed_ids)),
            "proofs": [
                {"body": one.body, "previous_hash": one.previous_hash, "hash": one.hash, "proof": proof}
                for one, proof in zip(logged, proofs, strict=True)
            ],
            "rights_requests": _list(held["requests"]),
            "accesses": _list(held["accesses"]),
            "left_out": {"events": held["events_left_out"], "accesses": held["accesses_left_out"]},
            "checkpoint": self._signer.sign(checkpoint.text) if self._signer and checkpoint else None,
            "key": str(self._signer.key) if self._signer else None,
        }


def _check(found: Kept, principal: Principal) -> None:
    """Raises Problem where there is no package, or not yet for the customer."""
    if found.kind not in _KINDS:
        raise Problem("wrong-status", "Requests for access and portability have a package, others have none.")
    if found.status in _CLOSED or (principal.only_customer and found.status != "fulfilled"):
        raise Problem("wrong-status", "There is a package once the request is fulfilled; staff see it beforehand.")


def _parts(held: Record) -> dict[str, Any]:
    """What goes into the document as the database writes it."""
    names = {
        "customer": "registered", "contact_preferences": "contact_preferences", "account": "account",
        "sessions": "sessions", "choices": "chosen", "consents": "consents", "purposes": "purposes",
        "notices": "notices",
    }  # fmt: skip
    return {name: msgspec.json.decode(held[column] or "null") for name, column in names.items()}


def _list(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(text)
    return found


def _row(one: _Logged, customer: UUID, email: str | None) -> Row:
    return Row(one.seq, bytes.fromhex(one.hash), customer, one.body, email, one.note)
