"""Which consents: what the list and the export are filtered by."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from consentfeed.api.emails import unwrapped
from consentfeed.api.phones import Phones
from consentfeed.api.shapes import SEARCH, Status
from consentfeed.http.input import Filled, Time
from consentfeed.log.event import rfc3339


class ConsentFilter(msgspec.Struct, forbid_unknown_fields=True):
    """Which consents; each filter may be repeated, and takes any of its values."""

    customer: Annotated[list[UUID], Meta(description="Customers' ids")] = []
    purpose: Annotated[list[Filled], Meta(description="Keys of purposes")] = []
    channel: list[Filled] = []
    status: list[Status] = []
    updated_after: Annotated[Time | None, Meta(description="With its zone, such as 2026-11-22T00:00:00Z")] = None
    updated_before: Annotated[Time | None, Meta(description="The same; neither time is part of the answer")] = None
    q: Annotated[
        Filled,
        Meta(max_length=320, description=SEARCH),
    ] = ""

    def arguments(self, phones: Phones) -> tuple[object, ...]:
        """As SQL takes them: the first nine arguments of list_consents()."""
        return (
            self.customer or None,
            self.purpose or None,
            self.channel or None,
            self.status or None,
            unwrapped(self.q) or None,
            *phones.to_search(self.q),
            self.updated_after,
            self.updated_before,
        )

    def filters(self) -> dict[str, object]:
        """The filters by name, for the access trail; that something was searched for, but not what."""
        names = ("customer", "purpose", "channel", "status")
        times = {"since": self.updated_after, "until": self.updated_before}
        return (
            {name: getattr(self, name) for name in names}
            | {name: time and rfc3339(time) for name, time in times.items()}
            | {"search": bool(self.q)}
        )
