"""The search finds customers, not rows: who they are, how much they granted, and when that changed last."""

import re

from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import CUSTOMER, OTHER
from tests.web.conftest import NewPerson
from tests.web.test_several import grant_all
from tests.web.test_walk import DESK, PHONE, live

FOUND = "#found-rows [role=row]"
TWIN = "c0000000-0000-4000-8000-000000000007"


def search(page: Page, text: str) -> None:
    """Types it."""
    page.locator("#search").press_sequentially(text)


def twin(node: RunningNode) -> None:
    """Somebody else who is called Nimal Perera."""
    with node.client("service") as client:
        body = {"name": "Nimal Perera", "email": "twin@example.com", "msisdn": "+94770000007"}
        assert client.put(f"/api/v1/customers/{TWIN}", json=body).is_success


def test_a_customer_is_one_row_with_number_address_and_what_is_granted(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = person(**DESK).sign_in("csr")
    live(page)
    search(page, "nimal")
    expect(page.locator(FOUND)).to_have_count(1)
    for text in ("Nimal Perera", "+94 77 123 4567", "customer@example.com", "4 of 4 granted", "just now"):
        expect(page.locator(FOUND)).to_contain_text(text)
    expect(page.locator("#count")).to_have_text("1 customer")
    expect(page.locator("#grid")).to_be_hidden()
    expect(page.locator("#filter-status")).to_be_hidden()
    database.set(database.consents()[0], "revoked")  # by the feed
    expect(page.locator(FOUND)).to_contain_text("3 of 4 granted")
    page.locator("#search").press("Escape")
    expect(page.locator("#found")).to_be_hidden()
    expect(page.locator("#grid-rows [role=row]").first).to_be_visible()


def test_the_operators_own_reference_finds_and_stands_in_rows_and_on_the_card(person: NewPerson, database: Sql) -> None:
    database.run("UPDATE consentfeed.customers SET reference = 'A-1' WHERE id = %s", CUSTOMER)
    page = person(**DESK).sign_in("csr")
    live(page)
    expect(page.locator("#grid-rows [role=row]").filter(has_text="Nimal Perera A-1").first).to_be_visible()
    search(page, "A-1")
    expect(page.locator(FOUND)).to_contain_text("Nimal Perera A-1")
    page.locator("#search").press("Enter")
    expect(page.locator("#card").get_by_role("button", name="Reference A-1")).to_be_visible()


def test_enter_opens_a_sole_hit_however_fast_it_was_typed_and_else_goes_to_the_rows(
    person: NewPerson, node: RunningNode
) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    page.fill("#search", "4567")
    page.locator("#search").press("Enter")
    expect(page.locator("#card h2")).to_have_text("Nimal Perera")
    expect(page).to_have_url(re.compile(f"#customer/{CUSTOMER}"))
    twin(node)
    page.fill("#search", "nimal")
    page.locator("#search").press("Enter")
    expect(page.locator(FOUND).first).to_be_focused()
    expect(page.locator(FOUND)).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_be_focused()


def test_two_of_one_name_are_told_apart_everywhere(person: NewPerson, node: RunningNode, database: Sql) -> None:
    twin(node)
    for consent in (*database.consents(CUSTOMER)[:1], *database.consents(TWIN)[:1]):
        database.set(consent, "granted")
    page = person(viewport={"width": 1280, "height": 800}).sign_in("csr")
    page.select_option("#filter-status", "granted")
    expect(page.locator("#grid-rows [role=row]")).to_have_count(2)
    for number in ("+94 77 123 4567", "+94 77 000 0007"):
        expect(page.locator("#grid-rows .cell-number:visible", has_text=number)).to_have_count(1)
    page.set_viewport_size({"width": 360, "height": 740})
    search(page, "nimal")
    expect(page.locator(f"{FOUND} .cell-number:visible")).to_have_text(["+94 77 123 4567", "+94 77 000 0007"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_nobody_and_a_failure_are_said(person: NewPerson) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    search(page, "nobody at all")
    expect(page.locator("#state")).to_contain_text("Nobody fits.")
    page.route("**/api/v1/customers?*", lambda route: route.fulfill(status=503, json={"type": "/problems/busy"}))
    page.fill("#search", "nimal")
    expect(page.locator("#state .problem")).not_to_be_empty()
    expect(page.locator("#light")).to_have_attribute("data-light", "yellow")
    page.unroute("**/api/v1/customers?*")
    page.locator("#state").get_by_role("button").click()
    expect(page.locator(FOUND)).to_have_count(1)
    expect(page.locator("#light")).to_have_attribute("data-light", "green")


def test_without_a_connection_it_is_looked_among_what_is_loaded(person: NewPerson) -> None:
    page = person(**PHONE).sign_in("csr")
    live(page)
    page.route("**/api/v1/customers?*", lambda route: route.abort())
    for text, name in (("perera", "Nimal Perera"), ("5678", "Kamala O'Brien"), ("OTHER@", "Kamala O'Brien")):
        page.fill("#search", text)
        expect(page.locator(f"{FOUND} [data-slot=customer]")).to_have_text([name])
        expect(page.locator("#strip")).to_contain_text("Looked for among what is loaded.")
    page.fill("#search", "nobody")
    expect(page.locator(FOUND)).to_have_count(0)
    page.unroute("**/api/v1/customers?*")
    page.fill("#search", "kamala")
    expect(page.locator(FOUND)).to_contain_text("0 of 4 granted")
    expect(page.locator("#strip")).to_be_hidden()
    page.locator(FOUND).click()
    expect(page).to_have_url(re.compile(f"#customer/{OTHER}"))
