"""Customers: registered, found, and read."""

from uuid import UUID

from consentfeed.postgres.pool import Pool, Record


class CustomerQueries:
    """One method per SQL function; errors as of Pool.fetch()."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def register_customer(self, *args: object) -> bool:
        """Arguments as of the SQL function; whether the customer is new."""
        rows = await self._pool.fetch("SELECT consentfeed.register_customer($1, $2, $3, $4, $5, $6, $7, $8)", *args)
        return bool(rows[0][0])

    async def list_customers(self, *args: object) -> list[Record]:
        """Arguments as of the SQL function; rows of (customer, sort_key, id)."""
        return await self._pool.fetch("SELECT * FROM consentfeed.list_customers($1, $2, $3, $4, $5, $6)", *args)

    async def about_customers(self, *filters: object) -> int:
        """About how many list_customers() would list; arguments as of the SQL function."""
        return int((await self._pool.fetch("SELECT consentfeed.about_customers($1, $2, $3)", *filters))[0][0])

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
