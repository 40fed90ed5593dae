"""Single sign-on by a provider that says what a real one does not: ID tokens and logout tokens, good and bad."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.support.database import Sql
from tests.support.issuer import Issuer, encode, new_key, say
from tests.support.node import RunningNode, nodes
from tests.support.rest import problem
from tests.support.waiting import wait_until

START, BACK, LOGOUT = "/api/v1/auth/sso", "/api/v1/auth/sso/callback", "/api/v1/auth/sso/logout"
CLIENT, SECRET = "consentfeed", "a secret: of + this % test"
EVENT: dict[str, dict[str, str]] = {"http://schemas.openid.net/event/backchannel-logout": {}}


class Liar(Issuer):
    """A provider whose answers are made by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.document = {
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/me",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
        self.asked_with: dict[str, list[str]] = {}

    def gives(self, tokens: dict[str, Any] | bytes, status: int = 200) -> None:
        """What the token endpoint answers from now on."""
        body = tokens if isinstance(tokens, bytes) else json.dumps(tokens).encode()

        def answer(handler: BaseHTTPRequestHandler) -> None:
            self.asked_with = parse_qs(handler.rfile.read(int(handler.headers["content-length"])).decode())
            say(handler, body, status, **{"content-type": "application/json"})

        self.answers["/token"] = answer

    def tells(self, claims: dict[str, Any], status: int = 200) -> None:
        """What the userinfo endpoint answers."""
        self.answers["/me"] = lambda handler: say(
            handler, json.dumps(claims).encode(), status, **{"content-type": "application/json"}
        )

    def id_token(self, **changes: Any) -> str:
        """A good one but for the changes; role and header as of token()."""
        return self.token(**{"aud": CLIENT, "email": "jane@example.com", "customer_id": "x", **changes})

    def logout_token(self, **changes: Any) -> str:
        """A good one but for the changes."""
        good = {"aud": CLIENT, "events": EVENT, "jti": uuid4().hex, "roles": ..., "header": {"typ": "logout+jwt"}}
        return self.token(**{**good, **changes})


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    liar = Liar()
    yield liar
    liar.stop()


@pytest.fixture(scope="module")
def node(liar: Liar, shared_database: Sql) -> Iterator[RunningNode]:
    with nodes(shared_database) as start:
        yield start(issuer=liar.url, client_id=CLIENT, client_secret=SECRET)


@pytest.fixture
def browser(node: RunningNode) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=node.url) as browser:
        yield browser


def set_out(browser: httpx.Client) -> dict[str, str]:
    """What a browser takes to the provider."""
    location = browser.get(START).headers["location"]
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def come_back(browser: httpx.Client, state: str) -> str:
    """Where one is sent on to."""
    answer = browser.get(f"{BACK}?{urlencode({'code': 'a code', 'state': state})}")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def sign_in(browser: httpx.Client, liar: Liar, **changes: Any) -> str:
    """By an ID token that is good but for the changes; where one is sent on to."""
    sent = set_out(browser)
    token = changes.pop("id_token", None) or liar.id_token(**{"nonce": sent["nonce"], **changes})
    liar.gives({"id_token": token, "access_token": "an access token", "token_type": "Bearer"})
    return come_back(browser, sent["state"])


def is_in(browser: httpx.Client) -> bool:
    return browser.get("/api/v1/auth/me").status_code == 200


# ID tokens


def test_a_good_id_token_signs_in_and_the_client_says_who_it_is(browser: httpx.Client, liar: Liar) -> None:
    assert sign_in(browser, liar) == "/"
    assert is_in(browser)
    told = {name: values[0] for name, values in liar.asked_with.items()}
    assert told.pop("code_verifier")
    assert told == {
        "grant_type": "authorization_code",
        "code": "a code",
        "redirect_uri": str(browser.base_url).rstrip("/") + BACK,
        "client_id": CLIENT,
        "client_secret": SECRET,
    }


def half_hash(text: str) -> str:
    return encode(hashlib.sha256(text.encode()).digest()[:16])


@pytest.mark.parametrize(
    "changes",
    [
        {"at_hash": half_hash("an access token")},
        {"azp": CLIENT},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"header": {"typ": ...}},
    ],
)
def test_what_an_id_token_may_say_besides(browser: httpx.Client, liar: Liar, changes: dict[str, Any]) -> None:
    assert sign_in(browser, liar, **changes) == "/"
    assert is_in(browser)


