"""Batching: what many ask of PostgreSQL while answers are under way is asked for together, next."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Generic, TypeVar, cast

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Batched(Generic[K, V]):
    """`ask(keys)` gives the value of each key; where it raises, all who wait for one of these keys get the same.

    at_once: how many batches may be under way; more than one where a connection that hangs must not hold up the rest.
    most: a batch is full when its keys weigh so much, by `weigh`.
    """

    def __init__(
        self,
        ask: Callable[[list[K]], Awaitable[Mapping[K, V]]],
        at_once: int = 3,
        *,
        most: int = sys.maxsize,
        weigh: Callable[[K], int] = lambda _key: 1,
    ) -> None:
        self._ask = ask
        self._at_once = at_once
        self._most = most
        self._weigh = weigh
        self._waiting: dict[K, asyncio.Future[V]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._closed: Exception | None = None

    async def get(self, key: K) -> V:
        """The value of a key, asked for after this call; raises what asking raises."""
        if self._closed:
            raise self._closed
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        value = self._waiting[key]
        if len(self._under_way) < self._at_once:
            task = asyncio.create_task(self._ask_until_nobody_waits())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        # Who goes away must not take the answer from the others.
        return await asyncio.shield(value)

    def close(self, error: Exception) -> None:
        """Asks no more: all who wait get this error, those too whose batch is under way."""
        self._closed = error
        for task in self._under_way:
            task.cancel()
        _fail(self._waiting, error)
        self._waiting = {}

    async def _ask_until_nobody_waits(self) -> None:
        try:
            while self._waiting:
                await self._answer(self._next_batch())
        finally:
            # Here, too: callbacks come later, and who asks between would wait for a task that has ended.
            self._under_way.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _next_batch(self) -> dict[K, asyncio.Future[V]]:
        batch: dict[K, asyncio.Future[V]] = {}
        weight = 0
        while self._waiting and weight < self._most:
            key = next(iter(self._waiting))
            batch[key] = self._waiting.pop(key)
            weight += self._weigh(key)
        return batch

    async def _answer(self, batch: dict[K, asyncio.Future[V]]) -> None:
        try:
            answers = await self._ask(list(batch))
            values = [answers[key] for key in batch]
        except BaseException as error:
            _fail(batch, self._closed or error)
            if not isinstance(error, Exception):
                raise
        else:
            for future, value in zip(batch.values(), values, strict=True):
                future.set_result(value)


def _fail(batch: Mapping[K, asyncio.Future[V]], error: BaseException) -> None:
    for future in batch.values():
        future.set_exception(error)
        future.exception()  # or asyncio complains where nobody waits any more
