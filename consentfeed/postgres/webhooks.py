"""Endpoints that are sent events, and who delivers which."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from consentfeed.log.position import Position
from consentfeed.postgres.pool import Pool


class Webhook(NamedTuple):
    """An endpoint and how it fares, as list_webhooks() has it; secrets are sealed.

    wait_seconds: until the next try; None or less than 0: at once. held_seconds: for how much longer this process
    delivers it; None: another one does.
    """

    name: str
    url: str
    kinds: list[str]
    purposes: list[str]
    channels: list[str]
    types: list[str]
    batch: int
    personal_data: bool
    secret: bytes
    old_secret: bytes | None
    old_secret_until: datetime | None
    tries: int
    failing_since: datetime | None
    next_try_at: datetime | None
    wait_seconds: float | None
    last_error: str | None
    last_error_detail: str | None
    last_error_at: datetime | None
    delivered_at: datetime | None
    disabled_at: datetime | None
    turn: int
    created_at: datetime
    updated_at: datetime
    tag: str
    seq: int
    hash: bytes
    head: int
    held_seconds: float | None

    @property
    def position(self) -> Position:
        """The newest event that has been delivered, or was not for this endpoint."""
        return Position(self.seq, self.hash)

    @property
    def behind(self) -> int:
        """How many events of the log are newer."""
        return max(self.head - self.seq, 0)


class WebhookQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def list_webhooks(self, holder: UUID | None = None) -> list[Webhook]:
        """All, by name."""
        return [Webhook(*row) for row in await self._pool.fetch("SELECT * FROM consentfeed.list_webhooks($1)", holder)]

    async def save_webhook(self, *args: object) -> str:
        """Arguments as of the SQL function; added, changed, stale or too-many."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.save_webhook($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", *args
        )
        outcome: str = rows[0][0]
        return outcome

    async def delete_webhook(self, name: str) -> bool:
        """False where there is none."""
        return bool((await self._pool.fetch("SELECT consentfeed.delete_webhook($1)", name))[0][0])

    async def rotate_webhook(self, name: str, secret: bytes, both: timedelta) -> bool:
        """Another secret; the one before signs as well for so long. False where there is no such endpoint."""
        rows = await self._pool.fetch("SELECT consentfeed.rotate_webhook($1, $2, $3)", name, secret, both)
        return bool(rows[0][0])

    async def replay_webhook(self, name: str, position: Position | None) -> bool:
        """Goes on after this position, None: from where it stands. False where there is no such endpoint."""
        seq, hash_ = position or (None, None)
        rows = await self._pool.fetch("SELECT consentfeed.replay_webhook($1, $2, $3)", name, seq, hash_)
        return bool(rows[0][0])

    async def hold_webhooks(self, holder: UUID, seconds: float) -> None:
        """Takes what nobody delivers, and keeps its own."""
        await self._pool.fetch("SELECT consentfeed.hold_webhooks($1, $2)", holder, seconds)

    async def release_webhooks(self, holder: UUID) -> None:
        """Lets other processes deliver at once."""
        await self._pool.fetch_first("SELECT consentfeed.release_webhooks($1)", holder)

    async def advance_webhook(
        self, name: str, holder: UUID, before: int, position: Position, *, delivered: bool
    ) -> bool:
        """False where this process does not deliver it any more, or not from there."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.advance_webhook($1, $2, $3, $4, $5, $6)", name, holder, before, *position, delivered
        )
        return bool(rows[0][0])

    async def fail_webhook(
        self, name: str, holder: UUID, before: int, error: str, detail: str | None, seconds: float, days: float,
        *, final: bool,
    ) -> str:  # fmt: skip
        """failing, disabled, or not-held."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.fail_webhook($1, $2, $3, $4, $5, $6, $7, $8)",
            name, holder, before, error, detail, seconds, days, final,
        )  # fmt: skip
        outcome: str = rows[0][0]
        return outcome
