"""Whose sign-in is asked after, and when: all streams within three seconds, and never ten thousand at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any
from uuid import UUID, uuid4

import pytest

from consentfeed.errors import DatabaseAway
from consentfeed.permissions import Principal
from consentfeed.settings import Settings
from consentfeed.stream.open_streams import OpenStreams
from consentfeed.stream.watchdog import Watchdog


@dataclass(eq=False)
class Open:
    """A stream."""

    principal: Principal
    ending: bool = False
    expires_at: float = inf
    ends_at: float = inf


class Streams:
    """The open streams of a node, each with a principal; `ended` are those that have been ended, and why."""

    def __init__(self, accounts: int, each: int = 1, *, sessions: bool = False) -> None:
        self.ended: list[tuple[Any, str]] = []
        people = [
            Principal(str(uuid4()), "", "csr", datetime.now(UTC), uuid4() if sessions else None)
            for _ in range(accounts)
        ]
        self.open = OpenStreams()
        for principal in people:
            for _ in range(each):
                stream: Any = Open(principal)
                self.open.add(stream)

    def end(self, stream: Open, reason: str) -> None:
        stream.ending = True
        stream.expires_at = stream.ends_at = inf
        self.ended.append((stream.principal.id, reason))


class Accounts:
    """What PostgreSQL is asked, and says."""

    def __init__(self) -> None:
        self.looks: list[tuple[set[UUID], set[str]]] = []
        self.gone: set[UUID] = set()
        self.away = False

    async def ended(self, sessions: Sequence[UUID], accounts: Sequence[tuple[UUID | str, str]]) -> set[UUID]:
        if self.away:
            raise DatabaseAway("it is")
        ids = [str(account) for account, _ in accounts]
        assert len(ids) == len(set(ids)), "an account is asked after once"
        self.looks.append((set(sessions), set(ids)))
        return self.gone & ({*sessions} | {UUID(one) for one in ids})

    async def touch(self, sessions: Sequence[UUID]) -> None:
        raise AssertionError("nobody asks for that here")


def watchdog(streams: Streams, accounts: Accounts) -> Watchdog:
    mine: Any = streams
    feed: Any = None
    return Watchdog(mine, feed, accounts.ended, accounts.touch, Settings())


def look(dog: Watchdog, times: int) -> None:
    for _ in range(times):
        asyncio.run(dog._look())


@pytest.mark.parametrize("count", [1, 1000])
def test_where_they_are_few_all_are_asked_after_each_second(count: int) -> None:
    streams, accounts = Streams(count, sessions=True), Accounts()
    look(watchdog(streams, accounts), 2)
    principals = [stream.principal for stream in streams.open]
    everybody = {who.session for who in principals}, {who.id for who in principals}
    assert accounts.looks == [everybody] * 2


def test_where_they_are_many_each_is_asked_after_every_third_second() -> None:
    streams, accounts = Streams(2000, 2, sessions=True), Accounts()
    dog = watchdog(streams, accounts)
    look(dog, 6)
    assert max(len(ids) for _, ids in accounts.looks) < 1000
    assert accounts.looks[:3] == accounts.looks[3:]
    for part in (0, 1):
        asked = [look[part] for look in accounts.looks[:3]]
        assert sum(map(len, asked)) == len(set.union(*map(set, asked))) == 2000
    sessions = {stream.principal.id: stream.principal.session for stream in streams.open}
    assert all({sessions[one] for one in ids} == of_them for of_them, ids in accounts.looks), "both at the same time"


def test_who_could_not_be_asked_after_is_asked_after_at_the_next_look() -> None:
    streams, accounts = Streams(2000), Accounts()
    dog = watchdog(streams, accounts)
    look(dog, 1)
    accounts.away = True
    with pytest.raises(DatabaseAway):
        look(dog, 1)
    accounts.away = False
    look(dog, 2)
    assert len(set.union(*(ids for _, ids in accounts.looks))) == 2000


@pytest.mark.parametrize("which", ["session", "account"])
def test_those_who_may_not_go_on_end_once(which: str) -> None:
    streams, accounts = Streams(2000, 2, sessions=True), Accounts()
    gone = [stream.principal for stream in streams.open][:50]
    accounts.gone = {who.session or UUID(who.id) if which == "session" else UUID(who.id) for who in gone}
    look(watchdog(streams, accounts), 6)
    ids = {who.id for who in gone}
    assert sorted(streams.ended) == sorted((one, "signed-out") for one in ids for _ in range(2))


@pytest.mark.parametrize(("member", "reason"), [("expires_at", "signed-out"), ("ends_at", "lifetime")])
def test_those_whose_time_is_over_end_within_three_looks(member: str, reason: str) -> None:
    streams, accounts = Streams(2000), Accounts()
    over = list(streams.open)[::20]
    for stream in over:
        setattr(stream, member, 0.0)
    look(watchdog(streams, accounts), 3)
    assert sorted(streams.ended) == sorted((stream.principal.id, reason) for stream in over)


def test_the_turns_go_on_where_one_account_has_all_streams() -> None:
    streams, accounts = Streams(1, 2000), Accounts()
    look(watchdog(streams, accounts), 6)
    assert len(accounts.looks) == 2, "nothing is asked where nobody's turn it is"


def test_a_stream_is_open_until_it_is_no_more() -> None:
    streams = Streams(5, 2).open
    one, *rest = streams
    assert len(streams) == 10
    assert one in streams
    streams.discard(one)
    assert one not in streams
    assert set(streams) == set(rest)
    assert {stream for turn in range(3) for stream in streams.part(turn)} == set(rest)
