"""What keeps the database in order, and what `consentfeed doctor` looks at."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from consentfeed.errors import StatementFailed
from consentfeed.postgres.damages import Damage, of_rows
from consentfeed.postgres.pool import Pool, Record


class OperationQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep_house(self) -> None:
        """Forgets what is no longer needed, and keeps partitions ahead of the log."""
        await self._pool.fetch("SELECT consentfeed.forget_expired()")
        await self._pool.fetch("SELECT consentfeed.add_event_partitions()")

    async def migrations(self) -> list[str]:
        """Names of what has been applied; StatementFailed 42P01 or 3F000 where nothing has."""
        return [row[0] for row in await self._pool.fetch("SELECT name FROM consentfeed.migrations ORDER BY name")]

    async def not_callable(self, signatures: Sequence[str]) -> list[str]:
        """Which of these functions there are not, or may not be called."""
        rows = await self._pool.fetch(
            "SELECT signature FROM unnest($1::text[]) AS signature"
            " WHERE has_function_privilege(to_regprocedure(signature), 'EXECUTE') IS NOT TRUE",
            signatures,
        )
        return [row[0] for row in rows]

    async def report_node(self, node: UUID, host: str, started_at: datetime, numbers: str) -> None:
        """What a node says of itself."""
        await self._pool.fetch("SELECT consentfeed.report_node($1, $2, $3, $4)", node, host, started_at, numbers)

    async def forget_node(self, node: UUID) -> None:
        """A node goes."""
        await self._pool.fetch("SELECT consentfeed.forget_node($1)", node)

    async def list_nodes(self) -> list[Record]:
        """The nodes that have reported lately."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_nodes()")

    async def list_minutes(self) -> list[Record]:
        """What the nodes did in each minute of the last hour: (at, streams, decisions, lag_seconds)."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_minutes()")

    async def server(self) -> tuple[int, bool, datetime]:
        """The version as a number (150018 is 15.18), whether it is a standby, and its time."""
        rows = await self._pool.fetch(
            "SELECT current_setting('server_version_num')::integer, pg_is_in_recovery(), clock_timestamp()"
        )
        return rows[0][0], rows[0][1], rows[0][2]

    async def settings(self, names: Sequence[str]) -> dict[str, str | None]:
        """Settings as they are in a session; None: this version does not have it."""
        rows = await self._pool.fetch(
            "SELECT name, pg_catalog.current_setting(name, true) FROM pg_catalog.unnest($1::text[]) AS name", names
        )
        return dict(map(tuple, rows))

    async def server_state(self) -> str:
        """Settings and numbers of the server, as JSON."""
        state: str = (await self._pool.fetch("SELECT consentfeed.server_state()"))[0][0]
        return state

    async def differing_rights(self, functions: Sequence[str], tables: Sequence[str]) -> list[tuple[str, bool]]:
        """Where this role's rights are other than these, and whether that is grave."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.differing_rights($1, $2)", functions, tables)
        return [(row[0], row[1]) for row in rows]

    async def damages(self) -> list[Damage]:
        """Where the schema is other than sql/ made it."""
        return of_rows(await self._pool.fetch_first("SELECT * FROM consentfeed.differing_objects()"))

    async def owner(self) -> tuple[str, bool]:
        """To whom the schema belongs, and whether that is a superuser."""
        rows = await self._pool.fetch(
            "SELECT role.rolname::text, role.rolsuper FROM pg_namespace AS space"
            " JOIN pg_roles AS role ON role.oid = space.nspowner WHERE space.nspname = 'consentfeed'"
        )
        if not rows:
            raise StatementFailed("3F000")
        return rows[0][0], rows[0][1]

    async def sources(self, names: Sequence[str]) -> dict[str, str]:
        """The text of these functions of ours, as PostgreSQL has it."""
        rows = await self._pool.fetch(
            "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = to_regnamespace('consentfeed')"
            " AND proname = ANY ($1::text[])",
            names,
        )
        return {row[0]: row[1] for row in rows}

    async def held_locks(self) -> dict[str, str]:
        """Transactions that hold consents or the log: process and role by the transaction's id."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.held_locks()")
        return {row["transaction"]: f"process {row['pid']} of role {row['role']}" for row in rows}

    async def notify(self, channel: str) -> None:
        """Rings on a channel."""
        await self._pool.fetch("SELECT pg_notify($1, '')", channel)
