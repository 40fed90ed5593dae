"""Readers of all kinds, that come and go."""

import msgspec

from tests.oracle.messages import Page
from tests.oracle.programs import Browser, Tail
from tests.oracle.reader import Reader
from tests.oracle.sees import Sees
from tests.oracle.streaming import Slow, Streaming


class Polling(Reader):
    """Reads JSON pages."""

    def follow(self) -> None:
        """One page, unless it shall be quiet: asking makes a node look into the table."""
        if self.quiet.is_set():
            self.pause(0.1)
            return
        limit = self.random.choice((1, 7, 100, 1000))
        response, body = self.get(f"/api/v1/events?after={self.position}&limit={limit}&{self.sees.query}")
        if response.status == 410:
            self.read_list(msgspec.json.decode(body)["reason"])
            return
        page = msgspec.json.decode(body, type=Page)
        for message in page.events:
            self.take(message.id, message.event, bytes(message.data))
        self.take(page.next, "", b"")
        if not page.more:
            self.pause(0.1)


def readers(ports: list[int], seed: str, customers: list[str]) -> list[Reader]:
    """One of each kind."""
    own, other = customers[0], customers[1]
    everything = Sees()
    some = Sees(purposes=("marketing",), types=("granted", "revoked"))
    return [
        Streaming("all", ports, seed, everything),
        Streaming("snapshot", ports, seed, everything, from_list=True),
        Streaming("customer", ports, seed, Sees(owner=own), from_list=True),
        Streaming("customer-filtered", ports, seed, Sees(owner=other, channels=("sms", "push"))),
        Streaming("kinds", ports, seed, Sees(all_kinds=True)),
        Polling("kinds-customer", ports, seed, Sees(owner=own, all_kinds=True)),
        Streaming("filtered", ports, seed, some),
        Streaming("of-customers", ports, seed, Sees(customers=(own, other)), from_list=True),
        Slow("slow", ports, seed, everything),
        Polling("polling", ports, seed, everything),
        Polling("polling-customer", ports, seed, Sees(owner=own)),
        Tail("tail", ports, seed, everything),
        Browser("browser", ports, seed, everything),
    ]
