"""One's own sessions: where one is signed in, in words, and an end to each."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.seed import PASSWORD
from tests.web.conftest import NewPerson, Person
from tests.web.looks import violations
from tests.web.test_customer import PHONE

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
BAD = "<img src=x onerror=\"document.title='run'\">"
API = "**/api/v1/auth/sessions"


def account(someone: Person, role: str = "csr") -> Page:
    """The page, when it is drawn."""
    someone.sign_in(role).close()
    page = someone.tab("/account")
    expect(page.locator("#sessions")).to_have_attribute("data-state", "ready")
    return page


def rows(page: Page) -> Locator:
    return page.locator("#sessions tbody tr")


def own(page: Page) -> Locator:
    """The line of the session that looks at them."""
    return rows(page).filter(has=page.locator("[data-slot=current]:visible"))


@pytest.mark.parametrize("role", ["customer", "csr", "admin"])
def test_the_name_in_the_header_of_each_page_leads_to_ones_own_sessions_and_the_brand_back(
    person: NewPerson, role: str
) -> None:
    page = person(user_agent=WINDOWS).sign_in(role)
    page.click("#user")
    page.wait_for_url("**/account")
    expect(own(page)).to_contain_text("Firefox on Windows")
    expect(own(page)).to_contain_text("just now")
    expect(page.locator("#others")).to_be_hidden()
    page.click(".brand")
    page.wait_for_url(f"**/{role}")


def test_a_session_that_one_ends_is_signed_out_and_the_others_stay(person: NewPerson) -> None:
    other, third = person(user_agent=WINDOWS).sign_in("csr"), person(user_agent="curl/8.5.0").sign_in("csr")
    page = account(person())
    expect(rows(page)).to_have_count(3)
    rows(page).filter(has_text="Firefox on Windows").get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(2)
    expect(page.locator(".toast")).to_have_text(re.compile("Ended: Firefox on Windows"))
    expect(page.locator("#title")).to_be_focused()
    other.wait_for_url(re.compile(r":\d+/(#.*)?$"))  # its stream has ended, and the page has gone
    expect(rows(page).filter(has_text="curl/8.5.0")).to_have_count(1)
    assert "/csr" in third.url


def test_ones_own_name_is_saved_refused_and_taken_away_but_a_customers_is_the_customers(person: NewPerson) -> None:
    page = account(person())
    name = page.locator("#name-field")
    name.fill("\u202eanna")
    page.click("#name [type=submit]")
    expect(page.locator("#name-problem")).to_contain_text("direction of writing")
    name.fill("  Anna Silva ")
    page.click("#name [type=submit]")
    expect(page.locator(".toast-text")).to_contain_text("Saved the name")
    page.reload()
    expect(name).to_have_value("Anna Silva")
    name.fill("")
    page.click("#name [type=submit]")
    expect(page.locator(".toast-text")).to_contain_text("Saved the name")
    page.reload()
    expect(page.locator("#sessions")).to_have_attribute("data-state", "ready")
    expect(name).to_have_value("")
    page = account(person(), "customer")
    expect(page.locator("#name-part [data-slot=known]")).to_have_text("Nimal Perera")
    expect(page.locator("#name")).to_be_hidden()


def test_all_others_are_ended_at_once_and_this_one_stays(person: NewPerson) -> None:
    others = [person().sign_in("customer"), person().sign_in("customer")]
    page = account(person(**PHONE), "customer")
    expect(rows(page)).to_have_count(3)
    page.click("#others")
    expect(rows(page)).to_have_count(1)
    expect(own(page)).to_have_count(1)
    expect(page.locator("#others")).to_be_hidden()
    for other in others:
        other.wait_for_url(lambda url: url.endswith("/"))


def test_ending_this_session_signs_out_and_signing_in_leads_back_to_where_one_was_going(person: NewPerson) -> None:
    someone = person()
    page = account(someone)
    own(page).get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: url.endswith("/"))
    page.goto(f"{someone.url}/account")
    page.fill("#email", "csr@example.com")
    page.fill("#password", PASSWORD)
    page.click("#submit")
    page.wait_for_url("**/account")


def test_signing_out_goes_on_to_the_identity_provider_where_that_was_used(person: NewPerson) -> None:
    page = account(person())
    away = "https://provider.example/end?hint=1"
    page.route("**/auth/logout", lambda route: route.fulfill(json={"location": away}))
    page.route("https://provider.example/**", lambda route: route.fulfill(body="signed out there"))
    page.click("#signout")
    page.wait_for_url(away)


def test_a_session_that_has_ended_meanwhile_is_gone_and_no_failure(person: NewPerson) -> None:
    other = person(user_agent=WINDOWS).sign_in("csr")
    page = account(person())
    other.click("#signout")
    other.wait_for_selector("#email")
    rows(page).filter(has_text="Firefox on Windows").get_by_role("button").click()
    expect(rows(page)).to_have_count(1)
    expect(page.locator(".toast[data-kind=success]")).to_be_visible()


def test_the_list_is_loading_then_empty_or_cannot_be_read_or_is_old(person: NewPerson, axe: str) -> None:
    page = account(person(color_scheme="dark"))
    held: list[Route] = []
    page.route(API, lambda route: held.append(route))
    page.reload()
    expect(page.locator(".list-loading")).to_be_visible()
    assert violations(page, axe) == []
    held[0].fulfill(json={"sessions": []})
    expect(page.locator("#sessions .state")).to_contain_text("signed in nowhere")
    assert violations(page, axe) == []
    page.unroute(API)
    page.route(API, lambda route: route.fulfill(status=503, json={"type": "/problems/database-away"}))
    page.reload()
    expect(page.locator("#sessions [role=alert]")).to_contain_text("could not be read")
    assert violations(page, axe) == []
    page.unroute(API)
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(rows(page)).to_have_count(1)
    page.route(API, lambda route: route.abort())
    page.get_by_role("button", name="Refresh", exact=True).click()
    expect(page.locator("#sessions")).to_have_attribute("data-state", "stale")
    expect(page.locator(".list-note")).to_contain_text("The connection is lost.")
    expect(rows(page)).to_have_count(1)
    assert violations(page, axe) == []


def test_what_cannot_be_ended_is_said_and_when_to_try_again(person: NewPerson) -> None:
    person(user_agent=WINDOWS).sign_in("csr")
    page = account(person())
    refusal = {"status": 429, "headers": {"Retry-After": "200"}, "json": {"type": "/problems/rate-limited"}}
    page.route("**/auth/sessions/*/end", lambda route: route.fulfill(**refusal))
    rows(page).filter(has_text="Firefox on Windows").get_by_role("button").click()
    expect(page.locator(".toast")).to_contain_text("Try again in 4 minutes")
    expect(rows(page)).to_have_count(2)


def test_what_a_browser_calls_itself_is_text_and_nothing_else(person: NewPerson) -> None:
    page = account(person(user_agent=BAD))
    expect(own(page)).to_contain_text("<img src=x onerror=")
    admin = person().sign_in("admin")
    admin.goto(re.sub("#.*", "", admin.url) + "#sessions")
    expect(admin.locator("#sessions tbody")).to_contain_text("<img src=x onerror=")
    for one in (page, admin):
        assert "run" not in one.title()
        assert one.evaluate("document.querySelectorAll('img').length") == 0
