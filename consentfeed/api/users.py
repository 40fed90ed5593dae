"""Accounts: who may sign in, and as what."""

import asyncio
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.emails import EmailText, email
from consentfeed.api.names import optional_name
from consentfeed.api.own_account import NAME_PROBLEMS, NewName, raise_for
from consentfeed.api.password_rules import NewPassword, require_fit
from consentfeed.api.shapes import User
from consentfeed.errors import Problem, StatementFailed
from consentfeed.http.answer import Json, json_answer
from consentfeed.http.conditions import IF_MATCH, expected_tags
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, Limit, Line, path_id, read_body, read_query
from consentfeed.http.paging import read_cursor, write_cursor
from consentfeed.identity.passwords import hash_password
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import AccountQueries
from consentfeed.writes.trail import Trail, customers_among

_PATH: Final = "/api/v1/users"
_UNKNOWN: Final = "No account has this id."
_LOCKOUTS: Final = ("own-account", "last-admin")


class Account(User):
    """An account; name is null where nobody has said it, issuer is the identity provider that signs it in,
    last_sign_in_at is null where it never has, disabled_at while it may sign in; tag is for If-Match."""

    name: str | None
    issuer: str | None
    created_at: datetime
    last_sign_in_at: datetime | None
    disabled_at: datetime | None
    tag: str


class AccountPage(Struct):
    """Accounts, and the cursor of the next page if there is one."""

    users: list[Account]
    next: str | None


class UserSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Which accounts, by e-mail address."""

    q: Annotated[Filled, Meta(max_length=320, description="Part of the e-mail address; exact id")] = ""
    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """An account to be; without a password it signs in with tokens alone."""

    email: EmailText
    role: Literal["customer", "csr", "admin", "service"]
    password: NewPassword | None = None
    name: Annotated[Line, Meta(min_length=1, max_length=200, description="Whose it is; a customer has one")] | None = (
        None
    )
    customer_id: Annotated[UUID, Meta(description="The registered customer; for role customer alone")] | None = None


class NewRole(msgspec.Struct, forbid_unknown_fields=True):
    """Another role for an account."""

    role: Literal["csr", "admin", "service"]


class UserApi:
    """Reading, adding and changing accounts."""

    def __init__(self, accounts: AccountQueries, trail: Trail) -> None:
        self._accounts = accounts
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        one = _PATH + "/{id}"
        return [
            Endpoint(
                "GET", _PATH, self.all, "Accounts by e-mail address, page by page",
                query=UserSearch, gives=AccountPage,
            ),
            Endpoint(
                "POST", _PATH, self.add, "Add an account",
                body=NewUser, answers={201: "Added"}, gives=Account, problems=("taken",),
            ),
            Endpoint(
                "POST", one + "/disable", self.disable, "Disable an account",
                gives=Account, headers=IF_MATCH, problems=_LOCKOUTS,
            ),
            Endpoint("POST", one + "/enable", self.enable, "Enable an account", gives=Account, headers=IF_MATCH),
            Endpoint(
                "POST", one + "/role", self.role, "Give an account another role", body=NewRole,
                gives=Account, headers=IF_MATCH, problems=(*_LOCKOUTS, "customer-account", "outside-account"),
            ),
            Endpoint(
                "POST", one + "/name", self.rename, "Say whose account it is", body=NewName,
                gives=Account, headers=IF_MATCH, problems=NAME_PROBLEMS,
            ),
        ]  # fmt: skip

    async def all(self, request: Request, principal: Principal) -> Response:
        """A page of accounts."""
        search = read_query(request, UserSearch)
        after = read_cursor(search.cursor, "email")
        rows = await self._accounts.list_users(search.q.strip() or None, *after, search.limit + 1)
        page = rows[: search.limit]
        cursor = write_cursor("email", page[-1]["email"], page[-1]["id"]) if len(rows) > search.limit else None
        customers = customers_among(row["account"] for row in page)
        await self._trail.note(principal, "list-accounts", customers, {"search": bool(search.q.strip())})
        return json_answer({"users": [msgspec.Raw(row["account"].encode()) for row in page], "next": cursor})

    async def add(self, request: Request, principal: Principal) -> Response:
        """Adds an account; a customer's has the id of the customer."""
        body = await read_body(request, NewUser)
        address = email(body.email)
        if (body.role == "customer") != (body.customer_id is not None):
            raise Problem("invalid", "customer_id goes with the role customer, and with no other - at `$.customer_id`")
        if body.password:
            require_fit(body.password, "password")
        name = optional_name(body.name)
        if name and body.customer_id:
            raise Problem("invalid", "The customer has a name already: leave it out - at `$.name`")
        # In a thread: it takes tens of milliseconds on purpose, and every stream would wait for it.
        password_hash = body.password and await asyncio.to_thread(hash_password, body.password)
        try:
            user = await self._accounts.add_user(address, body.role, password_hash, body.customer_id, name)
        except StatementFailed as error:
            raise _refusal(error) from None
        return await self._one(principal, user, 201)

    async def role(self, request: Request, principal: Principal) -> Response:
        """Another role; the account's sessions end."""
        return await self._change(request, principal, role=(await read_body(request, NewRole)).role)

    async def rename(self, request: Request, principal: Principal) -> Response:
        """Another name, or none; nothing else changes."""
        user, body = path_id(request, _UNKNOWN), await read_body(request, NewName)
        raise_for(await self._accounts.rename_user(user, optional_name(body.name), expected_tags(request)))
        return await self._one(principal, user)

    async def disable(self, request: Request, principal: Principal) -> Response:
        """Nobody signs in with it any more; its sessions end, and its tokens count for nothing."""
        return await self._change(request, principal, disabled=True)

    async def enable(self, request: Request, principal: Principal) -> Response:
        """It may sign in again."""
        return await self._change(request, principal, disabled=False)

    async def _change(
        self, request: Request, principal: Principal, *, role: str | None = None, disabled: bool | None = None
    ) -> Response:
        user = path_id(request, _UNKNOWN)
        expected = expected_tags(request)
        problem = await self._accounts.change_user(user, principal.id, expected, role=role, disabled=disabled)
        if problem:
            raise Problem(problem, _UNKNOWN if problem == "not-found" else "")
        return await self._one(principal, user)

    async def _one(self, principal: Principal, user: UUID | str, status: int = 200) -> Response:
        account = await self._accounts.one_user(user)
        await self._trail.note(principal, "read-account", customers_among([account]))
        return Json(account or "null", status)


def _refusal(error: StatementFailed) -> Exception:
    """What add_user() refuses, as a problem; else the error itself."""
    if error.sqlstate == "23505":  # unique_violation
        return Problem("taken")
    if error.sqlstate == "23503":  # foreign_key_violation
        return Problem("invalid", "No customer has this id - at `$.customer_id`")
    return error
