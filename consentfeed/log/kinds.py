"""The kinds of events that the log holds: the one list that the feed, its route and the descriptions read."""

from typing import Final, NamedTuple


class Kind(NamedTuple):
    """A kind of event: its name on the wire, and the types that rows of it have in the log."""

    name: str
    types: frozenset[str]


CONSENT_UPDATED: Final = Kind("consent-updated", frozenset({"granted", "revoked", "expired"}))
CUSTOMER_UPDATED: Final = Kind("customer-updated", frozenset({"customer-updated"}))
PREFERENCES_UPDATED: Final = Kind("preferences-updated", frozenset({"preferences-updated"}))
RIGHTS_REQUEST_UPDATED: Final = Kind("rights-request-updated", frozenset({"rights-request-updated"}))
CUSTOMER_ERASED: Final = Kind("customer-erased", frozenset({"customer-erased"}))
NOTICE_PUBLISHED: Final = Kind("notice-published", frozenset({"notice-published"}))
KINDS: Final = (
    CONSENT_UPDATED, CUSTOMER_UPDATED, PREFERENCES_UPDATED, RIGHTS_REQUEST_UPDATED, CUSTOMER_ERASED, NOTICE_PUBLISHED,
)  # fmt: skip

_NAMES: Final = {row_type: kind.name for kind in KINDS for row_type in kind.types}


def name_of(type: str) -> str:
    """The name of the kind of a row's type; of a type that a later version wrote, the type itself."""
    return _NAMES.get(type, type)