LATER = int(time.time()) + 4000


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"}, {"nonce": ...}, {"nonce": ""}, {"nonce": 7},
        {"aud": "another"}, {"aud": ...}, {"aud": [CLIENT, "another"]}, {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"at_hash": half_hash("another access token")}, {"at_hash": 7},
        {"iss": "https://evil.example"}, {"iss": ...},
        {"exp": 1}, {"exp": ...}, {"iat": ...}, {"iat": LATER}, {"iat": -(10**18)}, {"nbf": LATER},
        {"sub": ...}, {"sub": ""}, {"sub": 7}, {"sub": "a\0b"}, {"sub": "x" * 400},
        {"key": new_key("RSA")}, {"kid": "unknown", "key": new_key("RSA")},
        {"header": {"alg": "none"}}, {"header": {"alg": "HS256"}}, {"header": {"typ": "logout+jwt"}},
        {"header": {"typ": "at+jwt"}},
        {"id_token": "x.y.z"}, {"id_token": "eyJ" * 9000},
    ],
)  # fmt: skip
def test_an_id_token_that_is_not_good_signs_nobody_in(
    browser: httpx.Client, liar: Liar, changes: dict[str, Any]
) -> None:
    assert sign_in(browser, liar, **changes) == "/?problem=sso-refused"
    assert not is_in(browser)


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (b'{"access_token": "x", "token_type": "Bearer"}', 200, "sso-refused"),
        (b'{"id_token": null, "access_token": "x"}', 200, "sso-refused"),
        (b"[]", 200, "sso-refused"),
        (b"<html>", 200, "sso-refused"),
        (b'{"error": "invalid_grant", "error_description": "<script>alert(1)</script>"}', 400, "sso-refused"),
        (b'{"error": {"x": 1}}', 400, "sso-refused"),
        (b"<html>", 400, "sso-away"),
        (b"{}", 500, "sso-away"),
        (b"", 302, "sso-away"),
    ],
)
def test_a_token_endpoint_that_gives_none_signs_nobody_in(
    browser: httpx.Client, liar: Liar, answer: bytes, status: int, code: str
) -> None:
    sent = set_out(browser)
    liar.gives(answer, status)
    assert come_back(browser, sent["state"]) == f"/?problem={code}"
    assert not is_in(browser)


@pytest.mark.parametrize("sid", [7, None, [], "a\0b", "".join(map(chr, range(0x4E00, 0x5200)))])
def test_a_session_of_the_provider_that_has_no_name_is_none(browser: httpx.Client, liar: Liar, sid: Any) -> None:
    assert sign_in(browser, liar, sid=sid) == "/"
    assert is_in(browser)


# What the userinfo endpoint adds


@pytest.mark.parametrize("missing", ["email", "roles", "customer_id"])
def test_claims_that_the_id_token_lacks_are_asked_for(browser: httpx.Client, liar: Liar, missing: str) -> None:
    liar.tells({"sub": "jane", "email": "asked@example.com", "roles": ["admin"], "customer_id": "y"})
    assert sign_in(browser, liar, **{missing: ...}) == "/"
    user = browser.get("/api/v1/auth/me").json()["user"]
    expected = {"email": "jane@example.com", "role": "csr"} | {
        "email": {"email": "asked@example.com"}, "roles": {"role": "admin"}, "customer_id": {},
    }[missing]  # fmt: skip
    assert {name: user[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        ({"sub": "somebody else", "roles": ["admin"]}, 200, "sso-refused"),
        ({"roles": ["admin"]}, 200, "sso-refused"),
        ([], 200, "sso-refused"),
        ({"sub": "jane"}, 200, "sso-no-role"),
        ({"sub": "jane", "roles": ["csr"]}, 403, "sso-away"),
    ],
)
def test_what_is_told_of_somebody_else_or_not_at_all_adds_nothing(
    browser: httpx.Client, liar: Liar, claims: Any, status: int, code: str
) -> None:
    liar.tells(claims, status)
    assert sign_in(browser, liar, roles=...) == f"/?problem={code}"
    assert not is_in(browser)


# Logout tokens


def log_out(browser: httpx.Client, token: str) -> httpx.Response:
    return httpx.post(f"{browser.base_url}{LOGOUT}", data={"logout_token": token})


def ends(browser: httpx.Client) -> bool:
    return bool(wait_until(lambda: not is_in(browser), 5))


