"""The address of the dashboard: the open card, the filters and the order are in it, and no person and no search."""

import re

from playwright.sync_api import Page, Route, expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER, PASSWORD
from tests.web.conftest import NewPerson
from tests.web.test_walk import DESK, PHONE, live, row

CARD = re.compile(rf"/csr#customer/{CUSTOMER}(\?status=any)?$")
PLAIN = re.compile(r"/csr#\?status=any$")


def shown(page: Page, name: str = "Nimal Perera") -> None:
    """The card of the customer is there."""
    expect(page.locator("#card h2")).to_have_text(name)
    expect(page.locator("#card .card-line").first).to_be_visible()


def test_an_open_card_stays_in_the_address_and_back_closes_it(person: NewPerson) -> None:
    someone = person(**PHONE)
    page = someone.sign_in("csr")
    row(page).click()
    shown(page)
    expect(page).to_have_url(CARD)
    page.reload()
    shown(page)
    expect(page).to_have_url(CARD)
    page.go_back()
    expect(page.locator("#card")).to_be_hidden()
    expect(page).to_have_url(PLAIN)
    page.go_forward()
    shown(page)
    page.locator("#card [data-slot=close]").click()
    expect(page).to_have_url(PLAIN)
    expect(page.locator("#card")).to_be_hidden()
    page.reload()
    live(page)
    expect(page.locator("#card")).to_be_hidden()


def test_another_card_takes_the_place_of_the_open_one_and_back_closes_that(person: NewPerson) -> None:
    page = person(**DESK).sign_in("csr")
    row(page).click()
    shown(page)
    page.locator("#grid-rows [role=row]").filter(has_text="Kamala").first.click()
    shown(page, "Kamala O'Brien")
    expect(page).to_have_url(re.compile(rf"#customer/{OTHER}\?status=any$"))
    page.go_back()
    expect(page.locator("#card")).to_be_hidden()


def test_a_card_that_is_opened_while_another_is_being_closed_stays(person: NewPerson) -> None:
    page = person(**DESK).sign_in("csr")
    row(page).click()
    shown(page)
    page.evaluate(
        "() => { document.querySelector('#card [data-slot=close]').click();"
        " const rows = [...document.querySelectorAll('#grid-rows .grid-row')];"
        " rows.find((one) => one.textContent.includes('Kamala')).click() }"
    )
    shown(page, "Kamala O'Brien")
    expect(page).to_have_url(re.compile(rf"#customer/{OTHER}\?status=any$"))
    page.go_back()
    expect(page.locator("#card")).to_be_hidden()


def test_a_link_to_a_card_survives_signing_in_and_the_end_of_a_session(person: NewPerson, database: Sql) -> None:
    page = person(**DESK).tab(f"/csr#customer/{CUSTOMER}")
    for _ in range(2):
        expect(page.locator("#submit")).to_be_enabled()
        page.fill("#email", "csr@example.com")
        page.fill("#password", PASSWORD)
        page.click("#submit")
        shown(page)
        expect(page).to_have_url(CARD)
        database.run("UPDATE consentfeed.sessions SET ended_at = now() WHERE ended_at IS NULL")


def test_a_link_that_is_followed_in_an_open_page_opens_its_card_with_its_filters(person: NewPerson) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    page.evaluate(f"location.hash = 'customer/{CUSTOMER}?status=any&purpose=marketing'")
    shown(page)
    expect(page.locator("#filter-purpose")).to_have_value("marketing")
    expect(page.locator("#grid-rows [role=row]")).to_have_count(4)


def test_a_link_that_is_followed_before_the_page_is_ready_is_what_it_begins_with(person: NewPerson) -> None:
    someone = person(**DESK)
    someone.sign_in("csr").close()
    held: list[Route] = []
    someone.context.route("**/api/v1/purposes", lambda one: one.continue_() if held else held.append(one))
    with someone.context.expect_event("request", lambda request: request.url.endswith("/purposes")):
        page = someone.tab("/csr")
    page.evaluate(f"location.hash = 'customer/{CUSTOMER}?status=any&purpose=marketing'")
    held[0].continue_()
    shown(page)
    expect(page.locator("#filter-purpose")).to_have_value("marketing")
    expect(page.locator("#grid-rows [role=row]")).to_have_count(4)


def test_filters_and_order_survive_a_reload_and_what_is_searched_for_is_not_in_the_address(person: NewPerson) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    page.select_option("#filter-channel", "sms")
    page.locator("[data-sort=customer] button").click()
    row(page).click()
    shown(page)
    expect(page).to_have_url(re.compile(rf"#customer/{CUSTOMER}\?status=any&channel=sms&sort=customer$"))
    page.reload()
    shown(page)
    expect(page.locator("#filter-channel")).to_have_value("sms")
    expect(page.locator("[data-sort=customer]")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#grid-rows [role=row]")).to_have_count(2)
    page.select_option("#filter-channel", "email")
    page.keyboard.press("Escape")
    expect(page).to_have_url(
        re.compile(r"/csr#\?status=any&channel=email&sort=customer$")
    )  # closing leaves the filters as they are
    page.fill("#search", "kamala")
    expect(page.locator("#found-rows [role=row]")).to_have_count(1)
    assert "kamala" not in page.evaluate("location.href + JSON.stringify(history.state)")


def test_the_link_is_copied_and_the_title_names_no_person(person: NewPerson) -> None:
    someone = person(**DESK)
    someone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = someone.sign_in("csr")
    expect(page).to_have_title("Dashboard · consentfeed")
    row(page).click()
    shown(page)
    expect(page).to_have_title("Customer’s card · consentfeed")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".toast")).to_contain_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{someone.url}/csr#customer/{CUSTOMER}"
    page.keyboard.press("Escape")
    expect(page).to_have_title("Dashboard · consentfeed")


def test_where_there_is_no_clipboard_the_link_is_copied_all_the_same(person: NewPerson) -> None:
    someone = person(**DESK)
    someone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    someone.context.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))")
    page = someone.sign_in("csr")
    row(page).click()
    shown(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".toast")).to_contain_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{someone.url}/csr#customer/{CUSTOMER}"
