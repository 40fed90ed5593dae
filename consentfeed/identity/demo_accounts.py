"""The accounts of the demo that still have its password: the sign-in page of `consentfeed dev` names them."""

from collections.abc import Awaitable, Callable, Mapping

from consentfeed.postgres.accounts import Account


class DemoAccounts:
    """Hashes of the demo's password by e-mail address, as `dev` found them at its start; none anywhere else."""

    def __init__(self, hashes: Mapping[str, str], find_user: Callable[[str], Awaitable[Account | None]]) -> None:
        self._hashes = hashes
        self._find_user = find_user

    async def open(self) -> list[str]:
        """The addresses of those whose password is still the same, and that may sign in."""
        accounts = [await self._find_user(email) for email in self._hashes]
        return [
            account.email
            for account in accounts
            if account and not account.is_disabled and account.password_hash == self._hashes.get(account.email)
        ]
