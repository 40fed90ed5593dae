"""POST /revocations: revoking by number or address, as STOP by SMS and one-click unsubscribing need it."""

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.decision_outcome import problem_of
from consentfeed.api.decision_request import Answer, DecisionRequest, Reason
from consentfeed.api.emails import EmailText, email
from consentfeed.api.phones import NO_NUMBER, MsisdnText, Phones
from consentfeed.errors import ConsentfeedError, Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, decode
from consentfeed.http.lenient import decode_leniently, shown
from consentfeed.http.terms import objections
from consentfeed.permissions import Principal
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.postgres.purposes import PurposeQueries
from consentfeed.writes.trail import Trail
from consentfeed.writes.writer import Writer

PATH: Final = "/api/v1/revocations"
# So many wait at once, that others get their turn in between.
_AT_ONCE: Final = 500
# What says whose consents are meant, and which: left out where it cannot be understood, it would mean others.
_MEANT: Final = frozenset({"msisdn", "email", "channel", "purpose"})


class Revocation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose consents, by number or by address, on which channel, and for which purpose; without one, for all."""

    msisdn: MsisdnText | None = None
    email: EmailText | None = None
    channel: Filled
    purpose: Annotated[Filled, Meta(description="Key of a purpose")] | None = None
    reason: Reason | None = None


class Revoked(Struct):
    """What was understood; the same whether anybody has this number or address, or not."""

    msisdn: str | None
    email: str | None
    channel: str
    purpose: str | None
    ignored: list[str] | UnsetType = UNSET


class RevocationApi:
    """Revoking by contact, through the writer."""

    def __init__(
        self, consents: ConsentQueries, purposes: PurposeQueries, writer: Writer, phones: Phones, trail: Trail
    ) -> None:
        self._consents = consents
        self._purposes = purposes
        self._writer = writer
        self._phones = phones
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The route of this file."""
        return [
            Endpoint(
                "POST", PATH, self.revoke, "Revoke by number or e-mail address, for all who have it",
                body=Revocation, gives=Revoked, lenient=True, problems=("draining", "outcome-unknown"),
                answers={200: "Nobody with this number or address has a consent on this channel any more"},
            ),
        ]  # fmt: skip

    async def revoke(self, request: Request, principal: Principal) -> Response:
        """Revokes all that is granted to this number or address on this channel."""
        revocation, ignored = await self._read(request)
        found = await self._consents.contact_consents(
            revocation.msisdn, revocation.email, revocation.channel, revocation.purpose
        )
        await self._revoke(principal, revocation, [str(row["id"]) for row in found])
        filters = {"channel": revocation.channel, "purpose": revocation.purpose}
        try:
            await self._trail.note(principal, "revoke-by-contact", [row["customer_id"] for row in found], filters)
        except ConsentfeedError:  # but they are revoked
            raise Problem("outcome-unknown") from None
        return json_answer(
            Revoked(revocation.msisdn, revocation.email, revocation.channel, revocation.purpose, ignored or UNSET)
        )

    async def _read(self, request: Request) -> tuple[Revocation, list[str]]:
        """What is to be revoked, cleaned, and what of the request is ignored; raises Problem."""
        raw = await request.body() or b"{}"
        revocation, ignored = decode_leniently(raw, Revocation)
        if _MEANT.intersection(ignored):
            decode(raw, Revocation)  # raises what is wrong with it
        if (revocation.msisdn is None) == (revocation.email is None):
            raise Problem("invalid", "Give msisdn or email, and not both.")
        if revocation.msisdn is not None:
            revocation.msisdn = self._phones.to_look_up(revocation.msisdn)
            if revocation.msisdn is None:
                raise Problem("invalid", NO_NUMBER)
        if revocation.email is not None:
            revocation.email = email(revocation.email)
        await self._check(revocation)
        return revocation, shown([*(objection.name for objection in objections(request)), *ignored])

    async def _check(self, revocation: Revocation) -> None:
        """Raises Problem for a channel or purpose that there is not: a misspelt one would revoke nothing."""
        rows = await self._purposes.purposes()
        channels = {channel for row in rows for channel in row["channels"]}
        purposes = {row["key"] for row in rows}
        for name, value, known in (
            ("channel", revocation.channel, channels),
            ("purpose", revocation.purpose, purposes | {None}),
        ):
            if value not in known:
                raise Problem("invalid", f"{name} is one of {', '.join(sorted(filter(None, known)))}.")

    async def _revoke(self, principal: Principal, revocation: Revocation, ids: list[str]) -> None:
        """Raises Problem where one of them was not revoked. Those that are revoked already stay as they are."""
        # No idempotency key: it is idempotent by itself, and next time others may have this number.
        decision_request = DecisionRequest.of(principal, "rest", PATH, None, b"")
        answer = Answer(reason=revocation.reason)
        for begin in range(0, len(ids), _AT_ONCE):
            decisions = [decision_request.decision(one, "revoke", answer) for one in ids[begin : begin + _AT_ONCE]]
            for outcome in await self._writer.decide(decisions):
                if isinstance(outcome, Exception) or outcome.problem:
                    raise problem_of(outcome)
