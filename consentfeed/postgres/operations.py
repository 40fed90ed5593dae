"""What people with an account keep here, and what admins see and change: one method per SQL function."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from consentfeed.postgres.pool import Pool, Record

_PAGE: Final = 10_000


class Administration:
    """Preferences, accounts, sessions, purposes, notices, nodes, and what `consentfeed doctor` looks at."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    # Preferences

    async def preferences(self, principal: str) -> str | None:
        """What a principal has chosen, as JSON."""
        chosen: str | None = (await self._pool.fetch("SELECT consentfeed.find_preferences($1)", principal))[0][0]
        return chosen

    async def save_preferences(self, principal: str, preferences: str) -> None:
        """In place of what was there."""
        await self._pool.fetch("SELECT consentfeed.save_preferences($1, $2)", principal, preferences)

    # Accounts and sessions

    async def list_users(
        self, query: str | None, after_email: str | None, after_id: str | None, max_rows: int
    ) -> list[Record]:
        """Rows of (account, email, id)."""
        return await self._pool.fetch(
            "SELECT * FROM consentfeed.list_users($1, $2, $3, $4)", query, after_email, after_id, max_rows
        )

    async def one_user(self, user: UUID | str) -> str | None:
        """An account as JSON."""
        account: str | None = (await self._pool.fetch("SELECT consentfeed.one_user($1)", user))[0][0]
        return account

    async def change_user(
        self, user: str, actor: str, *, role: str | None = None, disabled: bool | None = None
    ) -> str | None:
        """Why it was not changed (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch("SELECT consentfeed.change_user($1, $2, $3, $4)", user, actor, role, disabled)
        problem: str | None = rows[0][0]
        return problem

    async def list_sessions(self, after_key: str | None, after_id: str | None, max_rows: int) -> list[Record]:
        """Rows of (id, account, created_at, last_seen_at, expires_at, agent)."""
        return await self._pool.fetch(
            "SELECT * FROM consentfeed.list_sessions($1, $2, $3)", after_key, after_id, max_rows
        )

    async def own_sessions(self, user: str, max_rows: int) -> list[Record]:
        """Rows of (id, created_at, last_seen_at, expires_at, agent)."""
        return await self._pool.fetch("SELECT * FROM consentfeed.own_sessions($1, $2)", user, max_rows)

    async def end_own_sessions(self, user: str, *, only: str | None = None, but: UUID | None = None) -> int:
        """Ends sessions of an account: one of them, or all but one; how many were open."""
        rows = await self._pool.fetch("SELECT consentfeed.end_own_sessions($1, $2, $3)", user, only, but)
        return int(rows[0][0])

    # Purposes and notices

    async def save_purpose(
        self, key: str, title: str, description: str, channels: Sequence[str], days: int | None, position: int,
        *, offered: bool,
    ) -> bool | None:  # fmt: skip
        """Whether the purpose is new; None where it would lose a channel."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.save_purpose($1, $2, $3, $4, $5, $6, $7)",
            key, title, description, channels, days, position, offered,
        )  # fmt: skip
        new: bool | None = rows[0][0]
        return new

    async def give_consents(self, purpose: str) -> None:
        """Pending consents for all customers who have none yet for this purpose."""
        last = None
        while True:
            rows = await self._pool.fetch("SELECT consentfeed.give_consents($1, $2, $3)", purpose, last, _PAGE)
            last = rows[0][0]
            if last is None:
                return

    async def list_notices(self, purpose: str) -> list[Record]:
        """All versions and languages, drafts too."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_notices($1)", purpose)

    async def save_draft(self, purpose: str, version: int, language: str, text: str) -> str | None:
        """Why it was not written (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch("SELECT consentfeed.save_draft($1, $2, $3, $4)", purpose, version, language, text)
        problem: str | None = rows[0][0]
        return problem

    async def publish_notice(self, purpose: str, version: int) -> str | None:
        """Why it was not published (a code of errors.PROBLEMS), or None."""
        rows = await self._pool.fetch("SELECT consentfeed.publish_notice($1, $2)", purpose, version)
        problem: str | None = rows[0][0]
        return problem

    # The access trail

    async def list_accesses(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; lines, newest first."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_accesses($1, $2, $3, $4, $5, $6, $7, $8)", *args)

    # Nodes

    async def report_node(self, node: UUID, host: str, started_at: datetime, numbers: str) -> None:
        """What a node says of itself."""
        await self._pool.fetch("SELECT consentfeed.report_node($1, $2, $3, $4)", node, host, started_at, numbers)

    async def forget_node(self, node: UUID) -> None:
        """A node goes."""
        await self._pool.fetch("SELECT consentfeed.forget_node($1)", node)

    async def list_nodes(self) -> list[Record]:
        """The nodes that have reported lately."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_nodes()")

    # What the doctor looks at

    async def server(self) -> tuple[int, bool, datetime]:
        """The version as a number (150018 is 15.18), whether it is a standby, and its time."""
        rows = await self._pool.fetch(
            "SELECT current_setting('server_version_num')::integer, pg_is_in_recovery(), clock_timestamp()"
        )
        return rows[0][0], rows[0][1], rows[0][2]

    async def server_state(self) -> str:
        """Settings and numbers of the server, as JSON."""
        state: str = (await self._pool.fetch("SELECT consentfeed.server_state()"))[0][0]
        return state

    async def differing_rights(self, functions: Sequence[str], tables: Sequence[str]) -> list[tuple[str, bool]]:
        """Where this role's rights are other than these, and whether that is grave."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.differing_rights($1, $2)", functions, tables)
        return [(row[0], row[1]) for row in rows]

    async def held_locks(self) -> dict[str, str]:
        """Transactions that hold consents or the log: process and role by the transaction's id."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.held_locks()")
        return {row["transaction"]: f"process {row['pid']} of role {row['role']}" for row in rows}

    async def notify(self, channel: str) -> None:
        """Rings on a channel."""
        await self._pool.fetch("SELECT pg_notify($1, '')", channel)