def test_a_form_is_a_small_one(browser: httpx.Client, liar: Liar) -> None:
    # Anybody may send one, and to take it apart takes time from everybody.
    token, as_form = liar.logout_token(sub="nobody"), {"content-type": "application/x-www-form-urlencoded"}
    for more, answer in (("a=b&" * 99, None), ("a=b&" * 100, "bad-logout-token"), ("a" * 70_000, "body-too-large")):
        got = browser.post(LOGOUT, content=f"{more}&logout_token={token}".replace("&&", "&"), headers=as_form)
        assert got.status_code == 200 if answer is None else problem(got, answer)


def test_a_good_logout_token_ends_the_session_it_names(browser: httpx.Client, liar: Liar) -> None:
    sign_in(browser, liar, sid="this one")
    answer = log_out(browser, liar.logout_token(sid="another"))
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (200, b"", "no-store")
    assert is_in(browser)
    assert log_out(browser, liar.logout_token(sid="this one")).status_code == 200
    assert ends(browser)


@pytest.mark.parametrize("typ", ["JWT", "application/logout+jwt", ...])
def test_its_type_may_be_general_or_missing(browser: httpx.Client, liar: Liar, typ: Any) -> None:
    sign_in(browser, liar, sub=(sub := uuid4().hex))
    assert log_out(browser, liar.logout_token(sub=sub, header={"typ": typ})).status_code == 200
    assert ends(browser)


def test_a_logout_that_comes_again_ends_nothing_that_began_after_it(browser: httpx.Client, liar: Liar) -> None:
    sub = uuid4().hex
    sign_in(browser, liar, sub=sub, iat=int(time.time()) - 20)
    token = liar.logout_token(sub=sub, iat=int(time.time()) - 10)
    assert log_out(browser, token).status_code == 200
    assert ends(browser)
    sign_in(browser, liar, sub=sub)
    assert log_out(browser, token).status_code == 200
    with httpx.Client(base_url=browser.base_url, cookies=browser.cookies) as again:
        # By a question that no node remembers the answer of.
        assert again.get("/api/v1/auth/sessions").json()["sessions"][0]["current"]
    assert log_out(browser, liar.logout_token(sub=sub)).status_code == 200
    assert ends(browser)


@pytest.mark.parametrize(
    "changes",
    [
        {"events": ...}, {"events": {}}, {"events": []}, {"events": dict.fromkeys(EVENT)},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"nonce": "x"}, {"nonce": None},
        {"aud": "another"}, {"aud": ...}, {"iss": "https://evil.example"}, {"iss": ...},
        {"iat": ...}, {"iat": LATER}, {"iat": int(time.time()) - 4000}, {"iat": "now"},
        {"exp": ...}, {"exp": 1}, {"jti": ...},
        {"sub": ..., "sid": ...}, {"sub": ""}, {"sub": 7}, {"sub": ..., "sid": 7}, {"sid": ["s"]}, {"sub": "a\0b"},
        {"header": {"typ": "at+jwt"}}, {"header": {"alg": "none"}}, {"header": {"alg": "HS256"}},
        {"key": new_key("RSA")}, {"kid": "unknown", "key": new_key("RSA")},
    ],
)  # fmt: skip
def test_a_logout_token_that_is_not_good_is_400_and_ends_nothing(
    browser: httpx.Client, liar: Liar, changes: dict[str, Any]
) -> None:
    sign_in(browser, liar, sid="s")
    answer = log_out(browser, liar.logout_token(**changes))
    assert "." in problem(answer, "bad-logout-token")["detail"]
    assert answer.headers["cache-control"] == "no-store"
    assert browser.get("/api/v1/auth/sessions").json()["sessions"]


def test_an_id_token_is_no_logout_token(browser: httpx.Client, liar: Liar) -> None:
    sign_in(browser, liar)
    for token in (liar.id_token(nonce="x"), liar.id_token(jti="x"), "", "x", "x.y.z", "é"):
        problem(log_out(browser, token), "bad-logout-token")


@pytest.mark.parametrize(
    "body",
    [b"", b"logout_token", b"logout_token=", b"%ff=%ff", b"\xff\x00", b"{}", b"&" * 60_000, b"logout_token=x;y"],
)
def test_a_logout_that_is_no_form_is_400(node: RunningNode, body: bytes) -> None:
    problem(node.client().post(LOGOUT, content=body), "bad-logout-token")


def test_a_session_of_another_deployment_is_not_ours_to_read(browser: httpx.Client, liar: Liar) -> None:
    """The seal is made with the secret: what the browser keeps for one deployment tells another nothing."""
    set_out(browser)
    sealed = base64.urlsafe_b64decode(browser.cookies["consentfeed_sso"])
    assert b"nonce" not in sealed
    assert b"state" not in sealed
