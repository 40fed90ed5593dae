"""What a route would pass over is refused, on every route: parameters, how numbers are written, codings, conditions."""

import gzip
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest

from consentfeed.api.rights_actions import ACTIONS
from consentfeed.http.endpoint import SAFE, Endpoint
from consentfeed.node.wiring import Node
from consentfeed.settings import Settings
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER
from tests.support.tokens import SECRET, bearer
from tests.support.waiting import wait_until

# Routes that look for an identity provider first, which there is none of here.
OF_A_PROVIDER = ("GET /api/v1/auth/sso", "GET /api/v1/auth/sso/callback")
# Those that answer 404 or ask for a parameter before they come to conditions: there are no logo and no checkpoint here.
EARLIER = (
    "GET /api/v1/operator/logo", "GET /api/v1/checkpoint", "GET /api/v1/checkpoint/key",
    "GET /api/v1/proofs/inclusion", "GET /api/v1/proofs/consistency",
)  # fmt: skip
ENDPOINTS = {
    one.name: one
    for one in Node(Settings(database_url="postgresql://nobody@127.0.0.1:1/none", secret=SECRET)).endpoints
}
WRITING = [name for name, one in ENDPOINTS.items() if one.method not in SAFE]
REVOCATIONS = [name for name in WRITING if name.endswith(("/revoke", "/revocations"))]
PARAMETERS = [
    (name, field.name)
    for name, one in ENDPOINTS.items()
    if one.query and one.name not in OF_A_PROVIDER
    for field in msgspec.structs.fields(one.query)
]
NUMBERS = [(name, parameter) for name, parameter in PARAMETERS if parameter == "limit"]
CONDITIONS = {
    "If-Match": '"1"',
    "If-None-Match": "*",
    "If-Modified-Since": "Sat, 29 Oct 1994 19:43:31 GMT",
    "If-Unmodified-Since": "Sat, 29 Oct 1994 19:43:31 GMT",
}


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(rest: Rest) -> Iterator[Ask]:
    """Asks a route, of something that is there, as somebody who may. Nothing is written for it."""
    wait_until(lambda: rest.get("/readyz", None).status_code == 200)

    def send(name: str, query: str = "", headers: dict[str, str] | None = None, content: bytes = b"") -> httpx.Response:
        endpoint = ENDPOINTS[name]
        role = next(iter(sorted(endpoint.access.roles)), None)
        token = {"Authorization": f"Bearer {bearer(role)}"} if role else {}
        with httpx.Client(base_url=rest.node.url) as client:
            path = _path(rest, endpoint) + query
            return client.request(endpoint.method, path, headers=token | (headers or {}), content=content)

    _request(rest)
    before = rest.written()
    yield send
    assert rest.written() == before


def _request(rest: Rest) -> str:
    """A request of the customer's, always the same."""
    found = "SELECT id::text FROM consentfeed.rights_requests"
    if not rest.sql(found):
        rest.sql("INSERT INTO consentfeed.rights_requests (customer_id, kind) VALUES (%s, 'access')", CUSTOMER)
    return str(rest.sql(found)[0][0])


def _path(rest: Rest, endpoint: Endpoint) -> str:
    there = {
        "key": "marketing",
        "version": "1",
        "language": "en",
        "reference": "A-1",
        "name": "crm",
        "kind": "access",
        "day": "2031-01-01",
    }
    there["id"] = CUSTOMER if "/customers/" in endpoint.path else rest.database.consents(CUSTOMER)[0]
    if "/rights-requests/" in endpoint.path:
        there["id"] = _request(rest)
    return re.sub(r"\{(\w+)\}", lambda match: there[match[1]], endpoint.path)


# Parameters


@pytest.mark.parametrize("query", ["?surprise=1", "?surprise=", "?surprise", "?Limit=1", "?=1", "?limit%5B%5D=1"])
@pytest.mark.parametrize("name", [name for name in ENDPOINTS if name not in (*OF_A_PROVIDER, *REVOCATIONS)])
def test_an_unknown_parameter_is_422_on_every_route(ask: Ask, name: str, query: str) -> None:
    problem(ask(name, query), "invalid")


@pytest.mark.parametrize("value", ["=", "", "=%20", "=+", "=%09", "=%C2%A0"])
@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_an_empty_parameter_is_422(ask: Ask, name: str, parameter: str, value: str) -> None:
    assert parameter in problem(ask(name, f"?{parameter}{value}"), "invalid")["detail"]


