"""Passwords on the pages: one's own, another's, and the page that a link leads to."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.seed import PASSWORD
from tests.web.conftest import NewPerson, Person
from tests.web.looks import violations

NEW = "another good password"


def account(someone: Person, role: str = "csr") -> Page:
    """One's own account, when the form is there."""
    someone.sign_in(role).close()
    page = someone.tab("/account")
    expect(page.locator("#password")).to_be_visible()
    return page


def fill(page: Page, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> None:
    page.fill("#password-old", old)
    page.fill("#password-new", new)
    page.fill("#password-again", new if again is None else again)
    page.click("#password [type=submit]")


def sign_in(page: Page, password: str, email: str = "csr@example.com") -> None:
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("#submit")


@pytest.mark.parametrize("role", ["customer", "csr", "admin"])
def test_ones_own_password_is_changed_and_other_browsers_are_signed_out(person: NewPerson, role: str) -> None:
    other = person().sign_in(role)
    page = account(person(), role)
    fill(page)
    expect(page.locator(".toast[data-kind=success]")).to_contain_text("signed out everywhere else")
    for name in ("old", "new", "again"):
        expect(page.locator(f"#password-{name}")).to_have_value("")
    expect(page.locator("#sessions tbody tr")).to_have_count(1)
    other.wait_for_url(re.compile(r":\d+/(#.*)?$"))
    expect(other.locator("#submit")).to_be_enabled()
    sign_in(other, PASSWORD, f"{role}@example.com")
    expect(other.locator("#problem")).to_contain_text("wrong")
    sign_in(other, NEW, f"{role}@example.com")
    other.wait_for_url(re.compile(rf"/{role}(#.*)?$"))


def test_all_that_is_wrong_is_said_at_once_beside_its_field_and_nothing_is_sent(person: NewPerson, axe: str) -> None:
    page = account(person())
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    fill(page, "", "short", "shorter")
    expect(page.locator("#password-old-problem")).to_have_text("Enter your password.")
    expect(page.locator("#password-new-problem")).to_contain_text("at least 10 characters")
    expect(page.locator("#password-again-problem")).to_contain_text("not the same")
    expect(page.locator("#password-old")).to_be_focused()
    assert page.locator("#password [aria-invalid]").count() == 3
    assert violations(page, axe) == []
    assert not [url for url in requests if url.endswith("/auth/password")]


def test_a_wrong_old_password_is_said_beside_it_and_signs_nobody_out(person: NewPerson) -> None:
    page = account(person())
    fill(page, "not the password")
    expect(page.locator("#password-old-problem")).to_contain_text("not your present password")
    expect(page.locator("#password-old")).to_be_focused()
    expect(page.locator("#password-new")).to_have_value(NEW)
    expect(page.locator("#session-title")).to_have_count(0)


def test_where_another_service_keeps_the_password_it_is_said_in_place_of_the_form(person: NewPerson) -> None:
    someone = person()
    ways = {"password": False, "password_help": None, "single_sign_on": {"title": "Login"}}
    someone.context.route("**/api/v1/auth/ways", lambda route: route.fulfill(json=ways))
    someone.sign_in("csr").close()
    page = someone.tab("/account")
    expect(page.locator("#elsewhere")).to_contain_text("Change it there")
    expect(page.locator("#password")).to_be_hidden()


def make_link(admin: Page, email: str) -> str:
    """What an admin passes on."""
    admin.click("#tab-users")
    admin.locator("#users tr").filter(has_text=email).locator("[data-act=password]").click()
    admin.click("#password [type=submit]")
    expect(admin.locator("#password-link")).to_be_visible()
    return admin.locator("#password-link").input_value()


def test_a_link_that_an_admin_makes_serves_once(person: NewPerson, axe: str) -> None:
    admin = person().sign_in("admin")
    link = make_link(admin, "csr@example.com")
    expect(admin.locator("#password [data-slot=link-hint]")).to_contain_text("once, until")
    assert violations(admin, axe) == []
    admin.click("#password [data-slot=cancel]")
    expect(admin.locator("#password")).to_be_hidden()
    assert admin.locator("#password-link").input_value() == "", "nobody finds it there afterwards"
    somebody = person()
    page = somebody.tab(link.removeprefix(somebody.url))
    page.fill("#password", "short")
    page.fill("#again", NEW)
    page.click("[type=submit]")
    expect(page.locator("#password-problem")).to_contain_text("at least 10")
    expect(page.locator("#again-problem")).to_contain_text("not the same")
    page.fill("#password", NEW)
    page.click("[type=submit]")
    expect(page.locator("#state")).to_contain_text("Your password is set")
    expect(page.locator("#form")).to_be_hidden()
    assert "#" not in page.url
    assert violations(page, axe) == []
    page.click("#on")
    sign_in(page, NEW)
    page.wait_for_url("**/csr")
    again = person().tab(link.removeprefix(somebody.url))
    again.fill("#password", "a third password")
    again.fill("#again", "a third password")
    again.click("[type=submit]")
    expect(again.locator("#state")).to_contain_text("cannot be used any more")
    expect(again.locator("#form")).to_be_hidden()


def test_the_token_of_a_link_is_in_no_path_or_query(person: NewPerson) -> None:
    someone = person()
    urls: list[str] = []
    someone.context.on("request", lambda request: urls.append(request.url))
    page = someone.tab("/password#a-token-that-is-none")
    page.fill("#password", NEW)
    page.fill("#again", NEW)
    page.click("[type=submit]")
    expect(page.locator("#state")).to_contain_text("cannot be used any more")
    assert len(urls) > 5
    assert not [url for url in urls if "a-token" in url.partition("#")[0]]


def test_without_a_token_the_page_says_what_is_missing(person: NewPerson) -> None:
    page = person().tab("/password")
    expect(page.locator("#state")).to_contain_text("whole link")
    expect(page.locator("#form")).to_be_hidden()


def test_what_hinders_a_link_for_a_moment_is_said_and_what_was_typed_stays(person: NewPerson) -> None:
    page = person().tab("/password#a-token")
    page.route("**/auth/password-link", lambda route: route.fulfill(status=503, json={}))
    page.fill("#password", NEW)
    page.fill("#again", NEW)
    page.click("[type=submit]")
    expect(page.get_by_role("alert")).to_contain_text("Try again")
    expect(page.locator("#password")).to_have_value(NEW)
    assert page.url.endswith("#a-token")


def test_an_admin_sets_a_password_but_not_of_their_own_or_of_the_disabled(person: NewPerson, database: Sql) -> None:
    database.run("SELECT consentfeed.disable_user('service@example.com')")
    admin = person().sign_in("admin")
    admin.click("#tab-users")
    rows = admin.locator("#users tr")
    for email in ("admin@example.com", "service@example.com"):
        expect(rows.filter(has_text=email).locator("[data-act=password]")).to_be_hidden()
    rows.filter(has_text="csr@example.com").locator("[data-act=password]").click()
    admin.check("#password [value=set]")
    admin.fill("#password-new", "short")
    admin.click("#password [type=submit]")
    expect(admin.locator("#password-new-problem")).to_contain_text("at least 10")
    admin.fill("#password-new", NEW)
    admin.click("#password [type=submit]")
    expect(admin.locator("#password")).to_be_hidden()
    expect(admin.locator(".toast")).to_contain_text("Set the password of csr@example.com")
    page = person().signing_in()
    sign_in(page, NEW)
    page.wait_for_url("**/csr")


def test_the_link_is_copied_by_its_button(person: NewPerson) -> None:
    someone = person()
    someone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin = someone.sign_in("admin")
    link = make_link(admin, "csr@example.com")
    admin.click("#password [type=submit]")
    expect(admin.locator("#password [data-slot=consequence]")).to_contain_text("Copied")
    assert admin.evaluate("navigator.clipboard.readText()") == link


@pytest.mark.parametrize(
    ("setting", "words"), [({}, "gave you your account"), ({"password_help": "Call <b>1212</b>."}, "Call <b>1212</b>.")]
)
def test_who_has_forgotten_it_is_told_whom_to_ask(
    person: NewPerson, start_node: StartNode, setting: dict[str, str], words: str
) -> None:
    page = person(start_node(**setting).url).signing_in()
    page.get_by_text("Forgotten it?").click()
    expect(page.locator("#forgotten")).to_contain_text(words)


def test_who_is_disabled_is_told_so_with_the_right_password_alone(person: NewPerson, database: Sql) -> None:
    database.run("SELECT consentfeed.disable_user('csr@example.com')")
    page = person().signing_in()
    sign_in(page, "not the password")
    expect(page.locator("#problem")).to_contain_text("is wrong")
    sign_in(page, PASSWORD)
    expect(page.locator("#problem")).to_have_text(re.compile("Your account is disabled"))


def test_the_form_comes_once_it_is_known_that_passwords_are_kept_here(person: NewPerson) -> None:
    someone = person()
    someone.sign_in("csr").close()
    held: list[Route] = []
    someone.context.route("**/api/v1/auth/ways", lambda route: held.append(route))
    page = someone.tab("/account")
    expect(page.locator("#sessions tbody tr")).to_have_count(1)
    expect(page.locator("#password")).to_be_hidden()
    held[0].continue_()
    expect(page.locator("#password")).to_be_visible()
