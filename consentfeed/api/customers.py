"""Customers: who they are, finding them, and registering them."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.emails import EmailText, email, unwrapped
from consentfeed.api.languages import language
from consentfeed.api.names import NameText, name
from consentfeed.api.phones import NO_NUMBER, MsisdnText, Phones
from consentfeed.api.references import ReferenceText, reference
from consentfeed.api.shapes import SEARCH, Customer
from consentfeed.errors import Problem, StatementFailed
from consentfeed.http.answer import Json, json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, Language, Limit, checked_id, path_id, read_body, read_query
from consentfeed.http.paging import read_cursor, write_cursor
from consentfeed.permissions import Principal
from consentfeed.postgres.customers import CustomerQueries
from consentfeed.writes.trail import Trail

_PATH: Final = "/api/v1/customers"
_REFERENCE_TAKEN: Final = "23505"


class KnownCustomer(Customer):
    """A customer as registered; shared says which of email and msisdn another customer has, too."""

    shared: list[Literal["email", "msisdn"]]


class ConsentCounts(Struct):
    """How many consents a customer has, how many of them stand granted, and when the last decision was."""

    granted: int
    total: int
    decided_at: datetime | None


class ListedCustomer(KnownCustomer):
    """A customer with a summary of the consents."""

    consents: ConsentCounts


class CustomerPage(Struct):
    """Customers, the cursor of the next page if there is one, and about how many there are on all pages."""

    customers: list[ListedCustomer]
    next: str | None
    about: int


class CustomerSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Which customers, by name."""

    q: Annotated[
        Filled,
        Meta(max_length=320, description=SEARCH),
    ] = ""
    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""


class Registration(msgspec.Struct, forbid_unknown_fields=True):
    """A customer as the customer app knows it; what is left out is emptied, but for the language."""

    name: NameText
    email: EmailText | None = None
    msisdn: MsisdnText | None = None
    language: Annotated[Language, Meta(description="In which notices are shown when none is asked for")] | None = None
    reference: Annotated[
        ReferenceText | UnsetType | None, Meta(description="Left out it stays; null takes it away")
    ] = UNSET


class ReferencedCustomer(Struct):
    """A customer who was registered by reference."""

    customer: KnownCustomer


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
            # Before the next, whose path it fits too.
            Endpoint(
                "PUT", _PATH + "/by-reference/{reference}", self.register_by_reference,
                "Register or update a customer by the operator's reference",
                body=Registration, answers=answers, gives=ReferencedCustomer, problems=("erased", "reference-taken"),
            ),
            Endpoint("GET", _PATH + "/{id}", self.one, "One customer", gives=KnownCustomer),
            Endpoint(
                "PUT", _PATH + "/{id}", self.register, "Register or update a customer",
                body=Registration, answers=answers, gives=KnownCustomer, problems=("erased", "reference-taken"),
            ),
        ]  # fmt: skip

    async def all(self, request: Request, principal: Principal) -> Response:
        """A page of customers."""
        search = read_query(request, CustomerSearch)
        after = read_cursor(search.cursor, "name")
        filters = (unwrapped(search.q) or None, *self._phones.to_search(search.q))
        rows = await self._customers.list_customers(*filters, *after, search.limit + 1)
        page = rows[: search.limit]
        cursor = write_cursor("name", page[-1]["sort_key"], page[-1]["id"]) if len(rows) > search.limit else None
        ids = [row["id"] for row in page]
        await self._trail.note(principal, "list-customers", ids, {"search": bool(search.q)})
        customers = [msgspec.Raw(row["customer"].encode()) for row in page]
        whole = cursor is None and not search.cursor
        about = len(page) if whole else await self._customers.about_customers(*filters)
        return json_answer({"customers": customers, "next": cursor, "about": about})

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
        known = (*self._known(body), principal.role, principal.id, "rest")
        given = None if body.reference in (UNSET, None) else reference(str(body.reference))
        # Before it is written: a new customer has no event yet.
        await self._trail.note(principal, "register-customer", [customer_id])
        try:
            is_new = await self._customers.register_customer(customer_id, *known, given, body.reference is None)
        except StatementFailed as error:
            raise _taken(error) from None
        if is_new is None:
            raise Problem("erased")
        return Json(await self._customers.one_customer(customer_id) or "null", 201 if is_new else 200)

    async def register_by_reference(self, request: Request, principal: Principal) -> Response:
        """The same for who knows the operator's reference alone; the id is made here."""
        wanted = reference(request.path_params["reference"])
        body = await read_body(request, Registration)
        if body.reference not in (UNSET, wanted):
            raise Problem("invalid", "The reference is that of the path, or left out - at `$.reference`")
        known = (*self._known(body), principal.role, principal.id, "rest")
        try:
            customer_id, is_new = await self._customers.register_by_reference(wanted, *known)
        except StatementFailed as error:
            if error.sqlstate != _REFERENCE_TAKEN:
                raise
            customer_id, is_new = await self._customers.register_by_reference(wanted, *known)  # somebody was faster
        await self._trail.note(principal, "register-customer", [customer_id])
        customer = await self._customers.one_customer(str(customer_id)) or "null"
        return Json(f'{{"customer":{customer}}}', 201 if is_new else 200)

    def _known(self, body: Registration) -> tuple[str | None, ...]:
        """Name, address, number and language as they are kept; raises Problem."""
        return (
            name(body.name),
            None if body.email is None else email(body.email),
            None if body.msisdn is None else self._msisdn(body.msisdn),
            None if body.language is None else language(body.language),
        )

    def _msisdn(self, text: str) -> str:
        number = self._phones.to_register(text)
        if number is None:
            raise Problem("invalid", NO_NUMBER)
        return number


def _taken(error: StatementFailed) -> Exception:
    return Problem("reference-taken") if error.sqlstate == _REFERENCE_TAKEN else error
