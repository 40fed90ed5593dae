"""Requests that cannot be served: each gets a problem (RFC 9457), and nothing is written."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentfeed.api import preferences
from consentfeed.api.auth import Credentials
from consentfeed.errors import PROBLEMS, Problem
from consentfeed.http.input import decode
from consentfeed.settings import Settings
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.rest import Rest, problem
from tests.support.seed import CUSTOMER, NOBODY
from tests.support.tokens import bearer

SETTINGS = Settings()
# The types that clients may rely on. A change here is a change of the contract.
STABLE = {
    "bad-json": 400, "bad-request": 400, "signed-out": 401, "wrong-password": 401, "forbidden": 403,
    "foreign-origin": 403, "not-found": 404, "method-not-allowed": 405, "notice-superseded": 409, "no-notice": 409,
    "notice-published": 409, "no-draft": 409, "taken": 409, "own-account": 409, "last-admin": 409,
    "customer-account": 409, "place-lost": 410, "stale": 412, "body-too-large": 413, "invalid": 422,
    "reason-required": 422, "notice-required": 422, "key-reused": 422, "no-such-language": 422, "internal": 500,
    "database-away": 503, "read-only": 503, "outcome-unknown": 503, "overloaded": 503, "busy": 503, "draining": 503,
    "request-timeout": 408, "rate-limited": 429, "too-many-streams": 429, "headers-too-large": 431,
    "misdirected": 421, "encoded-body": 415, "range-not-satisfiable": 416,
}  # fmt: skip


def test_the_types_and_statuses_of_problems_are_stable() -> None:
    assert {code: PROBLEMS[code][0] for code in STABLE} == STABLE


# Every route that takes a body, as a path and who sends it.
WRITING = {
    "grant": ("POST", f"/customer/consents/{NOBODY}/grant", "customer"),
    "grant on behalf": ("POST", f"/consents/{NOBODY}/grant", "csr"),
    "many": ("POST", "/decisions", "service"),
    "register": ("PUT", f"/customers/{NOBODY}", "service"),
    "sign in": ("POST", "/auth/login", None),
    "choose": ("PUT", "/preferences", "csr"),
    "add a user": ("POST", "/users", "admin"),
    "another role": ("POST", f"/users/{NOBODY}/role", "admin"),
    "offer": ("PUT", "/purposes/new", "admin"),
    "draft": ("PUT", "/purposes/marketing/notices/9/en", "admin"),
}


@pytest.fixture(autouse=True)
def nothing_is_written(rest: Rest) -> Iterator[None]:
    """Whatever these tests send."""
    before = rest.written()
    yield
    assert rest.written() == before


@pytest.mark.parametrize("route", WRITING)
@pytest.mark.parametrize(
    "content",
    [
        b"{", b"[1,", b"nonsense", b'{"a":}', b"{'a':1}", b'{"reason":{"code":NaN}}', b"{} {}", b'{"name":"x}', b"\x00",
        b'{"name":"\xff"}', b'{"decisions":[{"action":"\xff"}]}', b"\xff\xfe{}", b"\xef\xbb\xbf{}",
        '{"name":"a"}'.encode("utf-16"), b"[" * 100_000, b'{"a":' * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_json_is_400(rest: Rest, route: str, content: bytes) -> None:
    method, path, role = WRITING[route]
    too_large = route == "choose" and len(content) > preferences.MAX_BODY
    problem(rest.call(method, path, role, content=content), "body-too-large" if too_large else "bad-json")


@pytest.mark.parametrize("route", WRITING)
@pytest.mark.parametrize("content", [b"[]", b"7", b"null", b'"text"', b'{"surprise":1}', b'{"\\u0000":1}'])
def test_json_of_another_form_is_422(rest: Rest, route: str, content: bytes) -> None:
    method, path, role = WRITING[route]
    problem(rest.call(method, path, role, content=content), "invalid")


NAMELESS = {"action": "grant", "consent_id": NOBODY}


@pytest.mark.parametrize(
    ("route", "body", "where"),
    [
        ("grant", {"notice_version": "1"}, "$.notice_version"),
        ("grant", {"notice_version": 1.5}, "$.notice_version"),
        ("grant", {"notice_version": True}, "$.notice_version"),
        ("grant", {"reason": {"code": 1}}, "$.reason.code"),
        ("grant", {"reason": {"what": 1}}, "$.reason"),
        ("grant on behalf", {"reason": {"code": "ok", "text": ["a"]}}, "$.reason.text"),
        ("many", {"decisions": {}}, "$.decisions"),
        ("register", {"name": 1}, "$.name"),
        ("register", {"name": "a", "email": 1}, "$.email"),
        ("register", {"name": "a", "msisdn": "x"}, "$.msisdn"),
        ("sign in", {"email": "a@b", "password": None}, "$.password"),
        ("choose", {"preferences": []}, "$.preferences"),
        ("add a user", {"email": "a@b", "role": "owner"}, "$.role"),
        ("another role", {"role": "customer"}, "$.role"),
        ("offer", {"title": "a", "channels": ["SMS"]}, "$.channels[0]"),
        ("draft", {"text": 1}, "$.text"),
    ],
)
def test_a_wrong_type_is_422_with_the_path(rest: Rest, route: str, body: Any, where: str) -> None:
    method, path, role = WRITING[route]
    found = problem(rest.call(method, path, role, json=body), "invalid")
    assert f"`{where}`" in found["detail"]


def texts(bad: bytes) -> dict[str, bytes]:
    """Bodies with a text in each place where one can stand."""
    return {
        "grant": b'{"reason":{"code":"ok","text":"%b"}}' % bad,
        "grant on behalf": b'{"reason":{"code":"ok","reference":"%b"}}' % bad,
        "register": b'{"name":"%b"}' % bad,
        "sign in": b'{"email":"%b","password":"x"}' % bad,
        "choose": b'{"preferences":{"a":["%b"]}}' % bad,
        "add a user": b'{"email":"a@b","role":"csr","password":"long enough %b"}' % bad,
        "offer": b'{"title":"a","channels":["sms"],"description":"%b"}' % bad,
        "draft": b'{"text":"%b"}' % bad,
    }


BAD_TEXTS = {
    "NUL": b"a\\u0000b",
    "a lone high surrogate, escaped": b"a\\ud83db",
    "a lone low surrogate, escaped": b"\\ude00",
    "surrogates in the wrong order": b"\\ude00\\ud83d",
    "a lone surrogate, raw": b"a\xed\xa0\xbdb",
    "a pair of surrogates, raw": b"\xed\xa0\xbd\xed\xb8\x80",
}


@pytest.mark.parametrize("route", texts(b""))
@pytest.mark.parametrize("bad", BAD_TEXTS)
def test_text_that_cannot_be_kept_is_422(rest: Rest, route: str, bad: str) -> None:
    method, path, role = WRITING[route]
    problem(rest.call(method, path, role, content=texts(BAD_TEXTS[bad])[route]), "invalid")


@pytest.mark.parametrize("bad", BAD_TEXTS)
def test_and_none_of_many_decisions_is_done_for_it(rest: Rest, bad: str) -> None:
    consent = rest.database.consents(CUSTOMER)[0].encode()
    content = b'{"decisions":[{"action":"grant","consent_id":"%b","reason":{"text":"%b"}}]}' % (consent, BAD_TEXTS[bad])
    answer = rest.call("POST", "/decisions", "service", content=content)
    if answer.status_code == 200:
        (outcome,) = answer.json()["outcomes"]
        assert outcome["problem"]["type"] == "/problems/invalid"
    else:
        problem(answer, "invalid")


def test_a_pair_of_surrogates_that_belong_together_is_text(rest: Rest) -> None:
    content = b'{"email":"\\ud83d\\ude00@example.com","password":"x"}'
    problem(rest.call("POST", "/auth/login", content=content), "wrong-password")


def oversized(limit: int = SETTINGS.body_bytes) -> Iterator[bytes]:
    yield b'{"reason":{"text":"'
    for _ in range(limit // 65536 + 1):
        yield b"x" * 65536
    yield b'"}}'


@pytest.mark.parametrize("route", WRITING)
def test_a_body_that_is_too_large_is_413_with_and_without_content_length(rest: Rest, route: str) -> None:
    method, path, role = WRITING[route]
    limit = SETTINGS.bulk_body_bytes if route == "many" else SETTINGS.body_bytes
    whole = b"".join(oversized(limit))
    problem(rest.call(method, path, role, content=whole), "body-too-large")
    problem(rest.call(method, path, role, content=oversized(limit)), "body-too-large")
    assert rest.get("/purposes").status_code == 200


def test_a_body_of_just_the_size_is_read(rest: Rest) -> None:
    padding = b" " * (SETTINGS.body_bytes - 2)
    problem(rest.call("POST", "/auth/login", content=b"{" + padding + b"}"), "invalid")
    problem(rest.call("POST", "/auth/login", content=b"{ " + padding + b"}"), "body-too-large")


def test_a_huge_body_is_refused_before_it_has_come(rest: Rest) -> None:
    with socket.create_connection(("127.0.0.1", rest.node.port), 10) as raw:
        raw.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n{")
        assert raw.recv(4096).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "part", [b"[],", b"{},", b"0,", b"1e9,", b'"\\ud83d",', b'{"a":0},', b"[", b" ", b'"a\\\\ud83d",']
)
def test_no_body_that_is_refused_holds_up_others_for_long(part: bytes) -> None:
    content = b"[" + part * ((SETTINGS.body_bytes - 3) // len(part)) + b"0]"
    began = time.process_time()
    with pytest.raises(Problem):
        decode(content, Credentials)
    assert time.process_time() - began < 0.1


PARTS = [
    "{", "}", "[", "]", ",", ":", '"', "\\", "a", "u", "d83d", "\\u", "\\ud83d", "\\uDE00", "\\\\ud83d", "\\x", "0",
    "1", "-", ".", "e", "+", "NaN", "Infinity", "null", "true", " ", "\n", "\x00", "\x7f", "\u00e9", '"a"', '"a":1',
    '{"a":', '"\\ud83d"', "\ud83d",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=9).map("".join))
def test_what_is_json_is_what_the_grammar_says(text: str) -> None:
    def no_number(constant: str) -> None:
        raise ValueError(constant)

    content = text.encode("utf-8", "surrogatepass")
    try:
        json.loads(text, parse_constant=no_number)
    except ValueError:
        expected = "bad-json"
    else:
        expected = "invalid"
    with pytest.raises(Problem) as refused:
        decode(content, Credentials)
    assert refused.value.code == expected


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/x-www-form-urlencoded", "text/plain", None]
)
def test_the_body_counts_as_json_whatever_it_is_called(rest: Rest, kind: str | None) -> None:
    content = json.dumps({"email": "a@b", "password": "x"}).encode()
    headers = {"Content-Type": kind} if kind else {}
    problem(rest.call("POST", "/auth/login", content=content, headers=headers), "wrong-password")
    problem(rest.call("POST", "/auth/login", content=b"email=a&password=x", headers=headers), "bad-json")


@pytest.mark.parametrize(
    "path", ["/api/v1", "/api/v1/nothing", "/api/v2/consents", "/nothing", "/api/v1/consents/a/b/c", "/%00"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_404(rest: Rest, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer {bearer('admin')}"}):
        problem(httpx.request(method, rest.node.url + path, headers=headers), "not-found")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/auth/login", {"POST"}),
        ("/consents", {"GET", "HEAD"}),
        (f"/consents/{NOBODY}", {"GET", "HEAD"}),
        (f"/consents/{NOBODY}/grant", {"POST"}),
        (f"/customers/{NOBODY}", {"GET", "HEAD", "PUT"}),
        ("/events", {"GET", "HEAD"}),
        ("/healthz", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(rest: Rest, path: str, allowed: set[str]) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - allowed:
        answer = rest.call(method, path, "admin")
        problem(answer, "method-not-allowed")
        assert set(answer.headers["allow"].split(", ")) == allowed


def test_problems_are_kept_by_no_cache(rest: Rest) -> None:
    for answer in (rest.get("/consents", None), rest.get("/consents?x=1"), rest.get(f"/customers/{NOBODY}")):
        assert answer.headers["cache-control"] == "no-store"


def test_an_error_of_ours_is_500_and_tells_and_logs_nothing_about_people(
    start_node: StartNode, database: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Rest(start_node(), database)
    database.run("ALTER FUNCTION consentfeed.find_customers RENAME TO gone")
    answer = own.get("/customers", params={"q": "Nimal Perera"})
    assert "Nimal" not in json.dumps(problem(answer, "internal"))
    assert own.get("/purposes").status_code == 200
    own.close()
    logged = "".join(capsys.readouterr())
    assert "42883" in logged
    assert "Nimal" not in logged


def test_a_bug_is_logged_with_its_place_but_without_its_message(
    rest: Rest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(customer: str) -> None:
        raise RuntimeError(f"no such person: {customer}")

    monkeypatch.setattr(rest.node.node.database.customers, "one_customer", broken)
    problem(rest.get(f"/customers/{CUSTOMER}"), "internal")
    logged = "".join(capsys.readouterr())
    assert "RuntimeError" in logged
    assert Path(__file__).name in logged
    assert CUSTOMER not in logged
