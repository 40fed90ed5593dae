"""POST /customers/{id}/erase: a person is forgotten; the log stays whole, for it never held the person."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed import metrics
from consentfeed.api.decision_request import CodedReason
from consentfeed.api.shapes import EventId
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import path_id, read_body
from consentfeed.log.event import rfc3339
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.permissions import Principal
from consentfeed.postgres.customers import CustomerQueries
from consentfeed.postgres.pool import Record

_UNKNOWN: Final = "No customer has this id."
# What is kept of an erased customer, as hashes; in the order of CustomerQueries.contacts().
CONTACT_KINDS: Final = ("email", "msisdn", "reference")
Hashes = list[bytes | None]
_TRIES: Final = 5  # each fails only where somebody changed the customer within the same milliseconds


class Erasure(msgspec.Struct, forbid_unknown_fields=True):
    """Why somebody is erased; the text is kept outside the log."""

    reason: CodedReason


class ErasedPerson(Struct):
    """Who was erased, and when."""

    id: UUID
    erased_at: datetime


class Erased(Struct):
    """The customer, and the event; null where the customer was erased before."""

    customer: ErasedPerson
    event: EventId | None


class Eraser(NamedTuple):
    """Who erases, and by what."""

    kind: str
    id: str
    method: str


class Erasures:
    """Erases customers. Of address, number and reference keyed hashes are kept, by which an import knows the person."""

    def __init__(self, customers: CustomerQueries, secret: str) -> None:
        self._customers = customers
        self._key = hashlib.sha256(b"consentfeed erased contacts\0" + secret.encode()).digest()

    async def erase(self, customer: str, eraser: Eraser, reason: CodedReason) -> tuple[datetime, Position | None]:
        """When the customer was erased, and the event (None: it was before). Raises as Pool.commit(), and Problem."""

        async def erase(version: int, hashes: Hashes) -> Record | None:
            row = await self._customers.erase_customer(
                customer, version, *hashes, *eraser, reason.code, reason.reference, reason.text
            )
            return None if row["problem"] else row

        row = await self.repeat(customer, erase)
        metrics.erasures.inc(row["seq"] is not None)
        return row["erased_at"], None if row["seq"] is None else Position(row["seq"], row["hash"])

    async def repeat(self, customer: str, erase: Callable[[int, Hashes], Awaitable[Record | None]]) -> Record:
        """What an erasure answers that is given the customer's version and the hashes to keep; None: they are of
        another version. Raises as it does, and Problem."""
        for _ in range(_TRIES):
            contacts = await self._customers.contacts(customer)
            if contacts is None:
                raise Problem("not-found", _UNKNOWN)
            version, *values = contacts
            hashes = [self.hash(kind, value) for kind, value in zip(CONTACT_KINDS, values, strict=True)]
            row = await erase(version, hashes)
            if row is not None:
                return row
        raise Problem("busy")

    def hash(self, kind: str, value: str | None) -> bytes | None:
        """What is kept of a folded address (kind email), a number in E.164 form (msisdn) or a reference."""
        return None if value is None else hmac.digest(self._key, f"{kind}\0{value}".encode(), "sha256")


class ErasureApi:
    """Erasing, for admins."""

    def __init__(self, erasures: Erasures) -> None:
        self._erasures = erasures

    def endpoints(self) -> list[Endpoint]:
        """The one route of this file."""
        return [
            Endpoint(
                "POST", "/api/v1/customers/{id}/erase", self.erase, "Erase a customer, for good",
                body=Erasure, gives=Erased,
            )
        ]  # fmt: skip

    async def erase(self, request: Request, principal: Principal) -> Response:
        """Erases; done again it changes nothing."""
        customer = path_id(request, _UNKNOWN)
        body = await read_body(request, Erasure)
        eraser = Eraser(principal.role, principal.id, "rest")
        erased_at, position = await self._erasures.erase(customer, eraser, body.reason)
        event = position and {"id": PLAIN.write(position)}
        return json_answer({"customer": {"id": customer, "erased_at": rfc3339(erased_at)}, "event": event})
