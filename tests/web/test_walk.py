"""The walk of the README: a customer, a CSR, two windows."""

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.support.waiting import wait_until
from tests.web.conftest import NewPerson

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1400, "height": 900}}


def row(page: Page, purpose: str = "Offers", channel: str = "SMS") -> Locator:
    """The row of Nimal's consent."""
    rows = page.locator("#grid [role=row]").filter(has_text="Nimal Perera")
    return rows.filter(has_text=purpose).filter(has_text=channel)


def live(page: Page) -> None:
    """Waits until the page's light says so."""
    expect(page.locator("#light")).to_have_attribute("data-phase", "live")


def test_a_switch_on_a_phone_shows_on_the_csrs_screen_as_row_toast_and_activity(person: NewPerson) -> None:
    desk, phone = person(**DESK).sign_in("csr"), person(**PHONE).sign_in("customer")
    live(desk)
    switch = phone.get_by_role("switch", name=re.compile("Offers.*SMS|SMS.*Offers"))
    for checked, status, turned in (("true", "Granted", "granted"), ("false", "Revoked", "revoked")):
        switch.click()
        expect(switch).to_have_attribute("aria-checked", checked)
        expect(row(desk)).to_contain_text(status)
        expect(desk.locator(".toast").first).to_contain_text(re.compile(turned, re.IGNORECASE))
        expect(desk.locator("#activity-lines li").first).to_contain_text(status)
    live(desk)


def test_a_dbas_update_and_a_csrs_decision_show_on_the_customers_page(person: NewPerson, database: Sql) -> None:
    desk, phone = person(**DESK).sign_in("csr"), person(**PHONE).sign_in("customer")
    switch = phone.get_by_role("switch", name=re.compile("Offers.*SMS|SMS.*Offers"))
    expect(switch).to_have_attribute("aria-checked", "false")
    consent = database.run(
        "SELECT id::text FROM consentfeed.consents WHERE (customer_id, purpose, channel) = (%s, 'marketing', 'sms')",
        CUSTOMER,
    )[0][0]
    database.set(consent, "granted")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(row(desk)).to_contain_text("Granted")

    row(desk).click()
    card = desk.locator("#card")
    expect(card).to_contain_text("Nimal Perera")
    card.locator(".card-line").filter(has_text="Offers").filter(has_text="SMS").locator("[data-slot=revoke]").click()
    form = desk.locator("#act-form")
    form.locator("[type=submit]").click()
    expect(form).to_be_visible()  # a reason is asked for first
    form.locator("#act-code").select_option(index=1)
    form.locator("#act-reference").fill("CALL-4711")
    form.locator("[type=submit]").click()
    expect(form).to_be_hidden()
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(row(desk)).to_contain_text("Revoked")
    expect(card.locator(".timeline li").first).to_contain_text("CALL-4711")
    (event,) = database.run(
        "SELECT body::json -> 'actor' ->> 'kind', body::json -> 'reason' ->> 'reference' FROM consentfeed.events"
        " ORDER BY seq DESC LIMIT 1"
    )
    assert event == ("csr", "CALL-4711")


def test_a_save_that_fails_puts_the_switch_back_and_says_why(person: NewPerson, database: Sql) -> None:
    phone = person(**PHONE).sign_in("customer")
    switch = phone.get_by_role("switch", name=re.compile("Offers.*SMS|SMS.*Offers"))
    expect(switch).to_have_attribute("aria-checked", "false")
    phone.route("**/grant", lambda route: route.abort())
    switch.click()
    expect(phone.locator(".problem:visible, [role=alert]:visible").first).not_to_be_empty()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert database.head() == 0
    phone.unroute("**/grant")
    switch.click()
    wait_until(lambda: database.head() == 1, what="the change")
    expect(switch).to_have_attribute("aria-checked", "true")


def test_who_asks_too_often_is_told_when_to_try_again(person: NewPerson) -> None:
    refusal = {"status": 429, "headers": {"Retry-After": "40"}, "json": {"type": "/problems/rate-limited"}}
    again = "Too many attempts. Try again in 40 seconds."
    desk, phone = person(**DESK).sign_in("csr"), person(**PHONE).sign_in("customer")
    expect(row(desk)).to_be_visible()
    desk.route("**/api/v1/consents?*", lambda route: route.fulfill(**refusal))
    desk.click("#refresh")
    expect(desk.locator("#strip")).to_contain_text(again)
    desk.route("**/api/v1/customers/*", lambda route: route.fulfill(**refusal))
    row(desk).click()
    expect(desk.locator("#card .problem")).to_have_text(again)
    phone.route("**/grant", lambda route: route.fulfill(**refusal))
    switch = phone.get_by_role("switch", name=re.compile("Offers.*SMS|SMS.*Offers"))
    switch.click()
    expect(phone.locator(".problem:visible")).to_have_text(again)
    expect(switch).to_have_attribute("aria-checked", "false")
    phone.route("**/customer/consents", lambda route: route.fulfill(**refusal))
    phone.reload()
    expect(phone.locator("#failed")).to_contain_text(again)
    phone.route("**/auth/me", lambda route: route.fulfill(**refusal))
    phone.reload()
    expect(phone.get_by_role("alert")).to_contain_text(again)


def test_a_change_whose_answer_is_lost_is_not_called_lost(person: NewPerson, database: Sql) -> None:
    phone = person(**PHONE).sign_in("customer")
    switch = phone.get_by_role("switch", name=re.compile("Offers.*SMS|SMS.*Offers"))
    expect(switch).to_have_attribute("aria-checked", "false")

    def lose(route: Route) -> None:
        route.fetch()
        expect(switch).to_have_attribute("aria-checked", "true")
        wait_until(lambda: "Turned on" in phone.locator("#history").inner_text(), what="the feed brings it")
        route.abort()

    phone.route("**/grant", lose)
    switch.click()
    expect(switch).not_to_have_attribute("aria-busy", "true")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(phone.locator(".problem:visible")).to_have_count(0)
    assert database.head() == 1
