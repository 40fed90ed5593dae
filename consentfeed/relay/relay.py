"""The relay: one node at a time publishes the log to NATS, from where the stream ends."""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final
from uuid import uuid4

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError
from consentfeed.feed.live import Feed
from consentfeed.log.chain import Forked, chained
from consentfeed.log.event import Row
from consentfeed.log.kinds import CUSTOMER_ERASED
from consentfeed.log.position import ORIGIN, Position
from consentfeed.postgres.log import LogQueries
from consentfeed.postgres.relay import RelayQueries, RelayState
from consentfeed.relay.connection import Connection
from consentfeed.relay.message import SUBJECTS, Messages, Outgoing
from consentfeed.relay.receiver import SIGNS
from consentfeed.relay.stream import Stream
from consentfeed.relay.trouble import Trouble, is_cancelled

logger = structlog.get_logger()
# A node that is gone is replaced after this long. One that sleeps for longer is fenced off: by the row that it holds
# when it looks, and by JetStream, which takes a message only after the one before it.
_HOLD_SECONDS: Final = 15.0
_RENEW_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 2.0
_SOON_SECONDS: Final = 0.1
_SIGN_SECONDS: Final = 1.0
_LAST_WORDS_SECONDS: Final = 1.0
_PAGE: Final = 500
# So many of the newest events a new stream begins with. Who needs older ones reads the API.
BACKFILL: Final = 20_000
# Further behind, what nodes are sent is of no use to them yet.
_NEAR: Final = 1000


