"""Who comes back from further behind than memory reaches reads the table, in pages that all share."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import pytest

from consentfeed.feed.filter import Filter
from consentfeed.feed.history import PAGE, History
from consentfeed.feed.live import Feed
from consentfeed.feed.replay import PositionLost, Replay
from consentfeed.log.chain import Forked
from consentfeed.log.event import Row
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import Position
from consentfeed.postgres.database import Database
from consentfeed.postgres.log import Verdict
from tests.support.database import Sql, new_database

_FLIP = (
    "UPDATE consentfeed.consents SET status = CASE status WHEN 'granted' THEN 'revoked' ELSE 'granted' END"
    " WHERE customer_id = ANY (%s::uuid[])"
)
ASKING = 50


@pytest.fixture(scope="module")
def filled(cluster: str, template: str) -> Iterator[str]:
    """Name of a database with a log of two pages and a half."""
    with new_database(cluster, template) as database:
        customers = [database.new_customer() for _ in range(25)]
        for _ in range(5 * PAGE // 2 // (25 * 4)):
            database.run(_FLIP, customers)
        assert database.head() == 5 * PAGE // 2
        yield database.name


@pytest.fixture
def full(cluster: str, filled: str) -> Iterator[Sql]:
    """A copy of it."""
    with new_database(cluster, filled) as database:
        yield database


class Table:
    """The log's table, counting who reads what, and how many do at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.read: Counter[int] = Counter()
        self.at_once = 0
        self._now = 0

    async def after(self, seq: int, limit: int) -> list[Row]:
        """events_after()."""
        self.read[seq] += 1
        self._now += 1
        self.at_once = max(self.at_once, self._now)
        try:
            return await self._database.log.events_after(seq, limit)
        finally:
            self._now -= 1


def run(full: Sql, cursors: list[int], *, reads: int = 4, wrong: bytes = b"") -> tuple[list[list[int]], Table]:
    """What readers at these cursors are given until the end of the log, all at once; and what the table saw of it."""

    async def main() -> tuple[list[list[int]], Table]:
        database = Database(full.app_url, 8)
        await database.open()
        try:
            table = Table(database)
            feed = Feed(database.log.events_after, database.log.log_head, max_events=1, max_bytes=1, poll_seconds=1)
            backlog = History(feed, table.after, table.after, asyncio.Semaphore(reads))
            upto = await database.log.log_head()
            hashes = dict(full.run("SELECT seq, hash FROM consentfeed.events"))

            async def follow(seq: int) -> list[int]:
                cursor, seqs = Position(seq, wrong or hashes[seq][:4]), [seq]
                while cursor.seq < upto.seq:
                    events = await backlog.after(cursor, upto)
                    seqs += [event.position.seq for event in events]
                    cursor = events[-1].position
                return seqs

            return list(await asyncio.gather(*(follow(seq) for seq in cursors))), table
        finally:
            await database.close()

    return asyncio.run(main())


def test_many_who_come_back_together_read_each_full_page_once(full: Sql) -> None:
    told, table = run(full, [0] * ASKING)
    assert told == [list(range(full.head() + 1))] * ASKING
    assert table.read == {0: 1, PAGE: 1, 2 * PAGE: ASKING}, "a page that still grows is read by each"


def test_wherever_somebody_stands_nothing_is_missing_and_nothing_comes_twice(full: Sql) -> None:
    cursors = [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE - 1, 2 * PAGE, full.head() - 1]
    told, table = run(full, cursors)
    assert told == [list(range(cursor, full.head() + 1)) for cursor in cursors]
    assert table.read[0] == table.read[PAGE] == 1


def test_no_more_pages_are_read_at_once_than_may_be(full: Sql) -> None:
    _, table = run(full, [2 * PAGE + number for number in range(20)], reads=2)
    assert table.at_once == 2


def test_a_place_of_another_history_is_not_read_on_from_a_shared_page(full: Sql) -> None:
    with pytest.raises(Forked):
        run(full, [5], wrong=b"none")


def test_who_goes_away_does_not_take_the_page_from_the_others(full: Sql) -> None:
    async def main() -> list[int]:
        database = Database(full.app_url, 8)
        await database.open()
        try:
            feed = Feed(database.log.events_after, database.log.log_head, max_events=1, max_bytes=1, poll_seconds=1)
            backlog = History(feed, database.log.events_after, database.log.page_after, asyncio.Semaphore(1))
            upto, origin = await database.log.log_head(), Position(0, b"")
            impatient = asyncio.create_task(backlog.after(origin, upto))
            patient = asyncio.create_task(backlog.after(origin, upto))
            await asyncio.sleep(0)
            impatient.cancel()
            return [event.position.seq for event in await patient]
        finally:
            await database.close()

    assert asyncio.run(main()) == list(range(1, PAGE + 1))


