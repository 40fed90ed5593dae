"""The pump alone: it sends in slices, however many streams there are and however much one of them lacks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest

from consentfeed.feed.filter import Filter
from consentfeed.feed.live import Feed
from consentfeed.log.event import Event
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.stream import slices
from consentfeed.stream.frames import framed, heartbeat
from consentfeed.stream.pump import Pump
from consentfeed.stream.readers import Reader
from tests.feed.test_follower import Log

WRITE_SECONDS = 0.0004  # so three of them are more than a slice
EVENTS = 4000  # a megabyte: many chunks
STREAMS = 200
EVERYTHING = Filter(kinds=None)


class Clock:
    """A clock that goes on when something is written."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(slices, "time", clock)
    return clock


class Client:
    """What a connection does: it takes what is offered, unless `full` or `gone` says otherwise."""

    def __init__(self, clock: Clock, full: Callable[[int], bool] = lambda _nth: False) -> None:
        self._clock = clock
        self._full = full
        self.received = b""
        self.writes = self.waited = 0
        self.gone = self.aborted = False

    def offer(self, piece: bytes) -> bool:
        if self.gone:
            raise RuntimeError("the handler is closed")
        self.writes += 1
        if self._full(self.writes):
            return False
        self._take(piece)
        return True

    async def write(self, chunk: bytes) -> None:
        self.waited += 1
        await asyncio.sleep(0)
        if not self.gone:
            self._take(framed(chunk))

    def _take(self, piece: bytes) -> None:
        self._clock.now += WRITE_SECONDS
        self.received += piece.split(b"\r\n", 1)[1][:-2]

    def abort(self) -> None:
        self.aborted = True

    def stalled(self) -> bool:
        return False

    @property
    def seqs(self) -> list[int]:
        """Of the events received."""
        lines = self.received.split(b"\n")
        return [int(line[4:].split(b"-")[0]) for line, event in pairwise(lines) if b"event: con" in event]


class Stage:
    """A pump, the log that it sends, and how often others have had their turn."""

    def __init__(self) -> None:
        self.log = Log()
        self.lost = asyncio.Event()
        self.feed = Feed(self.log.after, self.log.head, max_events=5000, max_bytes=1 << 24, poll_seconds=60)
        self.pump = Pump(
            self.feed, self._nothing_older, self._reset, lambda: heartbeat(None), lambda _customer: None,
            heartbeat_seconds=60, stall_seconds=60,
        )  # fmt: skip
        self.turns = 0

    async def _nothing_older(self, *_: object) -> tuple[list[Event], Position]:
        raise AssertionError("memory reaches back to the beginning")

    async def _reset(self, *_: object) -> tuple[bytes, Position]:
        assert self.lost.is_set(), "the log is as it was"
        return b"event: reset\n\n", self.pump.position

    def open(self, client: Client, position: Position, filter: Filter = EVERYTHING) -> Reader:
        connection: Any = client
        reader = Reader(filter, PLAIN, position, self.pump.follower.generation, connection)
        self.pump.open(reader)
        return reader

    async def customers(self, clock: Clock) -> list[Client]:
        """Many, each with a live stream of its own events."""
        clients = [Client(clock) for _ in range(STREAMS)]
        readers = [
            self.open(client, self.pump.position, Filter(owner=f"customer {nth}")) for nth, client in enumerate(clients)
        ]
        await self.until(lambda: all(reader.live for reader in readers))
        return clients

    async def until(self, condition: Callable[[], object]) -> int:
        """How often others had their turn until it was true."""
        turns = 0
        while not condition():
            await asyncio.sleep(0)
            turns += 1
            assert turns < 10_000, "it never comes true"
        return turns


@asynccontextmanager
async def staged(events: int = 0) -> AsyncIterator[Stage]:
    stage = Stage()
    await stage.feed.load()
    for _ in range(events):
        stage.log.append()
    await stage.feed.refresh()
    running = asyncio.create_task(stage.pump.run())
    await stage.until(lambda: stage.pump.position == stage.feed.head)
    try:
        yield stage
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def test_who_takes_all_at_once_is_sent_it_in_slices(clock: Clock) -> None:
    async def main() -> None:
        async with staged(EVENTS) as stage:
            client = Client(clock)
            reader = stage.open(client, Position(0, b""))
            turns = await stage.until(lambda: reader.live)
            assert client.seqs == list(range(1, EVENTS + 1))
            assert client.waited == 0
            assert turns >= client.writes // 3 > 4

    asyncio.run(main())


