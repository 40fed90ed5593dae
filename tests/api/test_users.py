"""Accounts and sessions, as admins see and change them."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed.api.sessions import SessionPage
from consentfeed.api.users import Account, AccountPage
from consentfeed.http.paging import write_cursor
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER, NOBODY, PASSWORD, STAFF
from tests.support.waiting import wait_until


def add(rest: Rest, role: str = "csr", **more: Any) -> Any:
    email = f"{uuid4().hex}@example.com"
    return ok(rest.call("POST", "/users", "admin", json={"email": email, "role": role, **more}), Account)


def change(rest: Rest, user: str, what: str, subject: str | None = None, **options: Any) -> httpx.Response:
    return rest.call("POST", f"/users/{user}/{what}", "admin", subject, **options)


@pytest.fixture
def browser(rest: Rest) -> Iterator[httpx.Client]:
    """A client that keeps cookies."""
    with httpx.Client(base_url=f"{rest.node.url}/api/v1") as client:
        yield client


def sign_in(browser: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return browser.post("/auth/login", json={"email": email, "password": password})


# Accounts


@pytest.mark.parametrize("role", ["csr", "admin", "service"])
def test_an_account_that_was_added_signs_in(rest: Rest, browser: httpx.Client, role: str) -> None:
    email = f"{uuid4().hex}@example.com"
    answer = rest.call("POST", "/users", "admin", json={"email": email, "role": role, "password": "tschacka boom"})
    assert answer.status_code == 201
    account = ok(answer, Account)
    assert (account["email"], account["role"], account["disabled_at"]) == (email, role, None)
    user = ok(sign_in(browser, email, "tschacka boom"))["user"]
    assert user == {"id": account["id"], "email": email, "role": role}


def test_a_password_is_kept_as_a_hash_and_never_told(rest: Rest) -> None:
    account = add(rest, password="tschacka boom")
    ((kept,),) = rest.sql("SELECT password_hash FROM consentfeed.users WHERE id = %s", account["id"])
    assert kept.startswith("$argon2id$")
    assert "argon2" not in rest.get("/users?limit=1000", "admin").text


def test_without_a_password_nobody_signs_in_with_one(rest: Rest, browser: httpx.Client) -> None:
    problem(sign_in(browser, add(rest)["email"]), "wrong-password")


def test_a_customers_account_has_the_customers_id(rest: Rest, browser: httpx.Client) -> None:
    customer = rest.customer()
    account = add(rest, "customer", customer_id=customer, password=PASSWORD)
    assert account["id"] == customer
    sign_in(browser, account["email"])
    owners = {consent["customer_id"] for consent in ok(browser.get("/customer/consents"))["consents"]}
    assert owners == {customer}
    again = {"email": f"{uuid4().hex}@example.com", "role": "customer", "customer_id": customer}
    problem(rest.call("POST", "/users", "admin", json=again), "taken")


def test_an_address_that_is_taken_is_409_in_capitals_too(rest: Rest) -> None:
    body = {"email": add(rest)["email"].upper(), "role": "csr"}
    before = rest.written()
    problem(rest.call("POST", "/users", "admin", json=body), "taken")
    assert rest.written() == before


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"email": "nobody"}, "$.email"),
        ({"email": "a b@example.com"}, "$.email"),
        ({"email": "a\n@example.com"}, "$.email"),
        ({"email": "x" * 320 + "@x"}, "$.email"),
        ({"role": "owner"}, "$.role"),
        ({"role": None}, "$.role"),
        ({"password": "too short"}, "$.password"),
        ({"password": "x" * 1001}, "$.password"),
        ({"customer_id": CUSTOMER}, "$.customer_id"),
        ({"role": "customer"}, "$.customer_id"),
        ({"role": "customer", "customer_id": NOBODY}, "$.customer_id"),
        ({"role": "customer", "customer_id": "7"}, "$.customer_id"),
        ({"name": ""}, "$.name"),
        ({"name": "x" * 201}, "$.name"),
        ({"name": "two\nlines"}, "$.name"),
        ({"name": "Anna\u202eavliS"}, "$.name"),
        ({"name": "42"}, "$.name"),
        ({"id": NOBODY}, "id"),
    ],
)
def test_an_account_that_cannot_be_is_422_and_the_answer_says_where(
    rest: Rest, change: dict[str, Any], where: str
) -> None:
    before = rest.written()
    body = {"email": f"{uuid4().hex}@example.com", "role": "csr", **change}
    assert where in problem(rest.call("POST", "/users", "admin", json=body), "invalid")["detail"]
    assert rest.written() == before


def test_an_account_has_a_name_if_it_was_given_one_and_a_customers_is_the_customers(rest: Rest) -> None:
    assert add(rest)["name"] is None
    assert add(rest, name=" Nadeesha Silva ")["name"] == "Nadeesha Silva"
    customer = rest.customer("Somebody Known")
    assert add(rest, "customer", customer_id=customer)["name"] == "Somebody Known"
    body = {
        "email": f"{uuid4().hex}@example.com",
        "role": "customer",
        "name": "Another",
        "customer_id": rest.customer(),
    }
    assert "$.name" in problem(rest.call("POST", "/users", "admin", json=body), "invalid")["detail"]


def test_an_account_says_when_it_last_signed_in(rest: Rest, browser: httpx.Client) -> None:
    account = add(rest, password=PASSWORD)
    assert account["last_sign_in_at"] is None
    ok(rest.get("/auth/me", "csr", subject=account["id"]))  # a token is no sign-in
    problem(sign_in(browser, account["email"], "wrong"), "wrong-password")
    assert ok(rest.get("/users", "admin", params={"q": account["id"]}))["users"] == [account]
    ok(sign_in(browser, account["email"]))
    (found,) = ok(rest.get("/users", "admin", params={"q": account["id"]}), AccountPage)["users"]
    ((opened,),) = rest.sql(
        "SELECT consentfeed.rfc3339(created_at) FROM consentfeed.sessions WHERE user_id = %s", account["id"]
    )
    assert found == {**account, "last_sign_in_at": opened}


def test_accounts_come_by_address_page_by_page(rest: Rest) -> None:
    for _ in range(3):
        add(rest)
    listed: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    while query.get("cursor", "") is not None:
        page = ok(rest.get("/users", "admin", params=query), AccountPage)
        assert 0 < len(page["users"]) <= 2
        listed += page["users"]
        query["cursor"] = page["next"]
    rows = rest.sql("SELECT id::text FROM consentfeed.users ORDER BY email_key")
    assert [one["id"] for one in listed] == [row[0] for row in rows]


def test_an_account_is_found_by_part_of_its_address_and_by_its_id(rest: Rest) -> None:
    account = add(rest)
    for query in (account["email"][3:20], account["email"].upper(), account["id"], account["id"].upper()):
        found = ok(rest.get("/users", "admin", params={"q": query}), AccountPage)
        assert found == {"users": [account], "next": None}, query
    for query in ("%", "_____", "nobody-of-this-name"):
        assert rest.json("/users", "admin", params={"q": query})["users"] == [], query


@pytest.mark.parametrize("query", ["sort=email", "limit=0", "q=%00", "cursor=x"])
def test_a_query_for_accounts_that_is_none_is_422(rest: Rest, query: str) -> None:
    problem(rest.get(f"/users?{query}", "admin"), "invalid")


def test_a_disabled_account_is_out_with_its_sessions_streams_and_tokens_until_it_is_enabled(
    rest: Rest, browser: httpx.Client
) -> None:
    account = add(rest, password=PASSWORD)
    sign_in(browser, account["email"])
    cookie = rest.node.tail(cookie=browser.cookies["consentfeed_session"])
    token = rest.node.tail("csr", subject=account["id"])
    disabled = ok(change(rest, account["id"], "disable"), Account)
    account |= {"last_sign_in_at": disabled["last_sign_in_at"]}
    assert disabled["tag"] != account["tag"]
    assert disabled == {**account, "disabled_at": disabled["disabled_at"], "tag": disabled["tag"]}
    assert ok(change(rest, account["id"], "disable")) == disabled, "and it stays as it was"
    for tail in (cookie, token):
        assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    problem(sign_in(browser, account["email"]), "account-disabled")
    assert ok(change(rest, account["id"], "enable"), Account) == account
    wait_until(lambda: rest.get("/auth/me", "csr", subject=account["id"]).status_code == 200, 5)
    wait_until(lambda: browser.get("/auth/me").status_code == 401, 5, "its session stays ended")
    assert ok(sign_in(browser, account["email"]))["user"]["id"] == account["id"]


def test_another_role_ends_what_was_open_in_the_old_one(rest: Rest, browser: httpx.Client) -> None:
    account = add(rest, "admin", password=PASSWORD)
    sign_in(browser, account["email"])
    cookie = rest.node.tail(cookie=browser.cookies["consentfeed_session"])
    token = rest.node.tail("admin", subject=account["id"])
    changed = ok(change(rest, account["id"], "role", json={"role": "csr"}), Account)
    assert changed["tag"] != account["tag"]
    assert changed == {**account, "role": "csr", **{name: changed[name] for name in ("last_sign_in_at", "tag")}}
    for tail in (cookie, token):
        assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    wait_until(lambda: rest.get("/auth/me", "admin", subject=account["id"]).status_code == 401, 5, "the token's role")
    wait_until(lambda: browser.get("/auth/me").status_code == 401, 5)
    assert ok(sign_in(browser, account["email"]))["user"]["role"] == "csr"
    problem(browser.get("/users"), "forbidden")


def test_the_same_role_again_changes_nothing_and_ends_nothing(rest: Rest, browser: httpx.Client) -> None:
    account = add(rest, password=PASSWORD)
    sign_in(browser, account["email"])
    same = ok(change(rest, account["id"], "role", json={"role": "csr"}))
    assert same == {**account, "last_sign_in_at": same["last_sign_in_at"]}
    rows = rest.sql("SELECT ended_at FROM consentfeed.sessions WHERE user_id = %s", account["id"])
    assert rows == [(None,)]


def test_nobody_takes_away_their_own_access(rest: Rest) -> None:
    before = rest.written()
    problem(change(rest, STAFF["admin"], "disable"), "own-account")
    for role in ("csr", "service"):
        problem(change(rest, STAFF["admin"], "role", json={"role": role}), "own-account")
    ok(change(rest, STAFF["admin"], "role", json={"role": "admin"}))
    ok(change(rest, STAFF["admin"], "enable"))
    assert rest.written() == before


def test_one_admin_is_left_whoever_asks(rest: Rest) -> None:
    """A token can be an admin's without an account."""
    rest.sql("UPDATE consentfeed.users SET disabled_at = now() WHERE role = 'admin' AND id <> %s", STAFF["admin"])
    for what, options in (("disable", {}), ("role", {"json": {"role": "csr"}})):
        problem(change(rest, STAFF["admin"], what, subject=NOBODY, **options), "last-admin")
    other = add(rest, "admin")
    ok(change(rest, other["id"], "disable"))
    problem(change(rest, STAFF["admin"], "disable", subject=NOBODY), "last-admin")


