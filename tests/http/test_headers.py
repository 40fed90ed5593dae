"""The headers that every answer carries: the API's, streams', problems', pages' and what never reaches a route."""

import socket

import httpx
import pytest

from tests.support.database import Sql
from tests.support.rest import Rest, problem
from tests.support.seed import PASSWORD
from tests.support.tokens import bearer

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
# What is asked: method, path, role, and the status that shows which part of the service has answered.
ANSWERS = {
    "a list": ("GET", "/api/v1/customer/consents", "customer", 200),
    "a page of the feed": ("GET", "/api/v1/events", "csr", 200),
    "a decision": ("POST", "/api/v1/decisions", "csr", 422),
    "nobody": ("GET", "/api/v1/auth/me", None, 401),
    "forbidden": ("GET", "/api/v1/users", "customer", 403),
    "no such consent": ("GET", "/api/v1/consents/x", "csr", 404),
    "no such path": ("GET", "/nothing/here", None, 404),
    "no such file": ("GET", "/web/nothing.js", None, 404),
    "outside of the files": ("GET", "/web/%2e%2e/settings.py", None, 404),
    "another method": ("DELETE", "/api/v1/purposes", "csr", 405),
    "a preflight": ("OPTIONS", "/api/v1/purposes", None, 405),
    "signed out": ("POST", "/api/v1/auth/logout", None, 204),
    "health": ("GET", "/healthz", None, 200),
    "readiness": ("GET", "/readyz", None, 200),
    "metrics": ("GET", "/metrics", None, {False: 200, True: 401}),  # a proxy's request is not this machine's
    "the description": ("GET", "/openapi.json", None, 200),
}
PAGES = {
    "/": None,
    "/password": None,
    "/customer": "customer",
    "/csr": "csr",
    "/admin": "admin",
    "/web/csr/csr.js": None,
    "/web/csr/csr.css": None,
}


def headers_of(answer: httpx.Response) -> dict[str, str]:
    """All headers; none of ours may stand there twice."""
    names = [name.lower() for name, _ in answer.headers.multi_items()]
    assert len(set(names)) == len(names), names
    return dict(answer.headers)


@pytest.mark.parametrize("what", ANSWERS)
@pytest.mark.parametrize("https", [False, True])
def test_every_answer_of_the_api_carries_them(rest: Rest, what: str, https: bool) -> None:
    method, path, role, status = ANSWERS[what]
    headers = {"X-Forwarded-Proto": "https"} if https else {}
    if role:
        headers["Authorization"] = f"Bearer {bearer(role)}"
    answer = httpx.request(method, rest.node.url + path, headers=headers)
    assert answer.status_code == (status[https] if isinstance(status, dict) else status)
    found = headers_of(answer)
    assert EVERYWHERE.items() <= found.items()
    assert found["content-security-policy"] == API_POLICY
    assert found["cache-control"] == "no-store"
    assert found.get("strict-transport-security") == ("max-age=31536000" if https else None)
    assert "server" not in found


def test_a_stream_carries_them(rest: Rest) -> None:
    found = rest.node.tail().headers
    assert found is not None
    assert EVERYWHERE.items() <= dict(found).items()
    assert (found["content-security-policy"], found["cache-control"]) == (API_POLICY, "no-store, no-transform")


@pytest.mark.parametrize("path", PAGES)
def test_pages_carry_them_with_a_policy_of_their_own(rest: Rest, path: str) -> None:
    role = PAGES[path]
    headers = {"Authorization": f"Bearer {bearer(role)}"} if role else {}
    answer = httpx.get(rest.node.url + path, headers=headers)
    assert answer.status_code == 200
    found = headers_of(answer)
    assert EVERYWHERE.items() <= found.items()
    policy = found["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert found["cache-control"] == ("no-cache" if path.startswith("/web") else "no-store")


def test_a_file_that_has_not_changed_keeps_its_policy(rest: Rest) -> None:
    first = httpx.get(rest.node.url + "/web/csr/csr.js")
    again = httpx.get(rest.node.url + "/web/csr/csr.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    # What a browser keeps of the file is replaced by these.
    for name in ("content-security-policy", "cache-control"):
        assert again.headers[name] == first.headers[name]


def test_what_is_no_http_gets_a_problem_with_them_too(rest: Rest) -> None:
    with socket.create_connection(("127.0.0.1", rest.node.port), 10) as raw:
        raw.sendall(b"this is\x00 nothing\r\n\r\n")
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"/problems/bad-request" in body
    for name, value in EVERYWHERE.items():
        assert f"{name}: {value}".encode() in head
    assert b"server:" not in head


def test_a_cookie_is_set_beside_them(rest: Rest, shared_database: Sql) -> None:
    answer = httpx.post(rest.node.url + "/api/v1/auth/login", json={"email": "csr@example.com", "password": PASSWORD})
    assert answer.headers["set-cookie"]
    assert EVERYWHERE.items() <= dict(answer.headers).items()


def test_a_page_that_meets_a_fault_of_ours_is_a_problem_with_them_too(
    rest: Rest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_token: str) -> None:
        raise RuntimeError("nimal@example.com")

    monkeypatch.setattr(rest.node.node.sessions, "by_token", broken)
    answer = httpx.get(rest.node.url + "/csr", headers={"Authorization": f"Bearer {bearer('csr')}"})
    problem(answer, "internal")
    assert EVERYWHERE.items() <= headers_of(answer).items()
    assert "nimal" not in answer.text + caplog.text


@pytest.mark.parametrize("path", ["/", "/csr", "/web/csr/csr.js"])
def test_a_page_says_which_methods_are_right(rest: Rest, path: str) -> None:
    answer = httpx.delete(rest.node.url + path)
    problem(answer, "method-not-allowed")
    assert EVERYWHERE.items() <= headers_of(answer).items()
    if not path.startswith("/web"):  # of files, Starlette does not say
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
