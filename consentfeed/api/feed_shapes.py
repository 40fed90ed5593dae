"""What a stream and a webhook send beside events, for the description of both."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from consentfeed.api.shapes import Event


class Heartbeat(Struct):
    """A sign of life: its id is the stream's own position, up to which everything was sent."""

    time: datetime
    stale: Annotated[float, Meta(description="Seconds for which the log could not be read")] | UnsetType = UNSET


class Reset(Struct):
    """The position is not in this log: read the list again. The stream goes on from the id of this block."""

    reason: Literal["unknown", "forked", "pruned"]
    snapshot: str


class Goodbye(Struct):
    """The server closes now: connect again, except after signed-out."""

    reason: Literal["shutdown", "lifetime", "slow", "signed-out"]


# By the name of the block.
BLOCKS = {"heartbeat": Heartbeat, "reset": Reset, "goodbye": Goodbye}
EVENTS = Event
