"""Contact preferences: when and in which language a customer wants to be contacted. No consent: never a yes."""

from datetime import UTC, datetime, time
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.decision_request import CodedReason
from consentfeed.api.languages import language
from consentfeed.errors import Problem, StatementFailed
from consentfeed.http.answer import Json
from consentfeed.http.conditions import IF_MATCH, expected_tags, tag_header
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Language, Time, path_id, read_body
from consentfeed.permissions import Principal
from consentfeed.postgres.customers import CustomerQueries
from consentfeed.writes.trail import Trail

_OWN: Final = "/api/v1/customer/contact-preferences"
_OF_CUSTOMER: Final = "/api/v1/customers/{id}/contact-preferences"
_UNKNOWN: Final = "No customer has this id."
_TAG: Final = {"ETag": "The version, in quotes"}
_PROBLEMS: Final = ("erased", "stale", "outcome-unknown")
_INVALID_TIME_ZONE: Final = "22023"
_NO_ZONE: Final = "No such time zone; Asia/Colombo is one - at `$.quiet_hours.zone`"
_SAME: Final = "They begin and end at the same time; null is no quiet hours - at `$.quiet_hours`"

Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)", description="By a clock of 24 hours")]


class QuietHours(msgspec.Struct, forbid_unknown_fields=True):
    """Between which times nobody contacts the customer, every day, by the clock of a place."""

    from_: Clock = msgspec.field(name="from")
    to: Annotated[Clock, Meta(description="Earlier than from: on the next day")]
    zone: Annotated[str, Meta(max_length=64, description="An IANA time zone, such as Asia/Colombo")]


class ContactPreferences(Struct):
    """When and in which language a customer wants to be contacted."""

    language: str
    quiet_hours: QuietHours | None
    paused_until: datetime | None
    version: int


class WantedPreferences(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays; null takes it away. version: as it was read; 412 where it has changed since."""

    language: Language | UnsetType = UNSET
    quiet_hours: QuietHours | UnsetType | None = UNSET
    paused_until: Annotated[Time | UnsetType | None, Meta(description="A time that has passed is no pause")] = UNSET
    version: Annotated[int, Meta(ge=0)] | UnsetType = UNSET


class PreferencesOnBehalf(WantedPreferences, kw_only=True):
    """The same for a customer; csr and admin say why."""

    reason: CodedReason | None = None


class ContactPreferencesApi:
    """Reading and saving them: one's own, and as staff and services a customer's."""

    def __init__(self, customers: CustomerQueries, trail: Trail) -> None:
        self._customers = customers
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint(
                "GET", _OWN, self.read_own, "Own contact preferences", gives=ContactPreferences, answer_headers=_TAG
            ),
            Endpoint(
                "PUT", _OWN, self.save_own, "Save own contact preferences",
                body=WantedPreferences, gives=ContactPreferences, headers=IF_MATCH, answer_headers=_TAG,
                problems=_PROBLEMS,
            ),
            Endpoint(
                "GET", _OF_CUSTOMER, self.read, "A customer's contact preferences",
                gives=ContactPreferences, answer_headers=_TAG,
            ),
            Endpoint(
                "PUT", _OF_CUSTOMER, self.save, "Save a customer's contact preferences",
                body=PreferencesOnBehalf, gives=ContactPreferences, headers=IF_MATCH, answer_headers=_TAG,
                problems=_PROBLEMS,
            ),
        ]  # fmt: skip

    async def read_own(self, _request: Request, principal: Principal) -> Response:
        """One's own."""
        return _answer(await self._present(principal.id))

    async def read(self, request: Request, principal: Principal) -> Response:
        """A customer's."""
        customer = path_id(request, _UNKNOWN)
        present = await self._present(customer)
        await self._trail.note(principal, "read-preferences", [customer])
        return _answer(present)

    async def save_own(self, request: Request, principal: Principal) -> Response:
        """In place of what was there."""
        return await self._save(request, principal, principal.id, await read_body(request, WantedPreferences), None)

    async def save(self, request: Request, principal: Principal) -> Response:
        """The same for a customer."""
        customer, body = path_id(request, _UNKNOWN), await read_body(request, PreferencesOnBehalf)
        if body.reason is None and principal.role != "service":
            raise Problem("invalid", "Say why: a reason with a code - at `$.reason`")
        await self._trail.note(principal, "change-preferences", [customer])
        return await self._save(request, principal, customer, body, body.reason)

    async def _present(self, customer: str) -> str:
        present = await self._customers.contact_preferences(customer)
        if present is None:
            raise Problem("not-found", _UNKNOWN)
        return present

    async def _save(
        self, request: Request, principal: Principal, customer: str, body: WantedPreferences, reason: CodedReason | None
    ) -> Response:
        why = (reason.code, reason.reference, reason.text) if reason else (None, None, None)
        wanted, by = _wanted(body), (principal.role, principal.id, "rest")
        try:
            row = await self._customers.save_contact_preferences(customer, *wanted, _expected(request, body), *by, *why)
        except StatementFailed as error:
            if error.sqlstate == _INVALID_TIME_ZONE:
                raise Problem("invalid", _NO_ZONE) from None
            raise
        if row["problem"]:
            raise Problem(row["problem"], _UNKNOWN if row["problem"] == "not-found" else "")
        return _answer(row["preferences"])


def _expected(request: Request, body: WantedPreferences) -> list[str] | None:
    """The versions that will do, by If-Match and by the body; None: any."""
    tags = expected_tags(request)
    if body.version is UNSET:
        return tags
    return [str(body.version)] if tags in (None, ["*"], [str(body.version)]) else [""]


def _wanted(body: WantedPreferences) -> tuple[object, ...]:
    """(language, quiet from, to and zone, paused until, what is kept) as SQL takes them. Raises Problem."""
    kept = [name for name in ("quiet_hours", "paused_until") if getattr(body, name) is UNSET]
    pause = None if body.paused_until is UNSET else body.paused_until
    if pause and pause <= datetime.now(UTC):
        pause = None
    hours = None if body.quiet_hours is UNSET else body.quiet_hours
    return (None if body.language is UNSET else language(body.language), *_quiet(hours), pause, kept)


def _quiet(hours: QuietHours | None) -> tuple[time | None, time | None, str | None]:
    if hours is None:
        return None, None, None
    if hours.from_ == hours.to:
        raise Problem("invalid", _SAME)
    try:
        ZoneInfo(hours.zone)
    except (KeyError, ValueError, OSError):
        raise Problem("invalid", _NO_ZONE) from None
    return time.fromisoformat(hours.from_), time.fromisoformat(hours.to), hours.zone


def _answer(preferences: str) -> Response:
    version = msgspec.json.decode(preferences, type=ContactPreferences).version
    return Json(preferences, headers=tag_header(str(version)))
