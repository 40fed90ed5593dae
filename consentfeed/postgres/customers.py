"""Customers: registered, found, and read."""

from collections.abc import Sequence
from uuid import UUID

from consentfeed.postgres.pool import Pool, Record
from consentfeed.postgres.reads import Reads


class CustomerQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool, reads: Reads) -> None:
        self._pool = pool
        self._reads = reads

    async def register_customer(self, *args: object) -> bool | None:
        """Arguments as of the SQL function; whether the customer is new, None where the customer was erased."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.register_customer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", *args
        )
        self._reads.wrote()
        new: bool | None = rows[0][0]
        return new

    async def register_by_reference(self, *args: object) -> tuple[UUID, bool]:
        """Arguments as of the SQL function; the customer's id, and whether the customer is new."""
        rows = await self._pool.fetch(
            "SELECT id, created FROM consentfeed.register_by_reference($1, $2, $3, $4, $5, $6, $7, $8)", *args
        )
        self._reads.wrote()
        return rows[0]["id"], rows[0]["created"]

    async def contacts(self, customer: str) -> Record | None:
        """What an erasure leaves hashes of: (version, email, msisdn, reference), the address folded."""
        rows = await self._pool.fetch(
            "SELECT version, email_key, msisdn, reference FROM consentfeed.customers WHERE id = $1", customer
        )
        return rows[0] if rows else None

    async def erase_customer(self, *args: object) -> Record:
        """Arguments as of the SQL function; (problem, erased_at, seq, hash). Raises as Pool.commit() does."""
        rows = await self._pool.commit(
            "SELECT * FROM consentfeed.erase_customer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", *args
        )
        self._reads.wrote()
        return rows[0]

    async def contact_preferences(self, customer: str) -> str | None:
        """As the API writes them (JSON); None: there is no such customer."""
        query = "SELECT consentfeed.preferences_json(known) FROM consentfeed.customers AS known WHERE id = $1"
        rows = await self._pool.fetch(query, customer)
        return rows[0][0] if rows else None

    async def save_contact_preferences(self, *args: object) -> Record:
        """Arguments as of the SQL function; (problem, preferences, seq, hash). Raises as Pool.commit() does."""
        query = (
            "SELECT * FROM consentfeed.save_contact_preferences("
            "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        )
        rows = await self._pool.commit(query, *args)
        self._reads.wrote()
        return rows[0]

    async def list_erased(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; rows of (id, erased_at)."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_erased($1, $2, $3)", *args)

    async def list_customers(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; rows of (customer, sort_key, id)."""
        return await self._reads.fetch("SELECT * FROM consentfeed.list_customers($1, $2, $3, $4, $5, $6)", *args)

    async def about_customers(self, *filters: object) -> int:
        """About how many list_customers() would list; arguments as of the SQL function."""
        return int((await self._reads.fetch("SELECT consentfeed.about_customers($1, $2, $3)", *filters))[0][0])

    async def has_customer(self, customer: str) -> bool:
        """Whether there is one with this id."""
        return bool(await self._pool.fetch("SELECT FROM consentfeed.customers WHERE id = $1", customer))

    async def one_customer(self, customer: str) -> str | None:
        """A customer as JSON."""
        rows = await self._pool.fetch(
            "SELECT consentfeed.known_customer_json(c) FROM consentfeed.customers AS c WHERE c.id = $1", customer
        )
        return rows[0][0] if rows else None

    async def customer_by_email(self, email: str) -> UUID | None:
        """The only customer with this address; None where there is none or more than one."""
        rows = await self._pool.fetch(
            "SELECT id FROM consentfeed.customers WHERE email_key = consentfeed.folded_address($1) LIMIT 2",
            email,
        )
        return rows[0][0] if len(rows) == 1 else None

    async def customer_names(self, ids: Sequence[UUID]) -> dict[UUID, str | None]:
        """What these customers are called; an id that is nobody's is left out."""
        rows = await self._pool.fetch("SELECT * FROM consentfeed.customer_names($1)", ids)
        return {row["id"]: row["name"] for row in rows}
