"""The Merkle tree over the log, and its checkpoints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from consentfeed.log.merkle import Span
from consentfeed.log.tiles import runs, span_hashes
from consentfeed.postgres.pool import Pool

_NAME: Final = "checkpoints"
_STATE: Final = "SELECT * FROM consentfeed.checkpoint_state()"


class State(NamedTuple):
    """The newest checkpoint (None: none), the newest event, and for how many seconds the oldest event that no
    checkpoint covers has waited."""

    size: int | None
    root: bytes | None
    head: int
    waiting: float


class Addition(NamedTuple):
    """made, unchanged, not-held or contradiction; and the newest checkpoint."""

    outcome: str
    size: int
    root: bytes


class MadeCheckpoint(NamedTuple):
    """A checkpoint as it is kept."""

    size: int
    root: bytes
    made_at: datetime


class CheckpointQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def hold(self, holder: UUID, seconds: float) -> bool:
        """Whether this process makes checkpoints, for so many seconds from now."""
        rows = await self._pool.fetch_first("SELECT consentfeed.hold_follower($1, $2, $3)", _NAME, holder, seconds)
        return bool(rows[0][0])

    async def release(self, holder: UUID) -> None:
        """Lets another process make checkpoints at once."""
        await self._pool.fetch_first("SELECT consentfeed.release_follower($1, $2)", _NAME, holder)

    async def build_tiles(self, holder: UUID, most: int) -> int | None:
        """How many tiles were added; None where another process does this."""
        rows = await self._pool.fetch_first("SELECT consentfeed.build_tiles($1, $2)", holder, most)
        built: int | None = rows[0][0]
        return built

    async def add(self, holder: UUID) -> Addition:
        """A checkpoint over the whole log; its tiles must be there."""
        return Addition(*(await self._pool.fetch_first("SELECT * FROM consentfeed.add_checkpoint($1)", holder))[0])

    async def before(self, size: int | None, limit: int) -> list[MadeCheckpoint]:
        """The newest first; with a size, those over fewer events."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.list_checkpoints($1, $2)", size, limit)
        return [MadeCheckpoint(*row) for row in rows]

    async def state(self) -> State:
        """How things stand, for a client: anybody may ask."""
        return State(*(await self._pool.fetch(_STATE))[0])

    async def state_first(self) -> State:
        """The same for whoever makes checkpoints, however many clients ask for something."""
        return State(*(await self._pool.fetch_first(_STATE))[0])

    async def root(self, size: int) -> bytes:
        """The root over the first so many events, by the tree as it is now."""
        root: bytes = (await self._pool.fetch_first("SELECT consentfeed.tree_root($1)", size))[0][0]
        return root

    async def span_hashes(self, spans: Sequence[Span]) -> list[bytes]:
        """The hash of each span, in one query."""
        needed = runs(spans)
        rows = await self._pool.fetch(
            "SELECT consentfeed.tree_hashes(run.level, run.first, run.count)"
            " FROM unnest($1::integer[], $2::bigint[], $3::integer[]) WITH ORDINALITY AS run (level, first, count, nth)"
            " ORDER BY run.nth",
            [run.level for run in needed],
            [run.first for run in needed],
            [run.length for run in needed],
        )
        stored = {
            (run.level, run.first + nth): hash_
            for run, row in zip(needed, rows, strict=True)
            for nth, hash_ in enumerate(row[0])
        }
        return span_hashes(spans, stored)

    async def event_hashes(self, first: int, count: int) -> list[tuple[int, bytes]]:
        """Positions and hashes of events that follow one another, dropped ones too."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.event_hashes($1, $2)", first, count)
        return [(row[0], row[1]) for row in rows]

    async def broken_tree(self) -> tuple[int, str] | None:
        """The first position where log, tree and newest checkpoint do not fit, and why; None where they do."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.broken_tree()", seconds=24 * 3600)
        return (rows[0][0], rows[0][1]) if rows else None
