"""Questions and answers over a pair of sockets."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from consentfeed.node.line import Line, LineClosed


async def shouts(question: str) -> object:
    if question == "never":
        await asyncio.Event().wait()
    return question.upper() * (100_000 if question == "much" else 1)


def between(scenario: Callable[[Line, Line], Awaitable[None]]) -> None:
    """Runs it with both ends of a line."""

    async def go() -> None:
        ends = [Line(end, shouts) for end in socket.socketpair()]
        running = [asyncio.create_task(end.run()) for end in ends]
        try:
            async with asyncio.timeout(10):
                await scenario(*ends)
        finally:
            for task in running:
                task.cancel()
            await asyncio.wait(running)

    asyncio.run(go())


def test_both_ends_ask_at_once_and_each_gets_its_own_answer() -> None:
    async def scenario(one: Line, other: Line) -> None:
        questions = [f"{number}-{'much' * (number % 2)}" for number in range(50)]
        answers = await asyncio.gather(*(end.ask(question) for question in questions for end in (one, other)))
        assert answers == [question.upper() for question in questions for _ in range(2)]
        assert len(await one.ask("much")) == 400_000

    between(scenario)


def test_a_question_without_an_answer_holds_up_no_other_and_is_given_up() -> None:
    async def scenario(one: Line, _other: Line) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await one.ask("never")
        assert await one.ask("still there") == "STILL THERE"

    between(scenario)


def test_who_waits_is_told_when_the_other_end_is_gone_and_so_is_who_asks_later() -> None:
    async def scenario(one: Line, other: Line) -> None:
        asking = asyncio.create_task(one.ask("never"))
        await one.ask("connected")
        assert other._writer
        other._writer.close()
        with pytest.raises(LineClosed):
            await asking
        with pytest.raises(LineClosed):
            await one.ask("again")

    between(scenario)
