"""What an identity provider claims of somebody, and who that is here."""

import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from consentfeed.errors import Problem, TokenRefused
from consentfeed.permissions import SCOPES
from consentfeed.settings import Settings, variable

# Who has several of them gets the first: one who was given more may do more.
_ORDER: Final = ("admin", "csr", "service", "customer")
_EVERYBODY: Final = "*"
_LONGEST: Final = 320
# Where a token may say, in the order asked, what to call whom it is about; that of a machine has no address.
_NAMES: Final = ("email", "preferred_username", "client_id", "azp", "sub")


class Person(NamedTuple):
    """Who somebody from outside is here. For a customer id is the customer's, whose registration is still to be
    looked up."""

    id: uuid.UUID
    email: str
    role: str
    scopes: frozenset[str] | None

    @property
    def customer(self) -> uuid.UUID | None:
        """The customer who it is."""
        return self.id if self.role == "customer" else None


class Reader:
    """Reads claims by the settings."""

    def __init__(self, settings: Settings) -> None:
        self._role_claim = settings.role_claim
        self._customer_claim = settings.customer_claim
        pairs = [pair.partition("=") for pair in settings.roles.split()]
        self._named = {role: {name for ours, _, name in pairs if ours == role} for role in _ORDER}

    def person(self, claims: Mapping[str, Any]) -> Person:
        """Who the verified claims are about; raises TokenRefused, and Problem no-role and no-customer."""
        subject = _text(claims.get("sub"))
        if subject is None:
            raise TokenRefused("Its sub is not right.")
        role = self._role(claims)
        who = self._customer(claims) if role == "customer" else subject_id(str(claims["iss"]), subject)
        email = next(text for name in _NAMES if (text := _text(claims.get(name))))
        named = scopes(claims)
        # People sign in for all that they may; a machine is given what it needs, and nothing by omission.
        return Person(who, email, role, named if named or role == "service" else None)

    def _role(self, claims: Mapping[str, Any]) -> str:
        told = find(claims, self._role_claim)
        names = {name for name in (told if isinstance(told, list) else [told]) if isinstance(name, str)}
        for role in _ORDER:
            if names & self._named[role]:
                return role
        if _EVERYBODY in self._named["customer"]:
            return "customer"
        raise Problem("no-role", f"None that {variable('roles')} knows is in its claim {self._role_claim}.")

    def _customer(self, claims: Mapping[str, Any]) -> uuid.UUID:
        try:
            return uuid.UUID(_text(find(claims, self._customer_claim)))
        except (TypeError, ValueError):
            raise Problem("no-customer", f"Its claim {self._customer_claim} holds no customer's id.") from None


def subject_id(issuer: str, subject: str) -> uuid.UUID:
    """Our id of a member of staff or a service from outside: the same for the same, whatever else changes."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer}#{subject}")


def scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Which of our scopes a token names, in scope or scp."""
    names: list[object] = []
    for told in (claims.get("scope"), claims.get("scp")):
        names += told.split() if isinstance(told, str) else told if isinstance(told, list) else []
    return frozenset(scope for scope in SCOPES if scope in names)


def find(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of this name, dots and all, as URLs have them; else the one that the path leads to."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _text(value: object) -> str | None:
    """Text that can be shown and kept; None: this is none."""
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable() else None