def test_two_admins_who_disable_each_other_at_once_do_not_both_succeed(rest: Rest) -> None:
    rest.sql("UPDATE consentfeed.users SET disabled_at = now() WHERE role = 'admin'")
    added = "SELECT consentfeed.add_user(gen_random_uuid() || '@example.com', 'admin', NULL, NULL)::text"
    one, other = (rest.sql(added)[0][0] for _ in range(2))
    try:
        with rest.database.connect() as holder:
            holder.execute("SELECT FROM consentfeed.users WHERE id = ANY (%s) FOR UPDATE", ([one, other],))
            answers = rest.while_held(
                holder, lambda: change(rest, one, "disable", other), lambda: change(rest, other, "disable", one)
            )
    finally:
        rest.sql("UPDATE consentfeed.users SET disabled_at = NULL WHERE id = %s", STAFF["admin"])
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_a_customers_account_keeps_its_role_and_no_other_becomes_one(rest: Rest) -> None:
    customer = add(rest, "customer", customer_id=rest.customer())
    problem(change(rest, customer["id"], "role", json={"role": "csr"}), "customer-account")
    problem(change(rest, add(rest)["id"], "role", json={"role": "customer"}), "invalid")
    ok(change(rest, customer["id"], "disable"))


@pytest.mark.parametrize("user", [NOBODY, "7", "%00", NOBODY.replace("-", "")])
def test_an_account_that_is_none_is_404(rest: Rest, user: str) -> None:
    for what in ("disable", "enable"):
        problem(change(rest, user, what), "not-found")
    problem(change(rest, user, "role", json={"role": "csr"}), "not-found")


