"""The sign-in page, who is sent where, and what the pages' answers forbid."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from playwright.sync_api import TimeoutError as TookTooLong

from consentfeed.errors import DatabaseAway
from consentfeed.http.pages import HOMES, PAGES, WEB
from consentfeed.identity import passwords
from consentfeed.permissions import ACCESS
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.seed import PASSWORD
from tests.web.conftest import NewPerson

ROLES = ("customer", "csr", "admin")
WAYS = "**/api/v1/auth/ways"
PROBLEMS = {
    "sso-refused": "refused or cancelled",
    "sso-expired": "took too long",
    "sso-no-role": "nobody has given you access",
    "sso-no-customer": "not as one of our customers",
    "sso-away": "cannot be reached",
    "account-disabled": "disabled",
    "what-is-to-come": "did not work",
    "<img src=x onerror=alert(1)>": "did not work",
}


def offered(context: BrowserContext, *, password: bool, title: str | None) -> None:
    """What the server says of ways to sign in."""
    ways = {"password": password, "single_sign_on": title and {"title": title}}
    context.route(WAYS, lambda route: route.fulfill(json=ways))


@pytest.mark.parametrize("role", ROLES)
def test_signing_in_leads_to_the_page_of_the_role_and_signing_out_back(person: NewPerson, role: str) -> None:
    page = person().signing_in()
    page.fill("#email", f"{role}@example.com")
    page.fill("#password", PASSWORD)
    page.click("#submit")
    page.wait_for_url(f"**/{role}")
    expect(page.locator("#user")).to_have_text(f"{role}@example.com")
    page.goto(page.url.rsplit("/", 1)[0] + "/")
    page.wait_for_url(f"**/{role}")
    expect(page.locator("#user")).not_to_be_empty()
    page.click("#signout")
    page.wait_for_selector("#email")
    page.goto(page.url + role)
    page.wait_for_selector("#email")


def test_a_wrong_password_is_said_and_the_address_stays(person: NewPerson) -> None:
    page = person().signing_in()
    page.fill("#email", "csr@example.com")
    page.fill("#password", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_contain_text("wrong")
    expect(page.locator("#email")).to_have_value("csr@example.com")
    expect(page.locator("#password")).to_be_focused()
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/csr")


def test_single_sign_on_is_offered_above_the_password_and_leads_to_where_one_was_going(person: NewPerson) -> None:
    someone = person()
    offered(someone.context, password=True, title="SLT <b>Login</b>")
    page = someone.tab("/?to=/account")
    sso = page.locator("#sso")
    expect(sso).to_have_text("Sign in with SLT <b>Login</b>")
    expect(sso).to_have_attribute("href", re.compile(r"^[^?]*/api/v1/auth/sso\?to=/account$"))
    expect(page.locator("#or")).to_be_visible()
    below, above = page.locator("#email").bounding_box(), sso.bounding_box()
    assert below
    assert above
    assert above["y"] < below["y"]
    page.keyboard.press("Tab")
    expect(sso).to_be_focused()
    attempt(page)
    page.wait_for_url("**/account")


def test_without_passwords_there_is_no_form_and_without_single_sign_on_no_button(person: NewPerson) -> None:
    one, other = person(), person()
    offered(one.context, password=False, title="Login")
    offered(other.context, password=True, title=None)
    page = one.tab()
    expect(page.locator("#sso")).to_have_attribute("href", "/api/v1/auth/sso")
    expect(page.locator("#form")).to_be_hidden()
    expect(page.locator("#or")).to_be_hidden()
    page = other.signing_in()
    expect(page.locator("#email")).to_be_focused()
    expect(page.locator("#sso")).to_be_hidden()
    expect(page.locator("#or")).to_be_hidden()


def test_a_node_with_an_identity_provider_offers_it_in_place_of_passwords(
    person: NewPerson, start_node: StartNode
) -> None:
    issuer = {"issuer": "http://127.0.0.1:1", "client_id": "consentfeed", "sso_title": "Login"}
    page = person(start_node(**issuer).url).tab("/?to=/csr")
    expect(page.locator("#form")).to_be_hidden()
    page.click("#sso")  # nobody is there
    expect(page.locator("#problem")).to_contain_text("cannot be reached")
    page = person(start_node(**issuer, passwords=True).url).signing_in()
    expect(page.locator("#sso")).to_be_visible()


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/web/shared/icon.svg", "javascript:alert(1)"]
)
def test_nobody_is_led_to_where_a_link_from_elsewhere_says(person: NewPerson, to: str) -> None:
    someone = person()
    offered(someone.context, password=True, title="Login")
    page = someone.tab(f"/?to={to}")
    expect(page.locator("#sso")).to_have_attribute("href", "/api/v1/auth/sso")
    attempt(page)
    page.wait_for_url("**/csr")


@pytest.mark.parametrize("code", PROBLEMS)
def test_what_the_identity_provider_could_not_do_is_said_once(person: NewPerson, code: str) -> None:
    someone = person()
    page = someone.tab(f"/?problem={code}")
    expect(page.get_by_role("alert")).to_contain_text(PROBLEMS[code])
    assert page.url == f"{someone.url}/"
    assert page.locator("main img").count() == 0
    page.reload()
    expect(page.locator("#submit")).to_be_enabled()
    expect(page.locator("#problem")).to_be_empty()


def test_while_it_is_not_known_what_is_offered_a_password_serves_and_it_is_asked_again(person: NewPerson) -> None:
    someone = person()
    page = someone.tab("/web/shared/icon.svg")
    page.clock.install()
    page.route(WAYS, lambda route: route.fulfill(status=503, json={"type": "/problems/database-away"}))
    page.goto(someone.url)
    expect(page.locator("#ways-away")).to_contain_text("Trying again")
    expect(page.locator("#submit")).to_be_enabled()
    page.unroute(WAYS)
    offered(someone.context, password=True, title="Login")
    page.clock.run_for(6000)
    expect(page.locator("#sso")).to_be_visible()
    expect(page.locator("#ways-away")).to_be_empty()


@pytest.mark.parametrize(
    ("seconds", "words"), [("30", "in 30 seconds."), ("1", "in 1 second."), ("200", "in 4 minutes."), ("", "a minute")]
)
def test_too_many_attempts_are_told_when_to_try_again(person: NewPerson, seconds: str, words: str) -> None:
    page = person().signing_in()
    headers = {"Retry-After": seconds} if seconds else {}
    page.route("**/auth/login", lambda route: route.fulfill(status=429, headers=headers, json={}))
    attempt(page)
    expect(page.locator("#problem")).to_contain_text(words)
    expect(page.locator("#submit")).to_be_enabled()


def test_too_many_wrong_passwords_are_told_when_to_try_again(person: NewPerson, start_node: StartNode) -> None:
    page = person(start_node(account_failures=1).url).signing_in()
    attempt(page, "wrong")
    expect(page.locator("#problem")).to_contain_text("wrong")
    attempt(page)
    expect(page.locator("#problem")).to_contain_text("Too many attempts. Try again in")


def attempt(page: Page, password: str = PASSWORD) -> None:
    page.fill("#email", "csr@example.com")
    page.fill("#password", password)
    page.click("#submit")


def test_what_is_left_empty_is_asked_for_and_nothing_is_sent(person: NewPerson) -> None:
    page = person().signing_in()
    page.click("#submit")
    expect(page.locator("#problem")).to_have_text("Enter your e-mail address. Enter your password.")
    expect(page.locator("#email")).to_be_focused()
    assert page.locator("#form [aria-invalid=true]").count() == 2
    page.fill("#email", "csr@example.com")
    page.click("#submit")
    expect(page.locator("#problem")).to_have_text("Enter your password.")
    expect(page.locator("#password")).to_be_focused()
    expect(page.locator("#email")).to_have_attribute("aria-invalid", "false")


@pytest.mark.parametrize(("code", "word"), [("si", "මුරපදය"), ("ta", "கடவுச்சொல்")])
def test_the_language_of_the_browser_is_spoken_and_another_can_be_chosen(
    person: NewPerson, code: str, word: str
) -> None:
    page = person(locale=f"{code}-LK").tab()
    expect(page.locator("label[for=password]")).to_have_text(word)
    assert page.get_attribute("html", "lang") == code
    page.click("#languages [lang=en]")
    expect(page.locator("label[for=password]")).to_have_text("Password")


def test_who_signs_in_in_another_tab_is_not_taken_for_who_was_there(person: NewPerson, database: Sql) -> None:
    someone = person()
    page = someone.sign_in("customer")
    expect(page.get_by_role("switch")).to_have_count(4)
    before = database.head()
    with someone.context.expect_page() as opened:
        page.evaluate("window.open('/web/shared/icon.svg')")
    credentials = {"email": "csr@example.com", "password": PASSWORD}
    signing_in = "(body) => fetch('/api/v1/auth/login', { method: 'POST', body: JSON.stringify(body) })"
    opened.value.evaluate(signing_in, credentials)
    with suppress(TookTooLong):  # the page may have noticed by itself, and gone
        page.get_by_role("switch").first.click(timeout=2000)
    page.wait_for_url("**/csr")
    assert database.head() == before


def test_an_account_of_a_program_is_told_that_it_has_no_page(person: NewPerson) -> None:
    page = person().signing_in()
    page.fill("#email", "service@example.com")
    page.fill("#password", PASSWORD)
    page.click("#submit")
    expect(page.locator("#problem")).to_contain_text("no page")


def test_a_page_comes_also_while_the_database_is_away_and_then_goes_on(
    person: NewPerson, node: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = person()
    page = someone.sign_in("csr")

    async def away(*_: object) -> None:
        raise DatabaseAway

    with monkeypatch.context() as patch:
        patch.setattr(node.node.sessions, "by_cookie", away)
        page.reload()
        expect(page.get_by_role("alert")).to_contain_text("Try again")
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(page.locator("#light")).to_have_attribute("data-phase", "live")


@pytest.mark.parametrize("path", PAGES)
def test_who_signs_out_before_the_page_hears_it_is_signed_out_once_it_does(person: NewPerson, path: str) -> None:
    someone = person()
    page = someone.sign_in("customer" if path == "/customer" else "admin")
    held: list[Route] = []
    someone.context.route("**/auth/me", lambda route: held.append(route))
    with page.expect_request("**/auth/me"):
        page.goto(f"{page.url.rsplit('/', 1)[0]}{path}")
    page.locator("#signout").click(force=True)
    held[0].continue_()
    page.wait_for_selector("#email")


def test_a_sign_out_that_fails_says_so_and_stays(person: NewPerson) -> None:
    page = person().sign_in("csr")
    page.route("**/auth/logout", lambda route: route.fulfill(status=503))
    page.click("#signout")
    expect(page.locator(".toast")).to_contain_text("still signed in")
    page.wait_for_url(re.compile("/csr#"))


@pytest.mark.parametrize("role", [None, *ROLES, "service"])
@pytest.mark.parametrize("path", ["/", *PAGES])
def test_each_role_is_sent_to_a_page_of_its_own(shared_node: RunningNode, role: str | None, path: str) -> None:
    with shared_node.client(role) as client:
        answer = client.get(path)
    if path in PAGES and role in ACCESS[f"GET {path}"].roles:
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        return
    home = HOMES.get(role or "", "/?to=/account" if (role, path) == (None, "/account") else "/")
    assert answer.headers.get("location", path) == home
    assert answer.status_code == (200 if path == home else 303)


def test_every_file_comes_under_a_strict_policy_and_is_asked_for_again(node: RunningNode) -> None:
    with node.client() as client:
        for file in (path for path in WEB.rglob("*") if path.is_file()):
            answer = client.get(f"/web/{file.relative_to(WEB)}")
            assert answer.content == file.read_bytes()
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-cache"
            again = client.get(f"/web/{file.relative_to(WEB)}", headers={"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304
        for outside in ("/web/../settings.py", "/web/%2e%2e/settings.py", "/web/none.js", "/web/"):
            assert client.get(outside).status_code == 404, outside


def test_a_page_that_is_not_there_says_so_in_the_readers_language_and_leads_on(person: NewPerson) -> None:
    page = person(locale="si-LK").tab("/no/such/page")
    expect(page.get_by_role("heading")).to_have_text("එවැනි පිටුවක් නැත")
    page = person().tab("/no/such/page")
    page.get_by_role("link").click()
    expect(page.locator("#submit")).to_be_enabled()


def test_the_accounts_of_the_demo_are_named_while_they_have_its_password_and_nowhere_else(
    person: NewPerson, node: RunningNode, database: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = person().signing_in()
    expect(page.locator("#demo")).to_be_hidden()
    ((hashed,),) = database.run("SELECT password_hash FROM consentfeed.users WHERE email = 'csr@example.com'")
    (api,) = {one.handle.__self__ for one in node.node.endpoints if one.path == "/api/v1/auth/ways"}  # type: ignore[attr-defined]
    monkeypatch.setattr(api._demo, "_hashes", dict.fromkeys(("csr@example.com", "admin@example.com"), hashed))
    monkeypatch.setattr(passwords, "DEMO", PASSWORD)
    page.reload()
    expect(page.locator("#demo-password")).to_have_text(PASSWORD)
    expect(page.locator("#demo-accounts button")).to_have_text(["csr@example.com", "admin@example.com"])
    database.run("SELECT consentfeed.disable_user('admin@example.com')")
    page.reload()
    expect(page.locator("#demo-accounts button")).to_have_text(["csr@example.com"])
    page.click("#demo-accounts button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/csr")
    database.run("UPDATE consentfeed.users SET password_hash = 'another' WHERE email = 'csr@example.com'")
    page = person().signing_in()
    expect(page.locator("#demo")).to_be_hidden()