@pytest.mark.parametrize(
    "number",
    [
        "1e3", "1E2", "5.0", "5.", ".5", "+5", "%2B5", "-5", " 5", "5%20", "5%0A", "1_0", "0x5", "0b1", "five", "null",
        "true", "NaN", "Infinity", quote("٥"), quote("５"), quote("५"), quote("²"), "9" * 19, "9" * 5000, "5,6", "5;6",
        '"5"', "0", "1001", "00",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("name", "parameter"), NUMBERS)
def test_a_number_is_decimal_digits_within_its_bounds(ask: Ask, name: str, parameter: str, number: str) -> None:
    assert parameter in problem(ask(name, f"?{parameter}={number}"), "invalid")["detail"]


@pytest.mark.parametrize(("name", "parameter"), NUMBERS)
def test_and_nothing_else_is_asked_of_it(ask: Ask, name: str, parameter: str) -> None:
    for number in ("1", "5", "1000", "007"):
        ok(ask(name, f"?{parameter}={number}"))


@pytest.mark.parametrize("value", ["null", "None", "true", "0"])
@pytest.mark.parametrize(
    ("name", "parameter"), [("GET /api/v1/accesses", "customer"), ("GET /api/v1/accesses", "action")]
)
def test_no_word_stands_for_nothing(ask: Ask, name: str, parameter: str, value: str) -> None:
    assert parameter in problem(ask(name, f"?{parameter}={value}"), "invalid")["detail"]


@pytest.mark.parametrize(("name", "parameter"), NUMBERS)
def test_what_may_stand_once_stands_once(ask: Ask, name: str, parameter: str) -> None:
    for query in (f"?{parameter}=5&{parameter}=6", f"?{parameter}=5&{parameter}=5"):
        assert parameter in problem(ask(name, query), "invalid")["detail"]


def test_an_ampersand_too_many_is_no_parameter(ask: Ask) -> None:
    for query in ("?", "?&", "?&&"):
        ok(ask("GET /api/v1/auth/me", query))
    ok(ask("GET /api/v1/consents", "?limit=1&"))


# Codings


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "x", "identity, gzip", "gzip, identity", "deflate,,"])
@pytest.mark.parametrize("name", [name for name in WRITING if name not in REVOCATIONS])
def test_a_body_in_a_coding_is_415_whatever_it_is(ask: Ask, name: str, coding: str) -> None:
    for content in (b"{}", gzip.compress(b"{}")):
        answer = ask(name, "", {"Content-Encoding": coding}, content)
        problem(answer, "encoded-body")
        assert answer.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("coding", ["identity", "Identity", "", ",", "identity, identity"])
def test_no_coding_is_none(ask: Ask, coding: str) -> None:
    answer = ask("POST /api/v1/auth/login", "", {"Content-Encoding": coding}, b'{"email":"a@b","password":"x"}')
    problem(answer, "wrong-password")


# Conditions


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("name", [name for name in ENDPOINTS if name not in (*OF_A_PROVIDER, *REVOCATIONS, *EARLIER)])
def test_a_condition_that_a_route_does_not_look_at_is_422(ask: Ask, name: str, condition: str) -> None:
    if condition in ENDPOINTS[name].headers:
        return
    detail = problem(ask(name, "", {condition: CONDITIONS[condition]}, b"{}"), "invalid")["detail"]
    assert condition in detail


def test_these_alone_look_at_one(ask: Ask) -> None:
    honoured = {(name, header) for name, one in ENDPOINTS.items() for header in one.headers if header in CONDITIONS}
    grants = ("POST /api/v1/customer/consents/{id}/grant", "POST /api/v1/consents/{id}/grant")
    changes = [f"POST /api/v1/users/{{id}}/{act}" for act in ("name", "role", "disable", "enable")]
    notice, webhook = "PUT /api/v1/purposes/{key}/notices/{version}/{language}", "PUT /api/v1/webhooks/{name}"
    forms = ("PUT /api/v1/purposes/{key}", notice, webhook)
    publishing = "POST /api/v1/purposes/{key}/notices/{version}/publish"
    contact = ("PUT /api/v1/customer/contact-preferences", "PUT /api/v1/customers/{id}/contact-preferences")
    rights = [f"POST /api/v1/rights-requests/{{id}}/{act}" for act in ACTIONS] + ["PUT /api/v1/deadlines/{kind}"]
    expected = {(name, "If-Match") for name in (*grants, *changes, *forms, *contact, *rights, publishing)}
    assert honoured == expected | {(name, "If-None-Match") for name in forms}
    for name in grants:
        body = msgspec.json.encode({"reason": {"code": "phone-call"}, "notice_version": 1})
        problem(ask(name, "", {"If-Match": '"999"'}, body), "stale")


def test_what_is_not_there_is_not_there_whatever_the_condition(rest: Rest) -> None:
    for header, value in CONDITIONS.items():
        problem(rest.get("/consents/dead0000-0000-4000-8000-000000000000", headers={header: value}), "not-found")


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_stream_that_is_not_opened_is_not_held(rest: Rest, condition: str) -> None:
    headers: dict[str, Any] = {"Accept": "text/event-stream", condition: CONDITIONS[condition]}
    problem(rest.get("/events", headers=headers), "invalid")
    assert not rest.node.node.streams.open
