"""The batch writer by itself; with PostgreSQL behind it, it is tested by what comes of decisions."""

import asyncio

from consentfeed.postgres.consents import Outcome, Recorded
from consentfeed.writes.queue import Decision
from consentfeed.writes.writer import Writer


def _decision(consent: str) -> Decision:
    return Decision(
        consent_id=consent,
        action="grant",
        actor_kind="service",
        actor_id="x",
        method="api",
        principal=consent,
        route="",
    )


async def _all_done(decisions: str) -> Recorded:
    return Recorded([(nth, Outcome(None, str(nth), None)) for nth in range(decisions.count("consent_id"))], [])


def _answered_in_each_turn(requests: list[int]) -> list[int]:
    """How many requests (of so many decisions each) were answered in each turn of the loop after one commit."""

    async def go() -> list[int]:
        writer = Writer(_all_done, batch=1000, waiting=1000, busy_seconds=1)
        asked = [
            asyncio.ensure_future(writer.decide([_decision(f"{nth}-{item}") for item in range(count)]))
            for nth, count in enumerate(requests)
        ]
        await asyncio.sleep(0)  # all are queued
        running = asyncio.create_task(writer.run())
        turns = []
        while not all(one.done() for one in asked):
            before = sum(one.done() for one in asked)
            await asyncio.sleep(0)
            turns.append(sum(one.done() for one in asked) - before)
        running.cancel()
        for one, count in zip(asked, requests, strict=True):
            assert len(one.result()) == count
            assert all(isinstance(outcome, Outcome) and not outcome.problem for outcome in one.result())
        return turns

    return asyncio.run(go())


def test_those_who_waited_for_one_commit_are_answered_a_few_at_a_time() -> None:
    turns = _answered_in_each_turn([1] * 40)
    assert sum(turns) == 40
    assert max(turns) <= 16


def test_requests_are_counted_and_not_their_decisions() -> None:
    turns = _answered_in_each_turn([100] * 5)
    assert [answered for answered in turns if answered] == [5]


def test_a_request_without_decisions_is_answered() -> None:
    async def go() -> list[Outcome | Exception]:
        return await Writer(_all_done, batch=10, waiting=10, busy_seconds=1).decide([])

    assert asyncio.run(go()) == []
