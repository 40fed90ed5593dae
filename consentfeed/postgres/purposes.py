"""Purposes, and the notices that say what they are."""

from collections.abc import Sequence
from typing import Final

from consentfeed.postgres.pool import Pool, Record
from consentfeed.postgres.reads import Reads

_PAGE: Final = 10_000


class PurposeQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool, reads: Reads) -> None:
        self._pool = pool
        self._reads = reads

    async def purposes(self) -> list[Record]:
        """All purposes in their order."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_purposes()")

    async def channels(self) -> dict[str, str]:
        """What each channel reaches, "msisdn" or "email"; those that reach neither are not in it."""
        rows = await self._pool.fetch("SELECT key, address FROM consentfeed.channels ORDER BY key")
        return {row["key"]: row["address"] for row in rows}

    async def save_purpose(
        self, key: str, title: str, description: str, channels: Sequence[str], days: int | None, position: int,
        *, offered: bool, expected: Sequence[str] | None,
    ) -> str:  # fmt: skip
        """added, changed, stale (it is not as expected), or channel-lost (it would lose a channel)."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.save_purpose($1, $2, $3, $4, $5, $6, $7, $8)",
            key, title, description, channels, days, position, offered, expected,
        )  # fmt: skip
        outcome: str = rows[0][0]
        return outcome

    async def give_consents(self, purpose: str) -> None:
        """Pending consents for all customers who have none yet for this purpose."""
        last = None
        while True:
            rows = await self._pool.fetch("SELECT consentfeed.give_consents($1, $2, $3)", purpose, last, _PAGE)
            last = rows[0][0]
            if last is None:
                self._reads.wrote()
                return

    async def notice(self, key: str, version: int, language: str) -> Record | None:
        """A published notice, its language looked up (RFC 4647): language, title, description, text, sha256."""
        rows = await self._pool.fetch(
            "SELECT language, title, description, text, sha256 FROM consentfeed.notices"
            " WHERE (purpose, version) = ($1, $2) AND published_at <= statement_timestamp()"
            " AND consentfeed.language_fits($3, language) ORDER BY length(language) DESC, language LIMIT 1",
            key,
            version,
            language,
        )
        return rows[0] if rows else None

    async def list_notices(self, purpose: str) -> list[Record]:
        """All versions and languages, drafts too."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_notices($1)", purpose)

    async def save_draft(self, *args: object) -> str | None:
        """Arguments as of the SQL function; why it was not written (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch("SELECT consentfeed.save_draft($1, $2, $3, $4, $5, $6, $7)", *args)
        problem: str | None = rows[0][0]
        return problem

    async def publish_notice(self, *args: object) -> str | None:
        """Arguments as of the SQL function; why it was not published (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch("SELECT consentfeed.publish_notice($1, $2, $3, $4, $5, $6)", *args)
        problem: str | None = rows[0][0]
        return problem
