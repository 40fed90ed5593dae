"""Signing in: sessions with a cookie, bearer tokens, and what counts as neither."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed.api.auth import SignedIn
from consentfeed.identity import jwt, session_token, tokens
from consentfeed.identity.passwords import hash_password
from tests.support.database import Sql
from tests.support.rest import ROLES, Rest, ok, problem
from tests.support.seed import CUSTOMER, PASSWORD, STAFF
from tests.support.tokens import SECRET, bearer
from tests.support.waiting import wait_until

LOGIN, ME, LOGOUT = "/api/v1/auth/login", "/api/v1/auth/me", "/api/v1/auth/logout"
COOKIE = "consentfeed_session"


@pytest.fixture
def browser(rest: Rest) -> Iterator[httpx.Client]:
    """A client that keeps cookies."""
    with httpx.Client(base_url=rest.node.url, verify=False) as client:
        yield client


def sign_in(browser: httpx.Client, email: str = "csr@example.com", **options: Any) -> httpx.Response:
    return browser.post(LOGIN, json={"email": email, "password": PASSWORD}, **options)


def new_account(database: Sql, role: str = "csr") -> str:
    email = f"{uuid4().hex}@example.com"
    database.run("SELECT consentfeed.add_user(%s, %s, %s, NULL)", email, role, hash_password(PASSWORD))
    return email


@pytest.mark.parametrize("role", ROLES)
def test_login_answers_the_user_and_the_cookie_serves_as_that_user(browser: httpx.Client, role: str) -> None:
    user = {"id": STAFF.get(role, CUSTOMER), "email": f"{role}@example.com", "role": role}
    assert ok(sign_in(browser, user["email"]), SignedIn) == {"user": user}
    assert ok(browser.get(ME), SignedIn) == {"user": user}


def test_the_cookie_of_a_customer_shows_own_consents_alone(rest: Rest, browser: httpx.Client) -> None:
    sign_in(browser, "customer@example.com")
    owners = {consent["customer_id"] for consent in ok(browser.get("/api/v1/customer/consents"))["consents"]}
    assert owners == {CUSTOMER}
    problem(browser.get(f"/api/v1/consents/{rest.consent()}"), "not-found")


def test_the_cookie_is_http_only_lax_and_for_the_whole_site(browser: httpx.Client) -> None:
    name, *attributes = sign_in(browser).headers["set-cookie"].split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert "Secure" not in attributes


def test_the_cookie_is_secure_under_https(browser: httpx.Client) -> None:
    # As a proxy on this machine says that it ends TLS.
    answer = sign_in(browser, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["set-cookie"].split("; ")


def test_the_address_may_be_written_in_capitals(browser: httpx.Client) -> None:
    assert ok(sign_in(browser, "CSR@Example.COM"))["user"]["email"] == "csr@example.com"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(rest: Rest, browser: httpx.Client) -> None:
    without_password = f"{uuid4().hex}@example.com"
    rest.sql("SELECT consentfeed.add_user(%s, 'csr', NULL, NULL)", without_password)
    wrong = browser.post(LOGIN, json={"email": "csr@example.com", "password": "not the password"})
    problem(wrong, "wrong-password")
    for email in ("nobody@example.com", without_password, ""):
        answer = sign_in(browser, email)
        assert (answer.status_code, answer.content) == (wrong.status_code, wrong.content)
        assert "set-cookie" not in answer.headers


def test_that_an_account_is_disabled_is_told_to_who_knows_its_password_alone(rest: Rest, browser: httpx.Client) -> None:
    email = new_account(rest.database)
    rest.sql("SELECT consentfeed.disable_user(%s)", email)
    unknown = browser.post(LOGIN, json={"email": "nobody@example.com", "password": "not the password"})
    wrong = browser.post(LOGIN, json={"email": email, "password": "not the password"})
    problem(wrong, "wrong-password")
    assert wrong.content == unknown.content
    right = sign_in(browser, email)
    problem(right, "account-disabled")
    assert "set-cookie" not in right.headers


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "csr@example.com"},
        {"email": "csr@example.com", "password": 7},
        {"email": "a\x00b", "password": "x"},
        {"email": "csr@example.com", "password": "x", "remember": True},
    ],
)
def test_a_login_that_is_not_one_is_422(browser: httpx.Client, body: dict[str, Any]) -> None:
    problem(browser.post(LOGIN, json=body), "invalid")


def test_the_database_keeps_a_hash_of_the_cookie_alone(rest: Rest, browser: httpx.Client) -> None:
    sign_in(browser)
    rows = rest.sql("SELECT token_sha256 FROM consentfeed.sessions")
    assert session_token.token_hash(browser.cookies[COOKIE]) in {bytes(row[0]) for row in rows}


def test_logout_ends_the_session_and_takes_the_cookie_away(browser: httpx.Client) -> None:
    sign_in(browser)
    token = browser.cookies[COOKIE]
    assert browser.get(ME).status_code == 200
    assert browser.post(LOGOUT).status_code == 204
    assert COOKIE not in browser.cookies
    problem(browser.get(ME, headers={"Cookie": f"{COOKIE}={token}"}), "signed-out")


def test_signing_in_again_ends_the_session_before(browser: httpx.Client) -> None:
    sign_in(browser)
    before = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    sign_in(browser, "customer@example.com")
    browser.cookies.clear()
    problem(browser.get(ME, headers=before), "signed-out")


def test_a_page_that_was_opened_for_somebody_else_is_refused_and_changes_nothing(
    rest: Rest, browser: httpx.Client
) -> None:
    sign_in(browser, "customer@example.com")
    before, consent = rest.written(), rest.database.consents()[0]
    for user in (STAFF["csr"], "", "nobody"):
        headers = {"Consentfeed-User": user}
        problem(browser.get("/api/v1/customer/consents", headers=headers), "signed-out")
        problem(browser.post(f"/api/v1/customer/consents/{consent}/grant", headers=headers), "signed-out")
    assert rest.written() == before
    ok(browser.get("/api/v1/customer/consents", headers={"Consentfeed-User": CUSTOMER}))


def test_logout_without_a_session_is_done_too(browser: httpx.Client) -> None:
    assert browser.post(LOGOUT).status_code == 204
    assert browser.post(LOGOUT, headers={"Cookie": f"{COOKIE}=nonsense"}).status_code == 204


def test_a_session_ends_by_itself(rest: Rest, browser: httpx.Client) -> None:
    email = new_account(rest.database)
    sign_in(browser, email)
    rest.sql(
        "UPDATE consentfeed.sessions SET expires_at = now() WHERE user_id ="
        " (SELECT id FROM consentfeed.users WHERE email = %s)",
        email,
    )
    problem(browser.get(ME), "signed-out")


OF_ACCOUNT = "WHERE user_id = (SELECT id FROM consentfeed.users WHERE email = %s)"
ENDS = {
    "signed out elsewhere": (f"UPDATE consentfeed.sessions SET ended_at = now() {OF_ACCOUNT}", "ended"),
    "at its limit": (f"UPDATE consentfeed.sessions SET expires_at = now() {OF_ACCOUNT}", "expired"),
    "not used": (f"UPDATE consentfeed.sessions SET last_seen_at = now() - idle_limit {OF_ACCOUNT}", "expired"),
    "ended long after it was used": (
        f"UPDATE consentfeed.sessions SET last_seen_at = now() - 2 * idle_limit, ended_at = now() {OF_ACCOUNT}",
        "expired",
    ),
    "disabled": ("SELECT consentfeed.disable_user(%s)", "ended"),
    "disabled past all functions": ("UPDATE consentfeed.users SET disabled_at = now() WHERE email = %s", "ended"),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_session_that_has_ended_says_why_and_never_that_the_account_is_disabled(
    rest: Rest, browser: httpx.Client, how: str
) -> None:
    email = new_account(rest.database)
    ok(sign_in(browser, email))
    statement, reason = ENDS[how]
    rest.sql(statement, email)
    found = problem(browser.get(ME), "signed-out", reason=reason)
    assert "disabled" not in str(found)
    cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    browser.cookies.clear()
    for path, query in (("/csr", ""), ("/account", "to=/account&"), ("/", ""), ("/?to=/account", "to=/account&")):
        answer = browser.get(path, headers=cookie)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/?{query}problem=session-{reason}")
        assert f"{COOKIE}=; Max-Age=0;" in answer.headers["set-cookie"], "it is said once"
    assert browser.get(f"/?problem=session-{reason}", headers=cookie).status_code == 200


def test_where_there_was_no_session_nothing_is_said_of_one(browser: httpx.Client) -> None:
    for cookie in ({}, {"Cookie": f"{COOKIE}=nonsense"}):
        assert "reason" not in problem(browser.get(ME, headers=cookie), "signed-out")
        assert browser.get("/csr", headers=cookie).headers["location"] == "/"
    sign_in(browser)
    other = {"Consentfeed-User": STAFF["admin"]}
    assert "reason" not in problem(browser.get(ME, headers=other), "signed-out"), "it is open"


def test_a_disabled_account_is_out_within_seconds_with_cookie_and_token(rest: Rest, browser: httpx.Client) -> None:
    email = new_account(rest.database)
    account = ok(sign_in(browser, email))["user"]["id"]
    assert browser.get(ME).status_code == rest.get("/auth/me", subject=account).status_code == 200
    rest.sql("SELECT consentfeed.disable_user(%s)", email)
    wait_until(lambda: browser.get(ME).status_code == rest.get("/auth/me", subject=account).status_code == 401, 5)
    problem(sign_in(browser, email), "account-disabled")


def test_a_bearer_token_serves_wherever_a_cookie_does(rest: Rest) -> None:
    for role in ROLES:
        assert ok(rest.get("/auth/me", role), SignedIn)["user"]["role"] == role


def test_a_bearer_token_wins_over_the_cookie(browser: httpx.Client) -> None:
    sign_in(browser, "customer@example.com")
    assert ok(browser.get(ME, headers={"Authorization": f"Bearer {bearer('admin')}"}))["user"]["role"] == "admin"
    assert ok(browser.get(ME))["user"]["role"] == "customer"


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Bearer", "Basic Y3NyOng=", ""])
def test_a_bad_authorization_is_not_mended_by_a_good_cookie(browser: httpx.Client, authorization: str) -> None:
    sign_in(browser)
    problem(browser.get(ME, headers={"Authorization": authorization}), "signed-out")


def test_logging_out_with_a_bearer_token_leaves_the_cookies_session_alone(browser: httpx.Client) -> None:
    sign_in(browser)
    assert browser.post(LOGOUT, headers={"Authorization": f"Bearer {bearer('csr')}"}).status_code == 204
    assert browser.get(ME).status_code == 200


@pytest.mark.parametrize("name", ["access_token", "token", "authorization", "bearer", COOKIE])
@pytest.mark.parametrize("path", ["/auth/me", "/consents", "/events", "/customer/consents"])
def test_a_token_in_the_url_never_counts(rest: Rest, path: str, name: str) -> None:
    for value in (bearer("csr"), f"Bearer {bearer('csr')}"):
        problem(rest.get(path, None, params={name: value}), "signed-out")


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    good = {
        "iss": "consentfeed", "sub": STAFF["csr"], "email": "csr@example.com", "role": "csr",
        "iat": now, "exp": now + timedelta(hours=1),
    }  # fmt: skip
    return {name: value for name, value in (good | changes).items() if value is not ...}


def signed(content: dict[str, Any], key: bytes | None = None) -> str:
    return jwt.sign(content, jwt.secret_key(key) if key else tokens._signing_key(SECRET), "HS256")


def test_the_claims_of_these_tests_make_a_good_token(rest: Rest) -> None:
    ok(rest.get("/auth/me", None, headers={"Authorization": f"Bearer {signed(claims())}"}))


@pytest.mark.parametrize(
    "token",
    [
        bearer("csr", lifetime=-1),
        bearer("csr", secret="another secret, of the same length or so"),
        signed(claims(), b"x" * 32),
        signed(claims()).rpartition(".")[0] + ".",
        *(signed(claims(**{name: ...})) for name in ("exp", "sub", "email", "role", "iss")),
        signed(claims(iss="somebody else")),
        signed(claims(role="owner")),
        signed(claims(role=["csr"])),
        signed(claims(email=7)),
        signed(claims(sub="not a uuid")),
        signed(claims(sub="")),
        signed(claims(exp=10**15)),
        "x.y.z",
        "\u00e9",
    ],
)
def test_a_token_that_is_not_good_is_401(rest: Rest, token: str) -> None:
    answer = rest.get("/auth/me", None, headers={"Authorization": f"Bearer {token}".encode("latin-1")})
    problem(answer, "signed-out")


def test_a_cookie_that_names_an_account_opens_nothing(rest: Rest, browser: httpx.Client) -> None:
    assert rest.get("/auth/me", "admin").status_code == 200  # the node remembers this account for a moment
    for value in (f"account:{STAFF['admin']}", STAFF["admin"], bearer("admin")):
        problem(browser.get(ME, headers={"Cookie": f"{COOKIE}={value}"}), "signed-out")


FOREIGN = ["https://evil.example", "null", "http://127.0.0.1:1", "http://[", "evil.example", "https://"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_an_unsafe_request_with_a_cookie_and_a_foreign_origin_is_refused(
    rest: Rest, browser: httpx.Client, origin: str
) -> None:
    sign_in(browser, "customer@example.com")
    consent = rest.database.consents(CUSTOMER)[0]
    before = rest.written()
    for path in (f"/api/v1/customer/consents/{consent}/grant", LOGOUT, LOGIN):
        problem(browser.post(path, headers={"Origin": origin}), "foreign-origin")
    assert rest.written() == before
    assert browser.get(ME, headers={"Origin": origin}).status_code == 200


def test_an_unsafe_request_from_our_own_pages_is_served(rest: Rest, browser: httpx.Client) -> None:
    own = {"Origin": rest.node.url}
    assert sign_in(browser, "customer@example.com", headers=own).status_code == 200
    consent = rest.database.consents(CUSTOMER)[0]
    for headers in (own, {}):
        ok(browser.post(f"/api/v1/customer/consents/{consent}/grant", headers=headers))
    assert browser.post(LOGOUT, headers=own).status_code == 204


def test_a_bearer_token_is_served_from_any_origin(rest: Rest, browser: httpx.Client) -> None:
    sign_in(browser, "customer@example.com")
    headers = {"Origin": "https://app.example", "Authorization": f"Bearer {bearer('customer')}"}
    consent = rest.database.consents(CUSTOMER)[0]
    ok(browser.post(f"/api/v1/customer/consents/{consent}/grant", headers=headers))


def test_without_a_session_a_foreign_origin_is_simply_not_signed_in(rest: Rest) -> None:
    answer = rest.call("POST", f"/customer/consents/{uuid4()}/grant", headers={"Origin": "https://evil.example"})
    problem(answer, "signed-out")
