"""An event as JSON answers show it: in pages of the feed and in histories alike."""

from collections.abc import Iterable

import msgspec

from consentfeed.log.event import Event
from consentfeed.log.ids import Ids


def event_entries(events: Iterable[Event], ids: Ids) -> list[dict[str, object]]:
    """The events with their ids as the reader sees them, each `{"id", "event", "data"}`."""
    return [{"id": ids.write(event.position), "event": event.name, "data": msgspec.Raw(event.data)} for event in events]
