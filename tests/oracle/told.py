"""What is told of an event, as something that two tellings of the same event have in common."""

from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec


class Told(NamedTuple):
    """A digest of an event's data, and what it makes of a consent."""

    digest: bytes
    consent: str
    version: int
    status: str


def digest(data: dict[str, Any]) -> bytes:
    """The same for the same members with the same values, in whatever order and form."""
    return blake2b(msgspec.json.encode(data, order="sorted"), digest_size=8).digest()


@lru_cache(maxsize=10_000)  # the same bytes reach many readers
def told(data: bytes) -> Told:
    """What an event's data says, as it came over the wire."""
    event = msgspec.json.decode(data)
    consent = event["consent"]
    return Told(digest(event), consent["id"], consent["version"], consent["status"])