def test_where_there_is_no_room_it_waits_and_the_order_stays(clock: Clock) -> None:
    async def main() -> None:
        async with staged(EVENTS) as stage:
            client = Client(clock, full=lambda nth: nth % 2 == 0)
            reader = stage.open(client, Position(0, b""))
            await stage.until(lambda: reader.live)
            assert client.seqs == list(range(1, EVENTS + 1))
            assert client.waited == client.writes // 2 > 1

    asyncio.run(main())


def test_one_that_has_just_gone_is_no_failure(clock: Clock) -> None:
    async def main() -> None:
        async with staged(EVENTS) as stage:
            client = Client(clock)
            client.gone = True
            reader = stage.open(client, Position(0, b""))
            await stage.until(lambda: client.waited)
            stage.pump.close(reader)  # as soon as the stream is told
            assert reader.task is not None
            await asyncio.wait({reader.task})
            assert not client.aborted
            assert client.received == b""

    asyncio.run(main())


def test_a_beat_for_many_customers_goes_out_in_slices(clock: Clock) -> None:
    async def main() -> None:
        async with staged(1) as stage:
            clients = await stage.customers(clock)
            stage.pump.beat_soon()
            await stage.until(lambda: clients[0].received)
            turns = await stage.until(lambda: clients[-1].received)
            assert turns >= STREAMS // 3 - 1
            beat = heartbeat(None)(PLAIN.write(stage.pump.position))
            assert {client.received.split(b"Z")[0][:40] for client in clients} == {beat[:40]}

    asyncio.run(main())


def test_what_is_new_does_not_wait_for_the_end_of_a_beat(clock: Clock) -> None:
    async def main() -> None:
        async with staged(1) as stage:
            clients = await stage.customers(clock)
            staff = Client(clock)
            reader = stage.open(staff, stage.pump.position)
            await stage.until(lambda: reader.live)
            stage.pump.beat_soon()
            await stage.until(lambda: clients[0].received)
            stage.log.append()
            await stage.feed.refresh()
            await stage.until(lambda: staff.seqs == [2])
            assert not clients[-1].received
            await stage.until(lambda: clients[-1].received and b"heartbeat" in staff.received)
            ids = [line for line in staff.received.split(b"\n") if line.startswith(b"id: ")]
            assert ids == [b"id: " + PLAIN.write(stage.feed.head).encode()] * 2, "the beat stands where the stream does"

    asyncio.run(main())


def test_a_beat_ends_where_the_log_is_another_one_and_all_are_told(clock: Clock) -> None:
    async def main() -> None:
        async with staged(1) as stage:
            clients = await stage.customers(clock)
            stage.pump.beat_soon()
            await stage.until(lambda: clients[0].received)
            stage.lost.set()
            await stage.feed.load(0)
            await stage.until(lambda: all(b"event: reset" in client.received for client in clients))
            assert b"heartbeat" not in clients[-1].received

    asyncio.run(main())


def test_a_commit_about_many_customers_goes_out_in_slices(clock: Clock) -> None:
    async def main() -> None:
        async with staged() as stage:
            owners = [f"00000000-0000-4000-8000-{nth:012}" for nth in range(STREAMS)]
            clients = [Client(clock) for _ in owners]
            for client, owner in zip(clients, owners, strict=True):
                stage.open(client, stage.pump.position, Filter(owner=owner))
            for owner in owners:
                stage.log.append(owner)
            stage.feed.wake()
            await stage.feed.refresh()
            await stage.until(lambda: clients[0].received)
            turns = await stage.until(lambda: clients[-1].received)
            assert turns >= STREAMS // 3 - 1
            assert [client.seqs for client in clients] == [[nth + 1] for nth in range(STREAMS)]

    asyncio.run(main())
