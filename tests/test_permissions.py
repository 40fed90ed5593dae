"""Who may use which route: each cell of the table of routes and roles, and the contract's own lines of it."""

from uuid import uuid4

import pytest
from starlette.routing import Mount, Route

from consentfeed.http.endpoint import Endpoint
from consentfeed.http.paths import Paths
from consentfeed.permissions import ACCESS, ROLES
from tests.support.rest import Rest, problem

PAGES = {  # tests/web looks at these
    "GET /", "GET /customer", "GET /csr", "GET /admin", "GET /account", "GET /password", "GET /evidence/{id}",
    "GET /docs/api", "GET /web",
}  # fmt: skip
API = [name for name in ACCESS if name not in PAGES]
STAFF = ("csr", "admin", "service")
CONTRACT = {
    "GET /api/v1/auth/me": ROLES,
    "GET /api/v1/customer/consents": ("customer",),
    "POST /api/v1/customer/consents/{id}/grant": ("customer", "service"),
    "POST /api/v1/customer/consents/{id}/revoke": ("customer", "service"),
    "GET /api/v1/consents": STAFF,
    "GET /api/v1/consents/{id}": ROLES,
    "GET /api/v1/consents/{id}/history": ROLES,
    "POST /api/v1/consents/{id}/grant": ("csr", "admin"),
    "POST /api/v1/consents/{id}/revoke": ("csr", "admin"),
    "POST /api/v1/decisions": STAFF,
    "POST /api/v1/revocations": ("service",),
    "GET /api/v1/customers": STAFF,
    "GET /api/v1/customers/{id}": STAFF,
    "GET /api/v1/customers/{id}/history": ROLES,
    "PUT /api/v1/customers/{id}": ("service", "admin"),
    "GET /api/v1/purposes": ROLES,
    "GET /api/v1/notices/{key}/{version}/{language}": ROLES,
    "GET /api/v1/events": ROLES,
    "POST /api/v1/auth/login": (),
    "POST /api/v1/auth/logout": (),
    "GET /api/v1/checkpoint": (),
    "GET /api/v1/checkpoint/key": (),
    "GET /api/v1/proofs/inclusion": ROLES,
    "GET /api/v1/proofs/consistency": ROLES,
    "GET /api/v1/consents/{id}/evidence": ("customer", "csr", "admin"),
    "POST /api/v1/auth/password": ROLES,
    "POST /api/v1/users/{id}/password-link": ("admin",),
    "GET /healthz": (),
    "GET /readyz": (),
    "GET /metrics": (),
    "GET /openapi.json": (),
}


def test_a_route_without_a_line_in_the_table_cannot_be_made() -> None:
    async def handle(*_: object) -> None: ...

    with pytest.raises(KeyError):
        Endpoint("GET", "/api/v1/forgotten", handle, "Forgotten")  # type: ignore[arg-type]


def test_the_table_names_every_route_and_no_other(rest: Rest) -> None:
    routed: set[str] = set()
    for route in rest.node.node.app.routes:
        assert isinstance(route, Route | Mount | Paths)
        routed.update(route.templates if isinstance(route, Paths) else [route.path])
    assert routed == {name.split()[1] for name in ACCESS}
    assert {endpoint.name for endpoint in rest.node.node.endpoints} | PAGES == set(ACCESS)


@pytest.mark.parametrize("route", CONTRACT)
def test_the_table_says_what_the_contract_says(route: str) -> None:
    assert set(ACCESS[route].roles) == set(CONTRACT[route])


@pytest.mark.parametrize("role", [None, *ROLES])
@pytest.mark.parametrize("route", API)
def test_a_route_is_for_its_roles_and_nobody_else(rest: Rest, route: str, role: str | None) -> None:
    method, path = route.split()
    for name, value in (("id", uuid4()), ("key", "nothing"), ("version", 9), ("language", "en")):
        path = path.replace(f"{{{name}}}", str(value))
    answer = rest.call(method, path.removeprefix("/api/v1"), role)
    if role in ACCESS[route].roles or not ACCESS[route].roles:
        # Without a body, and for ids that do not exist: whatever it says, it is not about who asks.
        assert answer.status_code in (200, 204, 404, 422), answer.text
    elif role is None:
        problem(answer, "signed-out")
        assert answer.headers["www-authenticate"] == "Bearer"
    else:
        problem(answer, "forbidden")
