"""Which events a stream is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from consentfeed.log.event import Event
from consentfeed.log.kinds import CONSENT_UPDATED
from consentfeed.log.position import Position


@dataclass(frozen=True, slots=True)
class Filter:
    """What a reader asked for, None for "any". owner: a customer, who sees own events alone and sealed ids.

    kinds: by name. Who asks for none gets consents alone, as when there was no other kind.
    """

    owner: str | None = None
    customers: frozenset[str] | None = None
    purposes: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    types: frozenset[str] | None = None
    kinds: frozenset[str] | None = frozenset({CONSENT_UPDATED.name})

    def matches(self, event: Event) -> bool:
        """Whether the event is to be shown."""
        return (
            (self.owner is None or event.customer_id == self.owner)
            and (self.customers is None or event.customer_id in self.customers)
            and (self.purposes is None or event.purpose in self.purposes)
            and (self.channels is None or event.channel in self.channels)
            and (self.types is None or event.type in self.types)
            and (self.kinds is None or event.name in self.kinds)
        )

    def newest_own(self, events: Sequence[Event], upto: int) -> Position | None:
        """The position of the newest of these events, up to seq `upto`, that is about the owner, shown or not."""
        own = (event for event in reversed(events) if event.customer_id == self.owner and event.seq <= upto)
        return next((event.position for event in own), None)

    @property
    def everything(self) -> bool:
        """Whether every event is shown."""
        return self == Filter(kinds=None)

    @property
    def keys(self) -> frozenset[str] | None:
        """The customers by which readers of this filter are found; None: by looking at every event."""
        return frozenset({self.owner}) if self.owner else self.customers

    @property
    def only_customer(self) -> str | None:
        """The customer whose own index serves older events, if it is one."""
        return next(iter(self.keys)) if self.keys is not None and len(self.keys) == 1 else None
