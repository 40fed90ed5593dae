"""Questions to PostgreSQL that many ask: what is wanted while an answer is under way is asked for together, next."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Gathered(Generic[K, V]):
    """`ask(keys)` gives the value of each key; where it raises, all who wait for it get the same."""

    def __init__(self, ask: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._ask = ask
        self._wanted: dict[K, asyncio.Future[V]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V:
        """The value of a key, asked for after this call; raises what asking raises."""
        if key not in self._wanted:
            self._wanted[key] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_until_none_is_wanted())
        # Who goes away must not take the answer from the others.
        return await asyncio.shield(self._wanted[key])

    async def _ask_until_none_is_wanted(self) -> None:
        try:
            while self._wanted:
                wanted, self._wanted = self._wanted, {}
                await self._answer(wanted)
        finally:
            self._asking = None

    async def _answer(self, wanted: dict[K, asyncio.Future[V]]) -> None:
        try:
            values = await self._ask(list(wanted))
            for key, waits in wanted.items():
                waits.set_result(values[key])
        except BaseException as error:
            for waits in wanted.values():
                waits.set_exception(error)
                waits.exception()  # or asyncio complains where nobody waits any more
            if not isinstance(error, Exception):
                raise
