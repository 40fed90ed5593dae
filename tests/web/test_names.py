"""Names as people write them: in any direction, of any length, changed meanwhile; and nobody's to translate."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_act import act_on
from tests.web.test_walk import DESK, PHONE, live

HEBREW = "נועה לוי"
LONG = "Maximiliane-Alexandra Wijesekera-Bandaranayake " * 4


def rename(node: RunningNode, name: str, msisdn: str = "+94771234567") -> None:
    """Somebody else gives the customer another name or number."""
    with node.client("service") as client:
        body = {"name": name, "email": "customer@example.com", "msisdn": msisdn}
        assert client.put(f"/api/v1/customers/{CUSTOMER}", json=body).is_success


def card(page: Page, name: str) -> None:
    """Opens the card of the customer who is called so."""
    page.locator("#grid-rows [role=row]").filter(has_text=name.strip()[:20]).first.click()
    expect(page.locator("#card .card-line").first).to_be_visible()


def test_a_name_keeps_its_direction_to_itself(person: NewPerson, node: RunningNode, database: Sql) -> None:
    rename(node, HEBREW)
    page = person(**DESK).sign_in("csr")
    live(page)
    card(page, HEBREW)
    for place in ("#grid-rows .cell-customer bdi", "#card h2 bdi"):
        expect(page.locator(place).filter(has_text=HEBREW).first).to_be_visible()
    page.keyboard.press("Escape")  # of an open card nothing is told
    database.set(database.consents()[0], "granted")
    expect(page.locator(".toast-text").first).to_contain_text(f"\u2068{HEBREW}\u2069: ")
    expect(page.locator("#activity-lines bdi").first).to_have_text(HEBREW, use_inner_text=False)
    card(page, HEBREW)
    act_on(page)
    expect(page.locator("#act-about")).to_contain_text(f"\u2068{HEBREW}\u2069. ")


def test_a_name_that_turns_nothing_has_nothing_added(person: NewPerson, database: Sql) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    database.set(database.consents()[0], "granted")
    expect(page.locator(".toast-text").first).to_have_text(re.compile("^Nimal Perera: .* granted$"))


@pytest.mark.parametrize("width", [1280, 360])
def test_a_long_name_can_be_read_on_the_card(person: NewPerson, node: RunningNode, width: int) -> None:
    rename(node, LONG.strip()[:190])
    page = person(viewport={"width": width, "height": 800}).sign_in("csr")
    live(page)
    card(page, LONG)
    head = page.locator("#card h2")
    assert head.evaluate("(node) => node.scrollHeight <= node.clientHeight && node.scrollWidth <= node.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator(f"#grid-rows bdi[title='{LONG.strip()[:190]}']").first).to_be_attached()


def test_without_the_feed_a_refresh_and_opening_the_card_again_show_the_new_name_and_number(
    person: NewPerson, node: RunningNode
) -> None:
    someone = person(**DESK)
    someone.context.add_init_script("delete window.SharedWorker; delete Navigator.prototype.locks")
    someone.context.route("**/api/v1/events*", lambda route: route.abort())
    page = someone.sign_in("csr")
    card(page, "Nimal Perera")
    rename(node, "Nimal de Silva", "+94770000001")
    page.locator("#refresh").click()
    expect(page.locator("#card h2")).to_have_text("Nimal de Silva")
    expect(page.locator("#card .card-contact")).to_contain_text("+94 77 000 0001")
    rename(node, "Nimal Fernando", "+94770000002")
    page.locator("#grid-rows [role=row]").filter(has_text="Nimal de Silva").first.click()
    expect(page.locator("#card h2")).to_have_text("Nimal Fernando")
    expect(page.locator("#grid-rows")).to_contain_text("Nimal Fernando")  # the rows say the same
    expect(page.locator("#grid-rows")).not_to_contain_text("Nimal de Silva")


def test_a_change_elsewhere_is_on_the_card_and_in_the_rows_at_once(person: NewPerson, node: RunningNode) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    card(page, "Nimal Perera")
    rename(node, "Nimal de Silva", "+94770000001")
    expect(page.locator("#card h2")).to_have_text("Nimal de Silva")
    expect(page.locator("#card .card-contact")).to_contain_text("+94 77 000 0001")
    expect(page.locator("#grid-rows")).not_to_contain_text("Nimal Perera")
    page.keyboard.press("Escape")
    rename(node, "Nimal Fernando")
    expect(page.locator("#grid-rows")).not_to_contain_text("Nimal de Silva")  # also without a card


def test_a_consent_that_was_given_for_another_number_says_so(
    person: NewPerson, node: RunningNode, database: Sql
) -> None:
    for consent in database.consents():
        database.set(consent, "granted")
    page = person(**DESK).sign_in("csr")
    live(page)
    card(page, "Nimal Perera")
    expect(page.locator("#card .card-other:visible")).to_have_count(0)
    rename(node, "Nimal Perera", "+94770000001")
    lines = page.locator("#card .card-line").filter(has_text="Given before the number changed")
    expect(lines).to_have_count(2)
    for channel in ("SMS", "Phone call"):
        expect(lines.filter(has_text=channel)).to_have_count(1)
    database.set(database.consents()[1], "revoked")
    expect(lines).to_have_count(1)
    database.run("UPDATE consentfeed.channels SET address = 'msisdn' WHERE key = 'email'")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(lines).to_have_count(2)


PLACES: dict[str, str] = {
    "csr": "#grid-rows .cell-customer bdi, #grid-rows .cell-number, #grid-rows .cell-email, #grid-rows .cell-purpose,"
    "#card h2, #card .card-contact .mono, #card .card-what, #card .entry-head [data-slot=what], #act-text, #user,"
    "#activity-lines bdi",
    "customer": "#cards h2, #cards [data-slot=description], #history-rows [data-slot=what], #notice .notice-text",
}


def test_names_ids_titles_and_notices_are_not_translated(person: NewPerson, database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    desk, phone = person(**DESK).sign_in("csr"), person(**PHONE).sign_in("customer")
    live(desk)
    database.set(database.consents()[0], "revoked")
    expect(desk.locator("#activity-lines li")).to_have_count(1)
    card(desk, "Nimal Perera")
    expect(desk.locator("#card .timeline li").first).to_be_visible()
    act_on(desk)
    expect(desk.locator("#act-text")).to_have_attribute("lang", "en")
    expect(phone.locator("#history-rows tr").first).to_be_visible()
    phone.locator("#cards .notice-link").first.click()
    expect(phone.locator("#notice .notice-text")).to_have_attribute("lang", "en")
    pages: dict[str, Any] = {"csr": desk, "customer": phone}
    for name, places in PLACES.items():
        for place in places.split(","):
            assert pages[name].locator(place).first.evaluate("(node) => node.translate") is False, place
    # What a page says itself may be.
    assert desk.locator("#act-title").evaluate("(node) => node.translate") is True


def test_who_has_the_number_of_another_customer_is_shown_as_such(person: NewPerson, node: RunningNode) -> None:
    page = person(**DESK).sign_in("csr")
    card(page, "Nimal Perera")
    expect(page.locator("#card .card-contact")).to_contain_text("+94 77 123 4567")
    expect(page.locator("#card .card-contact")).not_to_contain_text("Another customer")
    rename(node, "Nimal Perera", "+94712345678")  # Kamala O'Brien's
    page.locator("#refresh").click()
    expect(page.locator("#card .card-contact")).to_contain_text("Another customer has this number, too")
