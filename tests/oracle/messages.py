"""Blocks of the feed as JSON."""

import msgspec


class Message(msgspec.Struct):
    """A block as JSON, its data as it came."""

    event: str
    data: msgspec.Raw
    id: str = ""


class Page(msgspec.Struct):
    """A page of the feed."""

    events: list[Message]
    next: str
    more: bool
