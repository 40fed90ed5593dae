"""Pages of the log for one who reads all of it: read ahead, checked across their parts, holding up nobody."""

import asyncio
import hashlib
from collections import Counter

import pytest

from consentfeed.feed.history import PAGE, History
from consentfeed.feed.live import Feed
from consentfeed.log.chain import Forked
from consentfeed.log.event import Event, Row
from consentfeed.log.position import Position
from tests.feed.test_follower import Log

BEFORE = Position(0, b"")


class Table(Log):
    """The log, counting which pages are read."""

    def __init__(self, events: int) -> None:
        super().__init__()
        self.read: Counter[int] = Counter()
        for _ in range(events):
            self.append()

    async def after(self, seq: int, limit: int) -> list[Row]:
        self.read[seq] += 1
        return await super().after(seq, limit)

    def history(self) -> History:
        """What reads it, with nothing in memory."""
        feed = Feed(self.after, self.head, max_events=1, max_bytes=1, poll_seconds=60)
        return History(feed, self.after, self.after, asyncio.Semaphore(4))


async def turns_of_others(work: asyncio.Task[list[Event]]) -> int:
    """How often others have their turn until it is done."""
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    return turns


def test_two_pages_are_read_ahead_of_who_reads_one_after_the_other_and_no_more() -> None:
    async def main() -> list[list[int]]:
        log = Table(5 * PAGE + 10)
        history, upto = log.history(), await log.head()
        position, read = BEFORE, []
        for _ in range(4):
            position = (await history.after(position, upto))[-1].position
            await asyncio.sleep(0)  # what is read ahead begins
            read.append(sorted(log.read))
        assert set(log.read.values()) == {1}
        return read

    pages = [nth * PAGE for nth in range(5)]
    # The last, which still grows, is left to who gets there.
    assert asyncio.run(main()) == [pages[:3], pages[:4], pages, pages]


def test_who_begins_in_the_middle_of_a_page_has_nothing_read_ahead() -> None:
    async def main() -> list[int]:
        log = Table(3 * PAGE)
        await log.history().after(Position(5, log.rows[5].hash), await log.head())
        await asyncio.sleep(0)
        return sorted(log.read)

    assert asyncio.run(main()) == [0]


def test_others_have_their_turn_while_a_page_is_made_events_of() -> None:
    async def main() -> tuple[int, int]:
        log = Table(PAGE)
        history, upto = log.history(), await log.head()
        turns = [await turns_of_others(asyncio.create_task(history.after(BEFORE, upto))) for _ in range(2)]
        return turns[0], turns[1]

    first, again = asyncio.run(main())
    assert first - again >= 5, "a fifth of a page at a time, at most"


@pytest.mark.parametrize("seq", [1, 2, 199, 200, 201, 400, PAGE - 1, PAGE])
@pytest.mark.parametrize("what", ["body", "hash", "seq"])
def test_wherever_the_chain_breaks_in_a_page_nothing_of_it_is_given(seq: int, what: str) -> None:
    async def main() -> None:
        log = Table(PAGE)
        upto, row = await log.head(), log.rows[seq]
        assert row.body is not None
        log.rows[seq] = {
            "body": row._replace(body=row.body.replace("revoked", "granted")),
            "hash": row._replace(hash=hashlib.sha256(row.hash).digest()),
            "seq": row._replace(seq=row.seq + PAGE),
        }[what]
        with pytest.raises(Forked):
            await log.history().after(BEFORE, upto)

    asyncio.run(main())