class Relay:
    """Relays while this process holds the work; look() and follow() raise ConsentfeedError."""

    def __init__(
        self,
        queries: RelayQueries,
        log: LogQueries,
        feed: Feed,
        connection: Connection,
        stream: Stream,
        messages: Messages,
        poll_seconds: float,
    ) -> None:
        self._queries = queries
        self._log = log
        self._feed = feed
        self._follower = feed.follow()
        self._connection = connection
        self._stream = stream
        self._messages = messages
        self._sign_seconds = min(_SIGN_SECONDS, poll_seconds)
        self._id = uuid4()
        self._holds = False
        self._renewed_at = 0.0
        self._signed_at = 0.0
        self._failure = ""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            # It costs nothing to see whether there is a connection by now.
            pause = _LOOK_SECONDS if self._connection.is_up else _SOON_SECONDS
            try:
                if self._connection.is_up and await self._renew(Position(0, b"")):
                    await self._follow()
            except Forked:
                pause = 0.0  # the stream shows another history than the log: it is looked at anew
            except asyncio.CancelledError:
                if is_cancelled():
                    raise
                pause = await self._give_up(Trouble("away"))
            except ConsentfeedError as error:
                pause = await self._give_up(error)
            self._set_holds(False)
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """Lets another node relay at once, as far as that can be said."""
        if self._holds:
            self._set_holds(False)
            with suppress(ConsentfeedError, TimeoutError):
                await asyncio.wait_for(self._queries.release(self._id), _LAST_WORDS_SECONDS)
            with suppress(Trouble):  # so that nobody waits for it
                await self._connection.send(SIGNS, self._messages.sign_of_life(ORIGIN))

    async def _give_up(self, error: ConsentfeedError) -> float:
        """Lets others try; for how long this process does not. Each of them has looked meanwhile: where this one is on
        the smaller side of a partition, it must not be the next again."""
        self._note(error)
        await self.stop()
        return _LOOK_SECONDS + random.uniform(0.5, 1.5)

    def _note(self, error: ConsentfeedError) -> None:
        error = self._connection.refusals.explain(error) if isinstance(error, Trouble) else error
        code = error.code if isinstance(error, Trouble) else "database"
        metrics.relay_failures.labels(code).inc()
        if code != self._failure:
            logger.warning("cannot relay now; nodes read PostgreSQL", code=code, reason=str(error))
        self._failure = code

    def _set_holds(self, holds: bool) -> None:
        self._holds = self._feed.supply.is_ours = holds
        metrics.relay_held.set(holds)
        if not holds:
            metrics.relay_behind.set(0)

    async def _renew(self, position: Position) -> bool:
        """Whether this process relays, now and for a while."""
        self._renewed_at = time.monotonic()
        self._set_holds(await self._queries.hold(self._id, _HOLD_SECONDS, position))
        return self._holds

    async def _keeps(self, position: Position) -> bool:
        """Whether it still does. It is asked now and then, and after any sleep."""
        if time.monotonic() - self._renewed_at < _RENEW_SECONDS:
            return True
        if not await self._renew(position):
            return False
        state = await self._queries.state()
        if state.first > self._stream.first:
            await self._stream.drop_before(state.first)
        return True

    async def _follow(self) -> None:
        """Publishes for as long as this process relays, and the log is the same."""
        self._follower.restart()
        position = await self._open()
        self._failure = ""
        while not self._follower.history_changed and await self._keeps(position):
            rows = await self._next(position)
            if rows:
                await self._publish(position, rows)
                position = Position(rows[-1].seq, rows[-1].hash)
            metrics.relay_position.set(position.seq)
            metrics.relay_behind.set(max(self._feed.head.seq - position.seq, 0))
            await self._sign(position)
            if not rows:
                await self._follower.wait(self._sign_seconds)

    async def _open(self) -> Position:
        """Where the stream ends. It is made where there is none, and made anew where it is of another history."""
        found = await self._stream.find(await self._queries.origin())
        state = await self._queries.state()
        if found is not None and not found.hash and found.seq == state.position.seq:
            found = state.position  # its last message has gone with age, or with a customer
        if found is None or not found.hash or not await self._is_in_log(found):
            found = await self._start(state)
            await self._stream.make(found)
        return found

    async def _is_in_log(self, position: Position) -> bool:
        try:
            chained(position, await self._log.history_after(position.seq, 1))
        except Forked:
            return False
        return True

    async def _start(self, state: RelayState) -> Position:
        """Where a new stream begins."""
        rows = await self._log.history_after(max(state.first - 1, state.head - BACKFILL, 0), 1)
        if not rows:
            raise Forked
        return Position(rows[0].seq, rows[0].hash)

    async def _next(self, position: Position) -> Sequence[Row]:
        """Rows after a position: as this process has read them, else from the table; raises Forked."""
        rows = self._feed.rows.after(position)
        if rows is None:
            if position == self._feed.head:
                return ()
            rows = chained(position, await self._log.history_after(position.seq, _PAGE))
        return rows[:_PAGE]

    async def _publish(self, position: Position, rows: Sequence[Row]) -> None:
        for part in _parts(position, rows, self._messages):
            (seq, row), outgoing = part[0]
            if outgoing.subject == f"{SUBJECTS}.{CUSTOMER_ERASED.name}":
                # First: whoever finds this event in the stream can rely on it, and a relay that dies here begins here.
                await self._erase(row)
            await self._stream.publish(seq, [one for _, one in part])
            metrics.relay_published.inc(len(part))

    async def _erase(self, row: Row) -> None:
        """Deletes the messages of a customer who was erased by this event: they hold, sealed, what is gone."""
        after, page = max(self._stream.first - 1, 0), [row] * (_PAGE + 1)
        while len(page) > _PAGE:
            _, *page = await self._log.customer_events_after(str(row.customer_id), after, _PAGE + 1)
            await self._stream.erase(one.seq for one in page if one.seq < row.seq)
            after = page[-1].seq if page else after

    async def _sign(self, position: Position) -> None:
        """Tells nodes that the relay lives, and how far it has come, where both are of use to them."""
        now = time.monotonic()
        is_near = self._feed.head.seq - position.seq < _NEAR and self._feed.lag == 0
        if is_near and now - self._signed_at >= self._sign_seconds:
            self._signed_at = now
            await self._connection.send(SIGNS, self._messages.sign_of_life(position))


Part = list[tuple[tuple[int, Row], Outgoing]]


def _parts(position: Position, rows: Sequence[Row], messages: Messages) -> Iterator[Part]:
    """Messages of rows, each with its row and the position before it; a new part begins with each erasure."""
    part: Part = []
    for row in rows:
        outgoing = messages.write(position.hash, row)
        if part and outgoing.subject == f"{SUBJECTS}.{CUSTOMER_ERASED.name}":
            yield part
            part = []
        part.append(((position.seq, row), outgoing))
        position = Position(row.seq, row.hash)
    yield part
