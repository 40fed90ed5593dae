"""What operators and tools ask: health, metrics, HEAD, and the description of the API."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed.api.ops import Health, Readiness
from consentfeed.errors import PROBLEMS
from tests.support.rest import Rest, ok
from tests.support.seed import CUSTOMER, NOBODY
from tests.support.waiting import wait_until

READABLE = [
    ("/customer/consents", "customer"),
    ("/consents", "csr"),
    (f"/customers/{CUSTOMER}", "csr"),
    ("/customers", "csr"),
    ("/purposes", "customer"),
    ("/notices/marketing/1/en", "customer"),
    ("/events", "csr"),
    ("/auth/me", "csr"),
    ("/preferences", "csr"),
    ("/users", "admin"),
    ("/sessions", "admin"),
    ("/purposes/marketing/notices", "admin"),
    ("/nodes", "admin"),
    ("/healthz", None),
    ("/readyz", None),
    ("/metrics", None),
    ("/openapi.json", None),
    (f"/consents/{NOBODY}", "csr"),
    ("/consents?limit=0", "csr"),
    ("/consents", None),
]


@pytest.mark.parametrize(("path", "role"), READABLE)
def test_head_is_get_without_the_body(rest: Rest, path: str, role: str | None) -> None:
    wait_until(lambda: rest.get("/readyz", None).status_code == 200)
    head, get = rest.call("HEAD", path, role), rest.call("GET", path, role)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert "consentfeed-position" not in get.headers or head.headers["consentfeed-position"]


def test_healthz_says_that_the_process_answers(rest: Rest) -> None:
    assert ok(rest.get("/healthz", None), Health) == {"status": "ok"}


def test_readyz_says_that_the_node_serves_or_why_not(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_until(lambda: rest.get("/readyz", None).status_code == 200)
    assert ok(rest.get("/readyz", None), Readiness) == {"ready": True, "reasons": []}
    monkeypatch.setattr(rest.node.node.streams.admission, "draining", True)
    answer = rest.get("/readyz", None)
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "reasons": ["draining"]}


def test_metrics_count_answers_by_route_and_status_without_ids(rest: Rest) -> None:
    def count() -> float:
        text = rest.get("/metrics", None).text
        pattern = r'^consentfeed_requests_total\{route="GET /api/v1/consents/\{id\}",status="404"\} (\S+)$'
        match = re.search(pattern, text, re.MULTILINE)
        return float(match[1]) if match else 0.0

    before, unknown = count(), str(uuid4())
    rest.get(f"/consents/{unknown}")
    assert count() == before + 1
    answer = rest.get("/metrics", None)
    assert answer.headers["content-type"].startswith("text/plain")
    assert unknown not in answer.text


# The description


@pytest.fixture(scope="module")
def described(rest: Rest) -> dict[str, Any]:
    """The description."""
    found: dict[str, Any] = ok(rest.get("/openapi.json", None))
    return found


def operations(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_is_described(rest: Rest, described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1.")
    assert set(operations(described)) == {endpoint.name for endpoint in rest.node.node.endpoints}


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(references(member) for member in value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_every_reference_leads_somewhere_and_every_component_is_used(described: dict[str, Any]) -> None:
    components = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in described["components"][kind]
    }
    assert references(described) == components


def test_every_operation_says_what_it_takes_and_gives(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(described).values()]
    assert len(set(names)) == len(names)
    for name, operation in operations(described).items():
        assert operation["summary"]
        assert any(status[0] in "23" for status in operation["responses"])
        # What is not in it is not answered: test_openapi_fuzz looks whether that is so.
        assert "default" not in operation["responses"]
        in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", name))
        assert all(one["required"] for one in operation["parameters"] if one["in"] == "path")
        method = name.split()[0]
        bare = name.endswith(
            (
                "/auth/logout",
                "/disable",
                "/enable",
                "/end",
                "/end-others",
                "/users/{id}/password-link",
                "/publish",
                "/verify",
                "/rotate",
                "/test",
            )
        )
        assert ("requestBody" in operation) == (method in {"POST", "PUT"} and not bare)
        # Who must be signed in, or need not.
        assert not operation["security"] or {"401", "403"} <= set(operation["responses"])


def test_lists_describe_their_parameters_and_answers(described: dict[str, Any]) -> None:
    listed = operations(described)["GET /api/v1/consents"]
    parameters = {one["name"]: one["schema"] for one in listed["parameters"]}
    times = {"updated_after", "updated_before"}
    assert set(parameters) == {"customer", "purpose", "channel", "status", "q", "sort", "limit", "cursor", "at"} | times
    assert set(parameters["status"]["items"]["enum"]) == {"pending", "granted", "revoked", "expired"}
    assert (parameters["limit"]["maximum"], parameters["limit"]["default"]) == (1000, 100)
    answer = listed["responses"]["200"]
    assert "Consentfeed-Position" in answer["headers"]
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/ConsentPage")


def test_the_feed_describes_its_filters_and_places(described: dict[str, Any]) -> None:
    feed = operations(described)["GET /api/v1/events"]
    named = {(one["in"], one["name"]) for one in feed["parameters"]}
    filters = {("query", name) for name in ("customer", "purpose", "channel", "type", "kind", "after", "limit")}
    assert named == filters | {("header", "Last-Event-ID")}
    assert feed["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/EventPage")


def test_what_webhooks_send_is_described(described: dict[str, Any]) -> None:
    sent = described["webhooks"]["events"]["post"]
    assert [one["name"] for one in sent["parameters"]] == ["webhook-id", "webhook-timestamp", "webhook-signature"]
    assert len(sent["requestBody"]["content"]["application/json"]["schema"]["anyOf"]) == 2
    assert set(described["components"]["schemas"]["SentEvent"]["required"]) == {"type", "timestamp", "data", "id"}


def test_decisions_describe_their_headers_and_bodies(described: dict[str, Any]) -> None:
    grant = operations(described)["POST /api/v1/consents/{id}/grant"]
    assert {one["name"] for one in grant["parameters"] if one["in"] == "header"} == {"Idempotency-Key", "If-Match"}
    revoke = operations(described)["POST /api/v1/consents/{id}/revoke"]
    assert {one["name"] for one in revoke["parameters"] if one["in"] == "header"} == {"Idempotency-Key"}
    bulk = described["components"]["schemas"]["Bulk"]["properties"]["decisions"]
    assert (bulk["maxItems"], bulk["items"]["$ref"]) == (1000, "#/components/schemas/BulkDecision")


def test_problems_are_described_with_all_their_types(described: dict[str, Any]) -> None:
    types = described["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert types == [f"/problems/{code}" for code in PROBLEMS]


def test_patterns_are_those_of_json_schema(described: dict[str, Any]) -> None:
    # \A and \Z mean something else there.
    assert not re.search(r"\\\\[AZ]", httpx.Response(200, json=described).text)
