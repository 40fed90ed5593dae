"""What an identity provider claims of somebody, and who that is here."""

import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from consentfeed.errors import Problem, TokenRefused
from consentfeed.permissions import SCOPES
from consentfeed.setting_groups import ProviderSettings
from consentfeed.settings import variable

# Who has several roles gets the first of these: the one that may do most.
_ORDER: Final = ("admin", "csr", "service", "customer")
_EVERYBODY: Final = "*"
_MAX_LENGTH: Final = 320
# Where a token may hold an address or a name to show, in the order they are tried; a machine's token has no address.
_NAME_CLAIMS: Final = ("email", "preferred_username", "client_id", "azp", "sub")


class Person(NamedTuple):
    """Who the provider's subject is here. A customer's id is the one that the claims name: whether such a customer is
    registered has still to be looked up."""

    id: uuid.UUID
    email: str
    role: str
    scopes: frozenset[str] | None
    name: str | None = None

    @property
    def customer(self) -> uuid.UUID | None:
        """The id of the customer, None for other roles."""
        return self.id if self.role == "customer" else None

    @property
    def staff_name(self) -> str | None:
        """What staff are called; a customer's name is the one that the customer is registered with."""
        return None if self.customer else self.name


class ClaimsReader:
    """Makes a person of claims, by the settings' names of roles and claims."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._role_claim = settings.role_claim
        self._customer_claim = settings.customer_claim
        pairs = [pair.partition("=") for pair in settings.roles.split()]
        self._provider_names = {role: {theirs for ours, _, theirs in pairs if ours == role} for role in _ORDER}

    def person(self, claims: Mapping[str, Any]) -> Person:
        """Who the verified claims are about; raises TokenRefused, and Problem no-role and no-customer."""
        subject = _text(claims.get("sub"))
        if subject is None:
            raise TokenRefused(f"Its sub is not printable text of 1 to {_MAX_LENGTH} characters.")
        role = self._role(claims)
        person_id = self._customer(claims) if role == "customer" else subject_id(str(claims["iss"]), subject)
        email = next(text for name in _NAME_CLAIMS if (text := _text(claims.get(name))))
        token_scopes = scopes(claims)
        # People sign in for all that they may; a machine is given what it needs, and nothing by omission.
        return Person(
            person_id,
            email,
            role,
            token_scopes if token_scopes or role == "service" else None,
            _text(claims.get("name")),
        )

    def _role(self, claims: Mapping[str, Any]) -> str:
        value = claim_at(claims, self._role_claim)
        names = {name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)}
        for role in _ORDER:
            if names & self._provider_names[role]:
                return role
        if _EVERYBODY in self._provider_names["customer"]:
            return "customer"
        raise Problem("no-role", f"None that {variable('roles')} knows is in its claim {self._role_claim}.")

    def _customer(self, claims: Mapping[str, Any]) -> uuid.UUID:
        try:
            return uuid.UUID(_text(claim_at(claims, self._customer_claim)))
        except (TypeError, ValueError):
            raise Problem("no-customer", f"Its claim {self._customer_claim} holds no customer's id.") from None


def subject_id(issuer: str, subject: str) -> uuid.UUID:
    """The id here of the provider's member of staff or service: always the same for the same subject."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer}#{subject}")


def scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Which of our scopes a token names, in scope or scp."""
    names: list[object] = []
    for value in (claims.get("scope"), claims.get("scp")):
        names += value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(scope for scope in SCOPES if scope in names)


def claim_at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of this very name, which may have dots as URLs have them; else what the path leads to, or None."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str | None:
    """The value if it is text that can be shown and kept, else None."""
    return value if isinstance(value, str) and 0 < len(value) <= _MAX_LENGTH and value.isprintable() else None
