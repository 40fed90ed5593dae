"""Who may use which route: each cell of the contract's tables, and of what is beside it."""

from uuid import uuid4

import pytest

from tests.rest import ROLES, Rest, problem

ADMIN = {"admin"}
PEOPLE = {"customer", "csr", "admin"}
STAFF = {"csr", "admin", "service"}
ALL = {"customer", *STAFF}
OPEN = ALL | {None}
CONTRACT: dict[str, set[str] | set[str | None]] = {
    "POST /api/v1/auth/login": OPEN,
    "GET /api/v1/auth/me": ALL,
    "POST /api/v1/auth/logout": OPEN,
    "GET /api/v1/customer/consents": {"customer"},
    "POST /api/v1/customer/consents/{id}/grant": {"customer", "service"},
    "POST /api/v1/customer/consents/{id}/revoke": {"customer", "service"},
    "GET /api/v1/consents": STAFF,
    "GET /api/v1/consents/{id}": ALL,
    "GET /api/v1/consents/{id}/history": ALL,
    "POST /api/v1/consents/{id}/grant": {"csr", "admin"},
    "POST /api/v1/consents/{id}/revoke": {"csr", "admin"},
    "POST /api/v1/decisions": STAFF,
    "GET /api/v1/customers": STAFF,
    "GET /api/v1/customers/{id}": STAFF,
    "PUT /api/v1/customers/{id}": {"service", "admin"},
    "GET /api/v1/purposes": ALL,
    "GET /api/v1/notices/{key}/{version}/{language}": ALL,
    "GET /api/v1/preferences": PEOPLE,
    "PUT /api/v1/preferences": PEOPLE,
    "GET /api/v1/users": ADMIN,
    "POST /api/v1/users": ADMIN,
    "POST /api/v1/users/{id}/disable": ADMIN,
    "POST /api/v1/users/{id}/enable": ADMIN,
    "POST /api/v1/users/{id}/role": ADMIN,
    "GET /api/v1/sessions": ADMIN,
    "POST /api/v1/sessions/{id}/end": ADMIN,
    "PUT /api/v1/purposes/{key}": ADMIN,
    "GET /api/v1/purposes/{key}/notices": ADMIN,
    "PUT /api/v1/purposes/{key}/notices/{version}/{language}": ADMIN,
    "POST /api/v1/purposes/{key}/notices/{version}/publish": ADMIN,
    "GET /api/v1/nodes": ADMIN,
    "POST /api/v1/verify": ADMIN,
    "GET /api/v1/events": ALL,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /openapi.json": OPEN,
}


def test_the_node_offers_the_routes_of_the_contract(rest: Rest) -> None:
    assert {endpoint.name for endpoint in rest.node.node.endpoints} == set(CONTRACT)


@pytest.mark.parametrize("role", [None, *ROLES])
@pytest.mark.parametrize("route", CONTRACT)
def test_a_route_is_for_its_roles_and_nobody_else(rest: Rest, route: str, role: str | None) -> None:
    method, path = route.split()
    for name, value in (("id", uuid4()), ("key", "nothing"), ("version", 9), ("language", "en")):
        path = path.replace(f"{{{name}}}", str(value))
    answer = rest.call(method, path.removeprefix("/api/v1"), role)
    if role in CONTRACT[route]:
        # Without a body, and for ids that do not exist: whatever it says, it is not about who asks.
        assert answer.status_code in (200, 204, 404, 422), answer.text
    elif role is None:
        problem(answer, "signed-out")
        assert answer.headers["www-authenticate"] == "Bearer"
    else:
        problem(answer, "forbidden")
