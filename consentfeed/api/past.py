"""Consents as they were at a time: by what the log had recorded until then."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from consentfeed.errors import Problem
from consentfeed.http.input import Time
from consentfeed.log.position import Position
from consentfeed.postgres.consents import ConsentQueries
from consentfeed.postgres.pool import Record

At = Annotated[Time | None, Meta(description="A time in the past, with its zone: what the log said was so then")]


class OneConsent(msgspec.Struct, forbid_unknown_fields=True):
    """Which time's state of a consent; by default today's."""

    at: At = None


async def consent_at(
    consents: ConsentQueries, consent: str, only_customer: str | None, at: datetime
) -> tuple[str, int, UUID] | None:
    """A consent as JSON, its version, and whose it is; None where there was none. Raises Problem."""
    rows = (await _rows(consents, at, None, consent, only_customer, None, None, None))[1:]
    return (rows[0]["state"], rows[0]["version"], rows[0]["customer_id"]) if rows else None


async def consents_at(
    consents: ConsentQueries, customer: UUID, at: datetime, *filters: Sequence[str] | None
) -> tuple[Position, list[Record]]:
    """The position of that time, and the consents of a customer then; filters: purposes, channels, statuses."""
    place, *rows = await _rows(consents, at, customer, None, None, *filters)
    return Position(place["seq"], place["hash"]), rows


async def _rows(consents: ConsentQueries, at: datetime, *which: object) -> list[Record]:
    if at > datetime.now(UTC):
        raise Problem("invalid", "at is in the future.")
    rows = await consents.consents_at(*which, at)
    if not rows or not all(row["kept"] for row in rows[1:]):
        raise Problem("not-kept")
    return rows
