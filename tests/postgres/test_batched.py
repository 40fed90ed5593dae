"""What many ask at once is asked for together, and each gets an answer of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from consentfeed.errors import DatabaseAway
from consentfeed.postgres.batched import Batched


class Asked:
    """Answers with the length of each key; each question waits until it is let through, one with "hangs" for ever."""

    def __init__(self, at_once: int = 1) -> None:
        self.questions: list[list[str]] = []
        self.let: asyncio.Queue[Exception | None] = asyncio.Queue()
        self.batched = Batched(self._ask, at_once)

    async def _ask(self, keys: list[str]) -> dict[str, int]:
        self.questions.append(keys)
        if "hangs" in keys:
            await asyncio.Event().wait()
        if error := await self.let.get():
            raise error
        return {key: len(key) for key in keys}

    def get(self, *keys: str) -> list[asyncio.Task[int]]:
        return [asyncio.ensure_future(self.batched.get(key)) for key in keys]


def asked(test: Callable[[Asked], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        async def go() -> None:
            await test(Asked())

        asyncio.run(go())

    run.__name__ = test.__name__
    return run


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@asked
async def test_what_is_wanted_meanwhile_is_asked_for_together(one: Asked) -> None:
    first = one.get("a")
    await _turns()
    others = one.get("bb", "ccc", "bb")
    await _turns()
    assert one.questions == [["a"]]
    one.let.put_nowait(None)
    one.let.put_nowait(None)
    assert await asyncio.gather(*first, *others) == [1, 2, 3, 2]
    assert one.questions == [["a"], ["bb", "ccc"]]


@asked
async def test_nobody_gets_an_answer_that_was_asked_for_before(one: Asked) -> None:
    before = one.get("a")
    await _turns()
    after = one.get("a")
    await _turns()
    one.let.put_nowait(None)
    await asyncio.gather(*before)
    await _turns()
    assert not after[0].done()
    one.let.put_nowait(None)
    await asyncio.gather(*after)
    assert one.questions == [["a"], ["a"]]


@asked
async def test_who_goes_away_takes_the_answer_from_nobody(one: Asked) -> None:
    gone, stays = one.get("a", "a")
    await _turns()
    gone.cancel()
    one.let.put_nowait(None)
    assert await stays == 1
    assert gone.cancelled()


@asked
async def test_all_who_wait_are_told_what_went_wrong_and_the_next_ask_anew(one: Asked) -> None:
    failing = one.get("a", "b")
    one.let.put_nowait(DatabaseAway("gone"))
    for task in failing:
        with pytest.raises(DatabaseAway):
            await task
    one.let.put_nowait(None)
    assert await one.batched.get("a") == 1


def test_a_question_that_hangs_holds_up_nobody_else() -> None:
    async def go() -> None:
        one = Asked(at_once=2)
        hanging = one.get("hangs")
        await _turns()
        one.let.put_nowait(None)
        assert await one.batched.get("a") == 1
        assert not hanging[0].done()

    asyncio.run(go())


@asked
async def test_a_close_is_told_to_all_who_wait_and_to_all_who_come(one: Asked) -> None:
    under_way = one.get("a")
    await _turns()
    waiting = one.get("b")
    await _turns()
    one.batched.close(DatabaseAway("closed"))
    for task in (*under_way, *waiting, *one.get("c")):
        with pytest.raises(DatabaseAway, match="closed"):
            await task
    assert one.questions == [["a"]]


def test_who_asks_in_the_moment_in_which_the_last_batch_ends_is_answered() -> None:
    async def scenario() -> None:
        late: list[asyncio.Task[str]] = []

        async def ask(keys: list[str]) -> dict[str, str]:
            if keys == ["first"]:  # it begins between the end of this task and the callbacks that follow
                late.append(asyncio.ensure_future(batched.get("late")))
            return {key: key for key in keys}

        batched = Batched(ask, at_once=1)
        assert await batched.get("first") == "first"
        assert await asyncio.wait_for(late[0], 5) == "late"

    asyncio.run(scenario())
