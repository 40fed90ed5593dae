"""What a reader may see."""

from typing import NamedTuple
from urllib.parse import quote

from consentfeed.log.ids import PLAIN, SealedIds
from consentfeed.log.position import Position
from tests.oracle.truth import Fact, History
from tests.support.tokens import SECRET, bearer

_SEALED = SealedIds(SECRET)
# A stream that asks for no kind is told of these alone.
_CONSENTS = ("granted", "revoked", "expired")


class Sees(NamedTuple):
    """One customer's own, or all; through a filter. Empty: whatever."""

    owner: str = ""
    customers: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    all_kinds: bool = False

    def sees(self, fact: Fact) -> bool:
        """Whether this event is for the reader."""
        return (
            self.watches(fact.customer, fact.purpose, fact.channel)
            and fact.type in (self.types or (fact.type,))
            and (self.all_kinds or fact.type in _CONSENTS)
        )

    def watches(self, customer: str, purpose: str, channel: str) -> bool:
        """Whether the reader is told of this consent."""
        return (
            self.owner in ("", customer)
            and (not self.customers or customer in self.customers)
            and (not self.purposes or purpose in self.purposes)
            and (not self.channels or channel in self.channels)
        )

    @property
    def query(self) -> str:
        """The filter as the API takes it."""
        parts = {
            "customer": self.customers, "purpose": self.purposes, "channel": self.channels, "type": self.types,
        }  # fmt: skip
        kind = ["kind=all"] if self.all_kinds else []
        return "&".join(kind + [f"{name}={quote(value)}" for name, values in parts.items() for value in values])

    def token(self) -> str:
        """Whose eyes these are."""
        return bearer("customer", self.owner, lifetime=1e6) if self.owner else bearer("csr", lifetime=1e6)

    def position(self, id: str) -> Position | None:
        """The position that an id names to this reader; None where it is no id of its kind."""
        return _SEALED.read(id) if self.owner else PLAIN.read(id)

    def seq_in(self, history: History, id: str) -> int:
        """The number of the event at a position, -1 where the position is not in this history."""
        position = self.position(id)
        if position is None or position.seq > len(history.facts):
            return -1
        if position.seq == 0:
            return 0
        return position.seq if history.facts[position.seq - 1].hash.startswith(position.hash) else -1
