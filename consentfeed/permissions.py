"""Who may use which route: the one table that the edge, the docs and the tests read. A route without a line here
cannot be made, so nothing is open by omission."""

import uuid
from datetime import datetime
from typing import Final, NamedTuple

ROLES: Final = ("customer", "csr", "admin", "service")
READ_CONSENTS, WRITE_CONSENTS, READ_FEED = "consents:read", "consents:write", "feed:read"
SCOPES: Final = (READ_CONSENTS, WRITE_CONSENTS, READ_FEED)


class Access(NamedTuple):
    """The roles that may (none: anybody, signed in or not), and the scope that a token limited to scopes needs; "": no
    such token will do."""

    roles: tuple[str, ...]
    scope: str = ""


_OPEN: Final = Access(())
_ADMIN: Final = Access(("admin",))
_STAFF: Final = ("csr", "admin", "service")
_OWN: Final = ("customer", "service")
_ON_BEHALF: Final = ("csr", "admin")
_EVERY_PERSON: Final = ("customer", *_ON_BEHALF)
_PEOPLE: Final = Access(_EVERY_PERSON)

ACCESS: Final = {
    "POST /api/v1/auth/login": _OPEN,
    "GET /api/v1/auth/ways": _OPEN,
    "GET /api/v1/operator": _OPEN,
    "GET /api/v1/operator/logo": _OPEN,
    "GET /api/v1/auth/me": Access(ROLES, READ_CONSENTS),
    "POST /api/v1/auth/logout": _OPEN,
    "GET /api/v1/auth/account": Access(ROLES, READ_CONSENTS),
    "PUT /api/v1/auth/name": Access(ROLES),
    "POST /api/v1/auth/password": Access(ROLES),
    "POST /api/v1/auth/password-link": _OPEN,
    "GET /api/v1/auth/sso": _OPEN,
    "GET /api/v1/auth/sso/callback": _OPEN,
    "POST /api/v1/auth/sso/logout": _OPEN,
    "GET /api/v1/auth/sessions": _PEOPLE,
    "POST /api/v1/auth/sessions/{id}/end": _PEOPLE,
    "POST /api/v1/auth/sessions/end-others": _PEOPLE,
    "GET /api/v1/customer/consents": Access(("customer",), READ_CONSENTS),
    "GET /api/v1/consents": Access(_STAFF, READ_CONSENTS),
    "GET /api/v1/consents/{id}": Access(ROLES, READ_CONSENTS),
    "GET /api/v1/consents/{id}/evidence": Access(_EVERY_PERSON, READ_CONSENTS),
    "GET /api/v1/consents/{id}/history": Access(ROLES, READ_CONSENTS),
    "POST /api/v1/customer/consents/{id}/grant": Access(_OWN, WRITE_CONSENTS),
    "POST /api/v1/customer/consents/{id}/revoke": Access(_OWN, WRITE_CONSENTS),
    "POST /api/v1/consents/{id}/grant": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/consents/{id}/revoke": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/decisions": Access(_STAFF, WRITE_CONSENTS),
    "POST /api/v1/revocations": Access(("service",), WRITE_CONSENTS),
    "GET /api/v1/customers": Access(_STAFF, READ_CONSENTS),
    "GET /api/v1/customers/{id}": Access(_STAFF, READ_CONSENTS),
    "GET /api/v1/customers/{id}/history": Access(ROLES, READ_CONSENTS),
    "GET /api/v1/history": Access(_STAFF, READ_CONSENTS),
    "PUT /api/v1/customers/{id}": Access(("service", "admin"), WRITE_CONSENTS),
    "PUT /api/v1/customers/by-reference/{reference}": Access(("service", "admin"), WRITE_CONSENTS),
    "POST /api/v1/customers/{id}/erase": _ADMIN,
    "GET /api/v1/customer/contact-preferences": Access(("customer",), READ_CONSENTS),
    "PUT /api/v1/customer/contact-preferences": Access(("customer",), WRITE_CONSENTS),
    "GET /api/v1/customers/{id}/contact-preferences": Access(_STAFF, READ_CONSENTS),
    "PUT /api/v1/customers/{id}/contact-preferences": Access(_STAFF, WRITE_CONSENTS),
    "POST /api/v1/rights-requests": Access(_EVERY_PERSON, WRITE_CONSENTS),
    "GET /api/v1/rights-requests": Access(_EVERY_PERSON, READ_CONSENTS),
    "GET /api/v1/rights-requests/{id}": Access(_EVERY_PERSON, READ_CONSENTS),
    "GET /api/v1/rights-requests/{id}/history": Access(_EVERY_PERSON, READ_CONSENTS),
    "GET /api/v1/rights-requests/{id}/package": Access(_EVERY_PERSON, READ_CONSENTS),
    "POST /api/v1/rights-requests/{id}/acknowledge": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/rights-requests/{id}/assign": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/rights-requests/{id}/start": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/rights-requests/{id}/ask": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/rights-requests/{id}/answer": Access(("customer",), WRITE_CONSENTS),
    "POST /api/v1/rights-requests/{id}/resume": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/rights-requests/{id}/extend": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/rights-requests/{id}/fulfil": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/rights-requests/{id}/refuse": Access(_ON_BEHALF, WRITE_CONSENTS),
    "POST /api/v1/rights-requests/{id}/cancel": Access(_EVERY_PERSON, WRITE_CONSENTS),
    "GET /api/v1/deadlines": _ADMIN,
    "PUT /api/v1/deadlines/{kind}": _ADMIN,
    "GET /api/v1/holidays": _ADMIN,
    "PUT /api/v1/holidays/{day}": _ADMIN,
    "DELETE /api/v1/holidays/{day}": _ADMIN,
    "GET /api/v1/exports/consents": Access(("service", "admin"), READ_CONSENTS),
    "POST /api/v1/imports/rows": Access(("service", "admin"), WRITE_CONSENTS),
    "GET /api/v1/imports": _ADMIN,
    "GET /api/v1/imports/{id}/report": _ADMIN,
    "POST /api/v1/checks": Access(_STAFF, READ_CONSENTS),
    "GET /api/v1/purposes": Access(ROLES, READ_CONSENTS),
    "PUT /api/v1/purposes/{key}": _ADMIN,
    "GET /api/v1/notices/{key}/{version}/{language}": Access(ROLES, READ_CONSENTS),
    "GET /api/v1/purposes/{key}/notices": _ADMIN,
    "PUT /api/v1/purposes/{key}/notices/{version}/{language}": _ADMIN,
    "POST /api/v1/purposes/{key}/notices/{version}/publish": _ADMIN,
    "GET /api/v1/events": Access(ROLES, READ_FEED),
    "GET /api/v1/preferences": _PEOPLE,
    "PUT /api/v1/preferences": _PEOPLE,
    "GET /api/v1/users": _ADMIN,
    "POST /api/v1/users": _ADMIN,
    "POST /api/v1/users/{id}/disable": _ADMIN,
    "POST /api/v1/users/{id}/enable": _ADMIN,
    "POST /api/v1/users/{id}/role": _ADMIN,
    "POST /api/v1/users/{id}/name": _ADMIN,
    "POST /api/v1/users/{id}/password": _ADMIN,
    "POST /api/v1/users/{id}/password-link": _ADMIN,
    "GET /api/v1/sessions": _ADMIN,
    "POST /api/v1/sessions/{id}/end": _ADMIN,
    "GET /api/v1/nodes": _ADMIN,
    "GET /api/v1/statistics": _ADMIN,
    "POST /api/v1/verify": _ADMIN,
    "GET /api/v1/checkpoint": _OPEN,
    "GET /api/v1/checkpoint/key": _OPEN,
    "GET /api/v1/checkpoints": _ADMIN,
    "GET /api/v1/proofs/inclusion": Access(ROLES, READ_CONSENTS),
    "GET /api/v1/proofs/consistency": Access(ROLES, READ_CONSENTS),
    "GET /api/v1/accesses": _ADMIN,
    "GET /api/v1/webhooks": _ADMIN,
    "PUT /api/v1/webhooks/{name}": _ADMIN,
    "DELETE /api/v1/webhooks/{name}": _ADMIN,
    "POST /api/v1/webhooks/{name}/rotate": _ADMIN,
    "POST /api/v1/webhooks/{name}/replay": _ADMIN,
    "POST /api/v1/webhooks/{name}/test": _ADMIN,
    "GET /healthz": _OPEN,
    "GET /readyz": _OPEN,
    "GET /metrics": _OPEN,
    "GET /openapi.json": _OPEN,
    "GET /asyncapi.json": _OPEN,
    # The pages hold no data: who is signed in is sent to a page that the role may see.
    "GET /": _OPEN,
    "GET /customer": Access(("customer",)),
    "GET /csr": Access(("csr", "admin")),
    "GET /admin": _ADMIN,
    "GET /account": _PEOPLE,
    "GET /evidence/{id}": _PEOPLE,
    "GET /password": _OPEN,
    "GET /docs/api": _OPEN,
    "GET /web": _OPEN,
}


class Principal(NamedTuple):
    """Who asks. id is the customer's for customers; session is None for a bearer token, scopes where it is not limited
    to any."""

    id: str
    email: str
    role: str
    expires_at: datetime
    session: uuid.UUID | None
    scopes: frozenset[str] | None = None

    @property
    def name(self) -> str:
        """Role and id, for idempotency keys and fair queues."""
        return f"{self.role}:{self.id}"

    @property
    def only_customer(self) -> str | None:
        """The customer whose consents alone may be seen and decided on; None: all."""
        return self.id if self.role == "customer" else None