# Sessions


def sessions(browser: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(browser.get("/sessions", params={"limit": 1000}), SessionPage)["sessions"]
    return found


def test_open_sessions_are_listed_with_whose_they_are_and_which_one_asks(rest: Rest, browser: httpx.Client) -> None:
    mine = ok(sign_in(browser, "admin@example.com"))["user"]
    other = add(rest, password=PASSWORD)
    with httpx.Client(base_url=f"{rest.node.url}/api/v1") as elsewhere:
        sign_in(elsewhere, other["email"])
        elsewhere.cookies.clear()  # as in another browser; in the same one it would end the first
        sign_in(elsewhere, other["email"])
    found = sessions(browser)
    assert [session["user"] for session in found if session["current"]] == [mine]
    assert [session["user"]["id"] for session in found].count(other["id"]) == 2
    assert not any(session["current"] for session in ok(rest.get("/sessions", "admin"))["sessions"])


def test_sessions_that_have_ended_or_expired_or_are_of_a_disabled_account_are_not_listed(
    rest: Rest, browser: httpx.Client
) -> None:
    accounts = [add(rest, password=PASSWORD) for _ in range(3)]
    for account in accounts:
        sign_in(browser, account["email"])
    browser.post("/auth/logout")
    rest.sql("UPDATE consentfeed.sessions SET expires_at = now() WHERE user_id = %s", accounts[1]["id"])
    rest.sql("UPDATE consentfeed.users SET disabled_at = now() WHERE id = %s", accounts[0]["id"])
    sign_in(browser, "admin@example.com")
    assert not {session["user"]["id"] for session in sessions(browser)} & {account["id"] for account in accounts}


def test_sessions_come_page_by_page(rest: Rest, browser: httpx.Client) -> None:
    for _ in range(4):
        sign_in(browser, "admin@example.com")
    # Two that end at the same moment: the id decides.
    rest.sql("UPDATE consentfeed.sessions SET expires_at = date_trunc('hour', expires_at)")
    listed: list[str] = []
    query: dict[str, Any] = {"limit": 1}
    while query.get("cursor", "") is not None:
        page = ok(browser.get("/sessions", params=query), SessionPage)
        listed += [session["id"] for session in page["sessions"]]
        query["cursor"] = page["next"]
    assert listed == [session["id"] for session in sessions(browser)]
    assert len(set(listed)) == len(listed) >= 4


def test_a_session_that_an_admin_ends_is_out_with_its_streams(rest: Rest, browser: httpx.Client) -> None:
    account = add(rest, password=PASSWORD)
    sign_in(browser, account["email"])
    tail = rest.node.tail(cookie=browser.cookies["consentfeed_session"])
    (session,) = [
        one for one in ok(rest.get("/sessions?limit=1000", "admin"))["sessions"] if one["user"]["id"] == account["id"]
    ]
    path = f"/sessions/{session['id']}/end"
    assert rest.call("POST", path, "admin").status_code == 204
    assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    wait_until(lambda: browser.get("/auth/me").status_code == 401, 5)
    problem(rest.call("POST", path, "admin"), "not-found")


@pytest.mark.parametrize("session", [NOBODY, "7", "%00"])
def test_a_session_that_is_none_is_404(rest: Rest, session: str) -> None:
    problem(rest.call("POST", f"/sessions/{session}/end", "admin"), "not-found")


@pytest.mark.parametrize("query", ["limit=0", "q=x", "cursor=x"])
def test_a_query_for_sessions_that_is_none_is_422(rest: Rest, query: str) -> None:
    problem(rest.get(f"/sessions?{query}", "admin"), "invalid")


def test_a_cursor_of_sessions_that_is_not_a_time_is_422(rest: Rest) -> None:
    problem(rest.get(f"/sessions?cursor={write_cursor('expires_at', 'soon', NOBODY)}", "admin"), "invalid")
