"""Rights requests as requests give them and answers show them."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from consentfeed.api.decision_request import CodedReason, Reason
from consentfeed.api.shapes import Customer, EventId, RightsEvent, RightsRequest
from consentfeed.http.input import END, Filled, Limit, Text, Time

Kind = Literal["access", "rectification", "erasure", "restriction", "portability", "objection", "complaint"]
Status = Literal[
    "received", "acknowledged", "in-progress", "waiting-for-customer", "extended", "fulfilled", "refused", "cancelled"
]
_UUID: Final = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
Words = Annotated[Text, Meta(min_length=1, max_length=10_000)]


class NewRightsRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is demanded. csr and admin name the customer, say why with a code (how it came, such as letter), and when it
    was received, if not now."""

    kind: Kind
    text: Words | None = None
    customer_id: UUID | None = None
    received_at: Annotated[Time | None, Meta(description="By staff; neither in the future nor a year ago")] = None
    reason: Reason | None = None


class PlainAction(msgspec.Struct, forbid_unknown_fields=True):
    """Why, where there is something to say."""

    reason: Reason | None = None


class ReasonedAction(msgspec.Struct, forbid_unknown_fields=True):
    """Why, with a code; the text is for the customer, too."""

    reason: CodedReason


class Assignment(msgspec.Struct, forbid_unknown_fields=True):
    """Who sees to it: me, an account's id, or null for nobody."""

    assigned_to: Annotated[str, Meta(pattern=rf"^(me|{_UUID}){END}")] | None = "me"
    reason: Reason | None = None


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """What the customer is asked; nothing, where that was done in another way."""

    text: Words | None = None
    reason: Reason | None = None


class RightsAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What the customer answers."""

    text: Words
    reason: Reason | None = None


class Message(msgspec.Struct, forbid_unknown_fields=True):
    """resume: what the customer has said; fulfil: what the customer is told."""

    text: Words | None = None
    reason: Reason | None = None


class RightsText(Struct):
    """What was written, with which version of the request; null once emptied."""

    version: int
    part: Literal["request", "question", "answer", "message", "reason"]
    at: datetime
    by: Literal["customer", "csr", "admin"]
    text: str | None


class KnownRightsRequest(RightsRequest, kw_only=True):
    """A request, and whose it is."""

    customer: Customer


class WholeRightsRequest(KnownRightsRequest, kw_only=True):
    """The same with what was written. accounts: what those to whom it is or was assigned are called, for staff."""

    texts: list[RightsText]
    accounts: dict[UUID, str] | UnsetType = UNSET


class ChangedRightsRequest(Struct):
    """A request after what was done; event is null where nothing changed."""

    request: RightsRequest
    event: EventId | None


class RightsCounts(Struct):
    """Of all open requests: how many, overdue, due within 72 hours, assigned to who asks, and to nobody."""

    open: int
    overdue: int
    due_soon: int
    mine: int
    unassigned: int


class RightsPage(Struct):
    """Requests, what is due first, and the cursor of the next page if there is one. To staff also what the accounts are
    called to which they are assigned, and the counts of all that are open, whatever the filter."""

    requests: list[KnownRightsRequest]
    next: str | None
    accounts: dict[UUID, str] | UnsetType = UNSET
    counts: RightsCounts | UnsetType = UNSET


class RightsHistory(Struct):
    """Events of a request, oldest first."""

    events: list[RightsEvent]


class RightsSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Which requests; what may be repeated takes any of its values."""

    status: list[Status] = []
    kind: list[Kind] = []
    customer_id: UUID | None = None
    assigned_to: Annotated[
        list[Annotated[str, Meta(pattern=rf"^(me|nobody|{_UUID}){END}")]],
        Meta(description="Ids of accounts, me, nobody"),
    ] = []
    overdue: Annotated[
        Literal["true", "false"] | None, Meta(description="true: open, and past the last day on which the clock ran")
    ] = None
    due_before: Annotated[Time | None, Meta(description="With its zone, such as 2026-11-22T00:00:00Z")] = None
    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""

    def arguments(self, me: str, only_customer: str | None) -> tuple[object, ...]:
        """As SQL takes them: the first eight arguments of list_rights_requests()."""
        assignees: list[Any] = [me if one == "me" else one for one in self.assigned_to if one != "nobody"]
        return (
            only_customer,
            self.customer_id,
            self.kind or None,
            self.status or None,
            assignees or None,
            "nobody" in self.assigned_to,
            None if self.overdue is None else self.overdue == "true",
            self.due_before,
        )


class DeadlineRule(msgspec.Struct, forbid_unknown_fields=True):
    """In what time requests of a kind are to be answered, and how much more an extension gives. It counts for what is
    received from now on."""

    amount: Annotated[int, Meta(ge=1, le=366)]
    unit: Literal["calendar-days", "working-days", "months"]
    extension_amount: Annotated[int, Meta(ge=1, le=366)]
    extension_unit: Literal["calendar-days", "working-days", "months"]


class Deadline(Struct):
    """The rule of a kind; version is for If-Match."""

    kind: Kind
    amount: int
    unit: Literal["calendar-days", "working-days", "months"]
    extension_amount: int
    extension_unit: Literal["calendar-days", "working-days", "months"]
    version: int
    updated_at: datetime


class Deadlines(Struct):
    """The rules of all kinds, the time zone in which days end, and the days of the week without work (7: Sunday)."""

    deadlines: list[Deadline]
    time_zone: str
    weekend: list[int]


class Holiday(Struct):
    """A day on which nobody works."""

    day: date
    name: str


class Holidays(Struct):
    """All of them."""

    holidays: list[Holiday]


class SavedHoliday(Holiday):
    """How many open requests it has moved."""

    moved: int
