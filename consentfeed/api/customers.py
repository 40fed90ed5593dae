"""Customers: who they are, finding them, and registering them."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.phones import Phones
from consentfeed.api.shapes import Customer
from consentfeed.errors import Problem
from consentfeed.http.answer import Json, json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Email, Filled, Language, Limit, Line, checked_id, path_id, read_body, read_query
from consentfeed.http.paging import read_cursor, write_cursor
from consentfeed.permissions import Principal
from consentfeed.postgres.customers import CustomerQueries
from consentfeed.writes.trail import Trail

_PATH: Final = "/api/v1/customers"


class CustomerPage(Struct):
    """Customers, and the cursor of the next page if there is one."""

    customers: list[Customer]
    next: str | None


class CustomerSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Which customers, by name."""

    q: Annotated[
        Filled,
        Meta(max_length=320, description="Prefix of a word of the name or of the e-mail; number; exact id"),
    ] = ""
    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""


class Registration(msgspec.Struct, forbid_unknown_fields=True):
    """A customer as the customer app knows it; what is left out is emptied, but for the language."""

    name: Annotated[Line, Meta(min_length=1, max_length=200)]
    email: Email | None = None
    msisdn: Annotated[str, Meta(max_length=50, description="In any usual form; kept as +94771234567")] | None = None
    language: Annotated[Language, Meta(description="In which notices are shown when none is asked for")] | None = None


class CustomerApi:
    """Reading and registering customers."""

    def __init__(self, customers: CustomerQueries, phones: Phones, trail: Trail) -> None:
        self._customers = customers
        self._trail = trail
        self._phones = phones

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        answers = {200: "Updated", 201: "Registered, with pending consents for all offered purposes"}
        return [
            Endpoint(
                "GET", _PATH, self.all, "Customers by name, page by page",
                query=CustomerSearch, gives=CustomerPage,
            ),
            Endpoint("GET", _PATH + "/{id}", self.one, "One customer", gives=Customer),
            Endpoint(
                "PUT", _PATH + "/{id}", self.register, "Register or update a customer",
                body=Registration, answers=answers, gives=Customer,
            ),
        ]  # fmt: skip

    async def all(self, request: Request, principal: Principal) -> Response:
        """A page of customers."""
        search = read_query(request, CustomerSearch)
        after = read_cursor(search.cursor, "name")
        rows = await self._customers.list_customers(
            search.q.strip() or None, self._phones.prefix(search.q), *after, search.limit + 1
        )
        page = rows[: search.limit]
        cursor = write_cursor("name", page[-1]["name"], page[-1]["id"]) if len(rows) > search.limit else None
        ids = [row["id"] for row in page]
        await self._trail.note(principal, "list-customers", ids, {"search": bool(search.q.strip())})
        return json_answer({"customers": [msgspec.Raw(row["customer"].encode()) for row in page], "next": cursor})

    async def one(self, request: Request, principal: Principal) -> Response:
        """One customer."""
        customer_id = path_id(request, "No customer has this id.")
        customer = await self._customers.one_customer(customer_id)
        if customer is None:
            raise Problem("not-found", "No customer has this id.")
        await self._trail.note(principal, "read-customer", [customer_id])
        return Json(customer)

    async def register(self, request: Request, principal: Principal) -> Response:
        """Registers or updates a customer, with pending consents for all offered purposes."""
        customer_id = checked_id(request.path_params["id"])
        if customer_id is None:
            raise Problem("invalid", "A customer's id is a UUID, such as uuidgen prints.")
        body = await read_body(request, Registration)
        if not body.name.strip():
            raise Problem("invalid", "The name must not be blank - at `$.name`")
        msisdn = None if body.msisdn is None else self._msisdn(body.msisdn)
        # Before it is written: a new customer has no event yet.
        await self._trail.note(principal, "register-customer", [customer_id])
        is_new = await self._customers.register_customer(
            customer_id, body.name, body.email, msisdn, body.language, principal.role, principal.id, "rest"
        )
        return Json(await self._customers.one_customer(customer_id) or "null", status_code=201 if is_new else 200)

    def _msisdn(self, text: str) -> str:
        number = self._phones.e164(text)
        if number is None:
            raise Problem("invalid", "Not a phone number, such as +94771234567 or 077 123 4567 - at `$.msisdn`")
        return number
