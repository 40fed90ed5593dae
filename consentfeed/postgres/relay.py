"""Who relays the log, and how far it has been relayed."""

from typing import NamedTuple
from uuid import UUID

from consentfeed.errors import EmptyLog
from consentfeed.log.position import Position
from consentfeed.postgres.pool import Pool


class RelayState(NamedTuple):
    """is_held: whether some process relays now. position: how far it has said that the log was relayed, with an empty
    hash where it has said nothing. first: the oldest event that the log keeps. head: the newest."""

    is_held: bool
    position: Position
    first: int
    head: int


class RelayQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def hold(self, holder: UUID, seconds: float, position: Position) -> bool:
        """Whether this process relays, for so many seconds from now; if it does, the position is noted, where its hash
        is not empty."""
        rows = await self._pool.fetch_first(
            "SELECT consentfeed.hold_relay($1, $2, $3, $4)", holder, seconds, position.seq, position.hash or None
        )
        return bool(rows[0][0])

    async def release(self, holder: UUID) -> None:
        """Lets another process relay at once."""
        await self._pool.fetch_first("SELECT consentfeed.release_follower('relay', $1)", holder)

    async def state(self) -> RelayState:
        """How things stand."""
        is_held, seq, hash_, first, head = (
            await self._pool.fetch_first("SELECT * FROM consentfeed.relay_state()")
        )[0]  # fmt: skip
        return RelayState(is_held, Position(seq, hash_ or b""), first, head)

    async def origin(self) -> bytes:
        """The hash of row 0, which no other log has. Raises EmptyLog."""
        rows = await self._pool.fetch_first("SELECT hash FROM consentfeed.event_hashes(0, 1)")
        if not rows:
            raise EmptyLog
        hash_: bytes = rows[0][0]
        return hash_
