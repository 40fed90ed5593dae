"""One's own account: whose it is."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.names import optional_name
from consentfeed.api.shapes import User
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Line, read_body
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import AccountQueries
from consentfeed.postgres.customers import CustomerQueries

NAME_PROBLEMS: Final = ("customer-account", "outside-account")
# Where the details of errors.PROBLEMS are about roles.
NAME_DETAILS: Final = {
    "not-found": "No account has this id.",
    "customer-account": "It has the customer's name: change it there.",
    "outside-account": "The identity provider gives it its name: change it there.",
}
Name = Annotated[Line, Meta(min_length=1, max_length=200, description="Whose account it is; null: nobody says")]


class OwnAccount(User):
    """Whose account it is, and its number, which customers have alone; null where nobody has said it. has_own_name:
    whether the name is kept here and can be changed."""

    name: str | None
    msisdn: str | None
    has_own_name: bool


class NewName(msgspec.Struct, forbid_unknown_fields=True):
    """Another name for an account."""

    name: Name | None


class OwnAccountApi:
    """Reading one's own account, and saying whose it is."""

    def __init__(self, accounts: AccountQueries, customers: CustomerQueries) -> None:
        self._accounts = accounts
        self._customers = customers

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint("GET", "/api/v1/auth/account", self.read, "One's own account", gives=OwnAccount),
            Endpoint(
                "PUT", "/api/v1/auth/name", self.rename, "Say whose one's own account is", body=NewName,
                gives=OwnAccount, problems=("not-found", *NAME_PROBLEMS),
            ),
        ]  # fmt: skip

    async def read(self, _request: Request, principal: Principal) -> Response:
        """Whose the account of the session or token is; a token of no account has no name."""
        user = {"id": principal.id, "email": principal.email, "role": principal.role}
        if principal.role == "customer":
            customer = _parsed(await self._customers.one_customer(principal.id))
            return json_answer(user | {key: customer.get(key) for key in ("name", "msisdn")} | {"has_own_name": False})
        account = _parsed(await self._accounts.one_user(principal.id))
        own = bool(account) and account["issuer"] is None
        return json_answer(user | {"name": account.get("name"), "msisdn": None, "has_own_name": own})

    async def rename(self, request: Request, principal: Principal) -> Response:
        """Another name, or none."""
        body = await read_body(request, NewName)
        raise_for(await self._accounts.rename_user(principal.id, optional_name(body.name)))
        return await self.read(request, principal)


def raise_for(problem: str | None) -> None:
    """Raises what rename_user() says as a Problem."""
    if problem:
        raise Problem(problem, NAME_DETAILS.get(problem, ""))


def _parsed(text: str | None) -> dict[str, Any]:
    return msgspec.json.decode(text or "{}", type=dict[str, Any])
