"""What an event says, in a form that is the same wherever the event came from: the feed, or the table."""

from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec


class Content(NamedTuple):
    """A digest of an event's data, and what it makes of a consent; version 0 where it is about something else."""

    digest: bytes
    consent: str
    version: int
    status: str


def digest(data: dict[str, Any]) -> bytes:
    """The same for the same members with the same values, in whatever order and form."""
    return blake2b(msgspec.json.encode(data, order="sorted"), digest_size=8).digest()


@lru_cache(maxsize=10_000)  # the same bytes reach many readers
def content(data: bytes) -> Content:
    """What an event's data says, as it came over the wire."""
    event = msgspec.json.decode(data)
    consent = event.get("consent", {"id": "", "version": 0, "status": ""})
    return Content(digest(event), consent["id"], consent["version"], consent["status"])
