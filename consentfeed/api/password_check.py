"""Checking a password that somebody sends: one at a time for each address, and no more failures than there may be."""

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from starlette.requests import Request

from consentfeed import metrics
from consentfeed.http.limits import Limits, address_of
from consentfeed.identity.passwords import check_password
from consentfeed.postgres.accounts import Account


class PasswordCheck:
    """Checks passwords, wherever one is sent: a guess counts the same on every route."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(
        self, request: Request, email: str, find: Callable[[], Awaitable[Account | None]], password: str
    ) -> Account | None:
        """The account that is found, if it is its password; else None. Raises Problem after too many failures."""
        # One attempt at a time for each address: else as many passwords as somebody sends at once would be checked
        # before the first failure counts. Another address has another lock, and waits for nobody.
        lock = self._locks.setdefault(address_of(request), asyncio.Lock())
        async with lock:
            self._limits.sign_in(request, email)
            account = await find()
            if await check_password(account, password):
                return account
            self._limits.sign_in_failed(request, email)
            metrics.sign_ins.labels("password", "wrong-password").inc()
            return None
