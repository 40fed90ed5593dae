"""What the relay has sent, as a node takes it: rows for the feed, and signs of life."""

import asyncio
from typing import Final

from consentfeed import metrics
from consentfeed.feed.live import Feed
from consentfeed.log.position import ORIGIN, Position
from consentfeed.log.seal import Unreadable
from consentfeed.relay.message import SUBJECTS, Messages, seq_of

SIGNS: Final = "consentfeed.relay"
# The library hands over all that has arrived without a pause.
_AT_ONCE: Final = 50


class Receiver:
    """Hands to the feed what comes; the feed checks it, and reads the table where something is missing.

    It listens to the subjects themselves, not to JetStream: what was missed is read from the table anyway, so that
    there is nothing to be set up again when the stream or its leader is lost.
    """

    def __init__(self, feed: Feed, messages: Messages) -> None:
        self._feed = feed
        self._messages = messages
        self._count = 0

    async def take(self, subject: str, id: str, content: bytes) -> None:
        """A message that has come, from whomever."""
        self._count += 1
        if self._count % _AT_ONCE == 0:
            await asyncio.sleep(0)
        try:
            if subject == SIGNS and content:  # an empty one is the doctor's, who tries whether it may (rights.py)
                self._hear(self._messages.read_sign_of_life(content))
            # What was sent before is sent again where a stream is made anew.
            elif subject.startswith(f"{SUBJECTS}.") and seq_of(id) >= self._feed.head.seq:
                self._feed.offer(self._messages.read(content))
        except Unreadable:
            metrics.nats_refused.labels("unreadable").inc()

    def _hear(self, position: Position) -> None:
        if position == ORIGIN:  # it has ended
            self._feed.supply.lose()
        else:
            self._feed.vouch(position)
