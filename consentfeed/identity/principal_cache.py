"""The principals that were looked up in the last two seconds, in this process's memory."""

import time
from typing import Final

from consentfeed.permissions import Principal

# So long may somebody go on after the session has ended or the account was disabled: keep it short.
_LIFETIME_SECONDS: Final = 2.0
_MAX_ENTRIES: Final = 10_000


class PrincipalCache:
    """Principals by what was sent: the hash of a session's token, or the text of a bearer token."""

    def __init__(self) -> None:
        self._entries: dict[str | bytes, tuple[float, Principal]] = {}

    def get(self, key: str | bytes) -> Principal | None:
        """The principal, or None where none was put there in the last two seconds."""
        until, principal = self._entries.get(key, (0.0, None))
        return principal if until > time.monotonic() else None

    def put(self, key: str | bytes, principal: Principal) -> None:
        """Keeps the principal for two seconds; a full cache is emptied first."""
        if len(self._entries) > _MAX_ENTRIES:
            self._entries.clear()
        self._entries[key] = (time.monotonic() + _LIFETIME_SECONDS, principal)

    def forget(self, customer: str) -> None:
        """Forgets a customer who was erased, by whatever was sent."""
        for key, (_, principal) in list(self._entries.items()):
            if principal.only_customer == customer:
                del self._entries[key]

    def drop(self, key: str | bytes) -> None:
        """Forgets a principal before its time."""
        self._entries.pop(key, None)
