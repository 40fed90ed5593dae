"""Checkpoints: one node at a time follows the log, adds tiles to its tree, and has its newest state signed."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog

from consentfeed import metrics
from consentfeed.errors import ConsentfeedError, StatementFailed
from consentfeed.log.checkpoint import Checkpoint
from consentfeed.log.note import Signer
from consentfeed.node import checkpoint_files
from consentfeed.postgres.checkpoints import CheckpointQueries

logger = structlog.get_logger()
_LOOK_SECONDS: Final = 2.0
_FAILED_SECONDS: Final = 8.0
_LAST_WORDS_SECONDS: Final = 1.0
# A node that is gone is replaced after this long; one that sleeps for longer is fenced off by the database.
_HOLD_SECONDS: Final = 15.0
# Some 8,000 events: less than a tenth of a second, in which nobody waits.
_TILES: Final = 32


class Contradiction(ConsentfeedError):
    """The log is not the one that an earlier checkpoint was signed for; the message says which."""


class Checkpoints:
    """Makes checkpoints while this node holds the work. folder: where each is also written. seconds: between two of
    them, while there is always something new."""

    def __init__(self, queries: CheckpointQueries, signer: Signer | None, folder: Path | None, seconds: float) -> None:
        self._queries = queries
        self._signer = signer
        self._folder = folder
        self._id = uuid4()
        self._holds = False
        self._seconds = seconds
        self._made_at = -seconds
        self._covered_at = time.monotonic()
        # What was signed last, as far as this process has seen: a restored database does not know.
        self._known: Checkpoint | None = None
        self._contradiction = ""

    @property
    def age(self) -> float:
        """For how many seconds the log may have had events that no checkpoint covers; 0 without a key."""
        return time.monotonic() - self._covered_at if self._signer else 0.0

    async def run(self) -> None:
        """Makes checkpoints until cancelled; without a key there are none."""
        while self._signer is not None:
            try:
                await self.step()
            except (ConsentfeedError, OSError) as error:
                metrics.chores_failed.labels("checkpoints").inc()
                logger.warning("cannot make a checkpoint now", error=type(error).__name__, reason=str(error))
                await asyncio.sleep(_FAILED_SECONDS)
            await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Lets another node go on at once, as far as that can be said."""
        if self._holds:
            with suppress(ConsentfeedError, TimeoutError):
                await asyncio.wait_for(self._queries.release(self._id), _LAST_WORDS_SECONDS)

    async def step(self) -> None:
        """All that is due now. Raises ConsentfeedError, OSError."""
        held, self._holds = self._holds, await self._queries.hold(self._id, _HOLD_SECONDS)
        state = await self._queries.state_first()
        self._covered_at = time.monotonic() - state.waiting
        if not self._holds:
            return
        while built := await self._queries.build_tiles(self._id, _TILES):
            if built == _TILES:
                self._holds = await self._queries.hold(self._id, _HOLD_SECONDS)
        if not held and self._folder:
            assert self._signer
            written = await asyncio.to_thread(checkpoint_files.newest, self._folder, self._signer.key)
            self._known = max((one for one in (self._known, written) if one), key=lambda one: one.size, default=None)
        is_due = time.monotonic() - self._made_at >= self._seconds
        if built is not None and (is_due or not held):
            await self._add()

    async def _add(self) -> None:
        try:
            await self._refuse_contradiction()
            added = await self._queries.add(self._id)
            if added.outcome == "contradiction":
                raise Contradiction(f"the checkpoint over {added.size} events in the database does not fit the log")
            if added.outcome == "made":
                self._made_at = self._covered_at = time.monotonic()
                metrics.checkpoints_made.inc()
            if added.outcome != "not-held":
                await self._publish(added.size, added.root)
        except (Contradiction, checkpoint_files.Overwritten) as error:
            if self._contradiction != str(error):
                logger.error("no checkpoint is made: it would contradict an earlier one", reason=str(error))
            self._contradiction = str(error)
        else:
            self._contradiction = ""
        metrics.checkpoint_contradicted.set(bool(self._contradiction))

    async def _refuse_contradiction(self) -> None:
        """Raises Contradiction where the log no longer fits what was signed last."""
        if self._known is None:
            return
        why = f"the checkpoint over {self._known.size} events, which was signed, does not fit the log"
        if self._known.size > (await self._queries.state_first()).head + 1:
            raise Contradiction(f"{why}, which has fewer")
        try:
            root = await self._queries.root(self._known.size)
        except StatementFailed:
            raise Contradiction(f"{why}: its tree is not whole") from None
        if root != self._known.root:
            raise Contradiction(why)

    async def _publish(self, size: int, root: bytes) -> None:
        """Only what has been committed is signed."""
        assert self._signer
        checkpoint = Checkpoint(self._signer.key.name, size, root)
        if self._known != checkpoint and self._folder:
            note = self._signer.sign(checkpoint.text)
            await asyncio.to_thread(checkpoint_files.write, self._folder, size, note)
        self._known = checkpoint
        metrics.checkpoint_size.set(size)
