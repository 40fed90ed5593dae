"""Questions to PostgreSQL that many ask: what is wanted while answers are under way is asked for together, next."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Gathered(Generic[K, V]):
    """`ask(keys)` gives the value of each key; where it raises, all who wait for it get the same.

    at_once: how many questions may be under way; more than one, for a connection may hang.
    """

    def __init__(self, ask: Callable[[list[K]], Awaitable[Mapping[K, V]]], at_once: int = 3) -> None:
        self._ask = ask
        self._at_once = at_once
        self._wanted: dict[K, asyncio.Future[V]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def get(self, key: K) -> V:
        """The value of a key, asked for after this call; raises what asking raises."""
        if key not in self._wanted:
            self._wanted[key] = asyncio.get_running_loop().create_future()
        waits = self._wanted[key]
        if len(self._asking) < self._at_once:
            task = asyncio.create_task(self._ask_until_none_is_wanted())
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        # Who goes away must not take the answer from the others.
        return await asyncio.shield(waits)

    async def _ask_until_none_is_wanted(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, {}
            await self._answer(wanted)

    async def _answer(self, wanted: dict[K, asyncio.Future[V]]) -> None:
        try:
            found = await self._ask(list(wanted))
            values = [found[key] for key in wanted]
        except BaseException as error:
            for waits in wanted.values():
                waits.set_exception(error)
                waits.exception()  # or asyncio complains where nobody waits any more
            if not isinstance(error, Exception):
                raise
        else:
            for waits, value in zip(wanted.values(), values, strict=True):
                waits.set_result(value)