def test_a_page_that_could_not_be_read_is_read_again(full: Sql) -> None:
    async def main() -> int:
        database = Database(full.app_url, 8)
        await database.open()
        fails = iter([True])

        async def read(seq: int, limit: int) -> list[Row]:
            if next(fails, False):
                raise Forked
            return await database.log.events_after(seq, limit)

        try:
            feed = Feed(database.log.events_after, database.log.log_head, max_events=1, max_bytes=1, poll_seconds=1)
            backlog = History(feed, read, read, asyncio.Semaphore(1))
            return len(await backlog.after(Position(7, b""), await database.log.log_head()))
        finally:
            await database.close()

    # Not from the page, but from the cursor itself.
    assert asyncio.run(main()) == PAGE


def _judged(full: Sql, seqs: list[int], *, hash: bytes = b"") -> int:
    """How many of these places had to be judged by a question of their own."""

    async def main() -> int:
        database = Database(full.app_url, 8)
        await database.open()
        questions = 0
        judge = database.log.judge_position

        async def counted(place: Position, customer: str | None) -> Verdict:
            nonlocal questions
            questions += 1
            return await judge(place, customer)

        database.log.judge_position = counted  # type: ignore[method-assign,assignment]
        try:
            feed = Feed(database.log.events_after, database.log.log_head, max_events=1, max_bytes=1, poll_seconds=1)
            await feed.load(warm_up=0)
            places, hashes = Replay(database.log, feed, 4), dict(full.run("SELECT seq, hash FROM consentfeed.events"))
            for seq in seqs:
                place = Position(seq, (hash or hashes[seq])[:4])
                with nullcontext() if not hash else pytest.raises(PositionLost, match="forked"):
                    assert (await places.find(PLAIN.write(place), Filter(), PLAIN)).seq == seq
            return questions
        finally:
            await database.close()

    return asyncio.run(main())


def test_places_in_full_pages_need_no_question_of_their_own(full: Sql) -> None:
    assert _judged(full, [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE - 1]) == 0
    assert _judged(full, [2 * PAGE, 2 * PAGE + 1]) == 2, "a page that still grows is not shared"
    assert _judged(full, [5, PAGE], hash=b"none") == 2, "why a place is lost, the table has to say"


def test_a_page_that_was_read_before_its_events_were_dropped_vouches_for_none_of_them(
    full: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> tuple[bool, bool]:
        database = Database(full.app_url, 8)
        await database.open()
        try:
            feed = Feed(database.log.events_after, database.log.log_head, max_events=1, max_bytes=1, poll_seconds=1)
            await feed.load(warm_up=0)
            backlog = History(feed, database.log.events_after, database.log.page_after, asyncio.Semaphore(1))
            ((hash_,),) = full.run("SELECT hash FROM consentfeed.events WHERE seq = 500")
            place = Position(500, hash_[:4])
            before = await backlog.contains(place)
            full.run("ALTER TABLE consentfeed.events DETACH PARTITION consentfeed.events_p0")
            monkeypatch.setattr("consentfeed.feed.history._FRESH_SECONDS", -1)
            return before, await backlog.contains(place)
        finally:
            await database.close()

    assert asyncio.run(main()) == (True, False)


def test_the_positions_of_customers_who_come_back_together_are_one_question(full: Sql) -> None:
    customers = [row[0] for row in full.run("SELECT id::text FROM consentfeed.customers")]
    newest = dict(full.run("SELECT customer_id::text, max(seq) FROM consentfeed.events WHERE seq > 0 GROUP BY 1"))

    async def main() -> list[int]:
        database = Database(full.app_url, 8)
        await database.open()
        questions: list[int] = []
        ask = database.log.customer_positions

        async def counted(customers: Sequence[str]) -> dict[str, Position]:
            questions.append(len(customers))
            return await ask(customers)

        database.log.customer_positions = counted  # type: ignore[method-assign]
        try:
            feed = Feed(database.log.events_after, database.log.log_head, max_events=1, max_bytes=1, poll_seconds=1)
            replay, head = Replay(database.log, feed, 4), Position(0, b"")
            positions = await asyncio.gather(*(replay.newest(Filter(owner=customer), head) for customer in customers))
            assert [position.seq for position in positions] == [newest.get(customer, 0) for customer in customers]
            return questions
        finally:
            await database.close()

    questions = asyncio.run(main())
    assert sum(questions) == len(customers) >= 25
    assert len(questions) <= 2, "the first, and all others"
