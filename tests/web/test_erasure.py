"""Erasing on the admin page, and what the desk sees of it."""

from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_walk import DESK, live


def form(person: NewPerson) -> Page:
    """The form on the admin page, with the customer picked."""
    page = person(viewport={"width": 1280, "height": 900}).sign_in("admin")
    page.click("#tab-erasure")
    page.fill("#erasure-customer", "nim")
    page.locator("#erasure-customer-list [role=option]").filter(has_text="Nimal Perera").click()
    return page


def erased(database: Sql) -> bool:
    return bool(database.value("SELECT erased_at IS NOT NULL FROM consentfeed.customers WHERE id = %s", CUSTOMER))


def test_nobody_is_erased_by_mistake(person: NewPerson, database: Sql) -> None:
    page = form(person)
    submit = page.locator("#erasure [type=submit]")
    submit.click()
    expect(page.locator("#erasure-code-problem")).to_have_text("Choose a reason.")
    page.select_option("#erasure-code", "customer-asked")
    page.fill("#erasure-name", "Nimal Pereira")
    submit.click()
    expect(page.locator("#erasure-name-problem")).to_contain_text("not the name")
    page.fill("#erasure-name", " nimal  PERERA ")
    submit.click()
    expect(page.locator("#confirm")).to_contain_text("Stays: the ids")
    page.locator("#confirm [data-slot=cancel]").click()
    assert not erased(database)


def test_the_desk_says_so_at_once(person: NewPerson, database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    desk = person(**DESK).sign_in("csr")
    live(desk)
    desk.locator("#grid-rows [role=row]").filter(has_text="Nimal").first.click()
    expect(desk.locator("#card h2")).to_have_text("Nimal Perera")
    page = form(person)
    page.select_option("#erasure-code", "customer-asked")
    page.fill("#erasure-name", "Nimal Perera")
    page.locator("#erasure [type=submit]").click()
    page.locator("#confirm [type=submit]").click()
    expect(page.locator(".toast")).to_contain_text("Erased")
    expect(page.locator("#erasure-name")).to_have_value("")
    expect(page.locator("#erasure-customer")).to_have_value("")
    assert erased(database)
    expect(desk.locator("#card h2")).to_have_text("Erased customer")
    expect(desk.locator("#card .timeline")).to_contain_text("Erased: name, address, number and notes are gone")
    expect(desk.locator("#grid-rows")).not_to_contain_text("Nimal")
    expect(desk.locator("#card")).not_to_contain_text("customer@example.com")
    expect(desk.locator("#grid-rows .cell-customer").filter(has_text="Erased customer").first).to_be_visible()
