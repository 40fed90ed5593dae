"""Passwords: one's own is changed, an admin sets another's, or makes a link by which it is chosen, once."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.password_check import PasswordCheck
from consentfeed.api.password_rules import NewPassword, require_fit
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Text, path_id, read_body
from consentfeed.http.limits import Limits
from consentfeed.http.pages import PASSWORD_PAGE
from consentfeed.identity.passwords import MAX_LENGTH, hash_password
from consentfeed.identity.session_token import new_session_token, token_hash
from consentfeed.identity.signin import Ways
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import Account, AccountQueries
from consentfeed.writes.trail import Action, Trail, customers_among

_LINK_LIFETIME: Final = timedelta(hours=24)
_DETAILS: Final = {
    "not-found": "No account has this id.",
    "account-disabled": "The account is disabled: enable it first.",
}
Password = Annotated[Text, Meta(max_length=MAX_LENGTH)]


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    """The password that one signs in with now, and the one to be."""

    old: Password
    new: NewPassword


class ChosenPassword(msgspec.Struct, forbid_unknown_fields=True):
    """The password of an account to be."""

    password: NewPassword


class LinkUse(msgspec.Struct, forbid_unknown_fields=True):
    """What stands in a link behind the #, and the password to be."""

    token: Annotated[Text, Meta(min_length=1, max_length=200)]
    password: NewPassword


class PasswordLink(Struct):
    """A link by which a password can be chosen, once: the page, and the token that stands behind its #."""

    url: str
    token: str
    expires_at: datetime


class PasswordApi:
    """Changing and setting passwords. public_url: where browsers find us, if that is configured."""

    def __init__(
        self,
        accounts: AccountQueries,
        check: PasswordCheck,
        limits: Limits,
        ways: Ways,
        trail: Trail,
        public_url: str | None,
    ) -> None:
        self._accounts = accounts
        self._check = check
        self._limits = limits
        self._ways = ways
        self._trail = trail
        self._public_url = public_url

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        user = "/api/v1/users/{id}"
        of_admins = ("passwords-off", "outside-password", "own-password")
        return [
            Endpoint(
                "POST", "/api/v1/auth/password", self.change, "Change one's own password", body=PasswordChange,
                answers={204: "Changed; own other sessions have ended"},
                problems=("passwords-off", "wrong-old-password", "outside-password", "no-password"),
            ),
            Endpoint(
                "POST", "/api/v1/auth/password-link", self.use_link, "Choose a password by a link", body=LinkUse,
                answers={204: "Chosen; all sessions of the account have ended"},
                problems=("passwords-off", "link-gone"),
            ),
            Endpoint(
                "POST", user + "/password", self.set, "Set an account's password", body=ChosenPassword,
                answers={204: "Set; all sessions of the account have ended"}, problems=of_admins,
            ),
            Endpoint(
                "POST", user + "/password-link", self.make_link, "Make a link to choose a password, for once",
                gives=PasswordLink, problems=(*of_admins, "account-disabled"),
            ),
        ]  # fmt: skip

    async def change(self, request: Request, principal: Principal) -> Response:
        """Changes one's own password; the session that asks stays."""
        self._require_passwords()
        body = await read_body(request, PasswordChange)
        require_fit(body.new, "new")
        account = await self._own_account(principal)
        checked = await self._check(request, account.email, lambda: self._accounts.find_account(principal.id), body.old)
        if checked is None or checked.password_hash is None:
            raise Problem("wrong-old-password")
        new_hash = await asyncio.to_thread(hash_password, body.new)
        await self._trail.note(principal, "change-password", ())
        # Not where it is another by now: of two who change it at once, one has not seen what the other chose.
        if not await self._accounts.change_password(checked.id, checked.password_hash, new_hash, principal.session):
            raise Problem("wrong-old-password", "It has just been changed. Enter the password that holds now.")
        return Response(status_code=204)

    async def use_link(self, request: Request, _nobody: None) -> Response:
        """Sets the password that somebody with a link has chosen."""
        self._require_passwords()
        body = await read_body(request, LinkUse)
        require_fit(body.password, "password")
        self._limits.sign_in(request)
        digest = token_hash(body.token)
        # Looked for first: a password is not hashed, which is dear, for a token that is none.
        if await self._accounts.has_password_link(digest):
            password_hash = await asyncio.to_thread(hash_password, body.password)
            if await self._accounts.use_password_link(digest, password_hash):
                return Response(status_code=204)
        self._limits.sign_in_failed(request)
        raise Problem("link-gone")

    async def set(self, request: Request, principal: Principal) -> Response:
        """Sets another account's password."""
        user = self._other_account(request, principal)
        body = await read_body(request, ChosenPassword)
        require_fit(body.password, "password")
        password_hash = await asyncio.to_thread(hash_password, body.password)
        await self._note(principal, "set-password", user)
        _raise(await self._accounts.set_password(user, password_hash))
        return Response(status_code=204)

    async def make_link(self, request: Request, principal: Principal) -> Response:
        """Makes a link; the one before can be used no more."""
        user = self._other_account(request, principal)
        token, digest = new_session_token()
        await self._note(principal, "make-password-link", user)
        problem, expires_at = await self._accounts.make_password_link(user, digest, _LINK_LIFETIME)
        _raise(problem)
        base = self._public_url or str(request.base_url).rstrip("/")
        # Behind the #, which no browser sends: a path or a query would stand in the logs of proxies.
        return json_answer({"url": f"{base}{PASSWORD_PAGE}#{token}", "token": token, "expires_at": expires_at})

    def _require_passwords(self) -> None:
        if not self._ways.password:
            raise Problem("passwords-off")

    async def _own_account(self, principal: Principal) -> Account:
        """The account of whoever asks, if it has a password here; raises Problem."""
        account = await self._accounts.find_account(principal.id)
        if account and account.issuer:
            raise Problem("outside-password", f"It is kept by {account.issuer}: change it there.")
        if account is None or account.password_hash is None:
            raise Problem("no-password")
        return account

    def _other_account(self, request: Request, principal: Principal) -> str:
        """The account that the path names; raises Problem where it is one's own, for that takes the old password."""
        self._require_passwords()
        user = path_id(request, _DETAILS["not-found"])
        if user == principal.id:
            raise Problem("own-password")
        return user

    async def _note(self, principal: Principal, action: Action, user: str) -> None:
        """Before it is done: nobody gets into another's account without a line. Raises Problem where there is none."""
        account = await self._accounts.one_user(user)
        _raise(None if account else "not-found")
        await self._trail.note(principal, action, customers_among([account]), {"account": user})


def _raise(problem: str | None) -> None:
    if problem:
        raise Problem(problem, _DETAILS.get(problem, ""))
