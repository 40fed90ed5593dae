"""Decisions by REST, ready to be sent again and again."""

import random
from typing import NamedTuple

import msgspec

from tests.support.seed import STAFF
from tests.support.tokens import bearer

OPPOSITE = {"grant": "revoke", "revoke": "grant"}


class Request(NamedTuple):
    """A decision, or many, ready to be sent again and again. owner: the customer who decides, else staff."""

    path: str
    owner: str
    token: str
    key: str
    body: bytes


class Requests:
    """Makes them: by customers, CSRs and services."""

    def __init__(self, random: random.Random, consents: dict[str, list[str]]) -> None:
        self._random = random
        self._owners = {consent: customer for customer, own in consents.items() for consent in own}
        self._tokens: dict[tuple[str, str], str] = {}

    def key(self) -> str:
        """A reference, and key, that nobody else has."""
        return f"{self._random.getrandbits(128):032x}"

    def action(self) -> str:
        """Grant or revoke."""
        return self._random.choice((*OPPOSITE,))

    def one(self, consent: str, action: str) -> Request:
        """A decision, with its key as reference."""
        role = self._random.choice(("customer", "csr", "service"))
        owner = self._owners[consent] if role == "customer" else ""
        prefix = "/api/v1/consents" if role == "csr" else "/api/v1/customer/consents"
        key = self.key()
        said = {"reason": self._reason("phone-call", key)}
        notice = {"notice_version": 1} if action == "grant" and role == "csr" else {}  # what was read to the customer
        body = msgspec.json.encode(said | notice)
        return Request(f"{prefix}/{consent}/{action}", owner, self._token(role, owner or STAFF[role]), key, body)

    def many(self, references: list[str], consents: list[str]) -> Request:
        """A decision on each of the consents."""
        decisions = [
            {"action": self.action(), "consent_id": consent, "reason": self._reason("letter", reference)}
            for reference, consent in zip(references, consents, strict=True)
        ]
        body = msgspec.json.encode({"decisions": decisions})
        return Request("/api/v1/decisions", "", self._token("service", STAFF["service"]), self.key(), body)

    def _reason(self, code: str, reference: str) -> dict[str, str]:
        text = {"text": f"said of {reference[:8]}"} if self._random.random() < 0.1 else {}
        return {"code": code, "reference": reference} | text

    def _token(self, role: str, subject: str) -> str:
        return self._tokens.setdefault((role, subject), bearer(role, subject, lifetime=1e6))
