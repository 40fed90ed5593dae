"""Toasts: they go by themselves, wait while somebody looks, are grouped, and are told to screen readers."""

import re

from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.seed import OTHER
from tests.web.conftest import CSR, NewPerson
from tests.web.test_walk import DESK, PHONE, live


def desk(person: NewPerson) -> Page:
    """The dashboard, with a clock that the test turns."""
    someone = person(**DESK)
    someone.sign_in("csr").close()
    page = someone.tab("/web/shared/icon.svg")
    page.clock.install()
    page.goto(someone.url + CSR)
    live(page)
    return page


def test_a_toast_goes_by_itself_after_five_seconds_or_as_many_as_were_chosen(person: NewPerson, database: Sql) -> None:
    page = desk(person)
    database.set(database.consents()[0], "granted")
    toasts = page.locator(".toast")
    expect(toasts).to_have_count(1)
    page.clock.fast_forward(4_000)
    expect(toasts).to_have_count(1)
    page.clock.run_for(2_000)
    expect(toasts).to_have_count(0)
    database.run(
        "INSERT INTO consentfeed.preferences (principal, preferences)"
        " SELECT 'csr:' || id, '{\"toastSeconds\": 60}' FROM consentfeed.users WHERE role = 'csr'"
    )
    page.reload()
    live(page)
    database.set(database.consents()[0], "revoked")
    expect(toasts).to_have_count(1)
    page.clock.run_for(30_000)
    expect(toasts).to_have_count(1)
    page.clock.run_for(40_000)
    expect(toasts).to_have_count(0)


def test_a_toast_waits_while_it_is_hovered_or_focused_and_goes_when_it_is_not(person: NewPerson, database: Sql) -> None:
    page = desk(person)
    database.set(database.consents()[0], "granted")
    toasts = page.locator(".toast")
    toasts.hover()
    page.clock.run_for(30_000)
    expect(toasts).to_have_count(1)
    page.mouse.move(10, 300)
    toasts.get_by_role("button", name="Dismiss").focus()
    page.clock.run_for(30_000)
    expect(toasts).to_have_count(1)
    page.locator("#search").focus()
    page.clock.run_for(6_000)
    expect(toasts).to_have_count(0)


def test_many_are_three_and_a_number_and_the_keyboard_dismisses_them(person: NewPerson, database: Sql) -> None:
    page = desk(person)
    for consent in database.consents() + database.consents(OTHER)[:3]:
        database.set(consent, "granted")
    expect(page.locator(".toast")).to_have_count(3)
    expect(page.locator(".toast-more")).to_have_text("and 4 more")
    page.get_by_role("button", name="Dismiss").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.locator(".toast-more")).to_have_count(0)


def test_the_newest_are_shown_first_and_say_who_and_what_and_the_rest_is_in_the_activity(
    person: NewPerson, database: Sql
) -> None:
    page = desk(person)
    for consent in database.consents():
        database.set(consent, "granted")
    database.set(database.consents()[0], "revoked")
    texts = page.locator(".toast-text")
    expect(texts).to_have_count(3)
    expect(texts.first).to_have_text(re.compile(r"^Nimal Perera: .* · .* revoked$"))
    expect(page.locator(".toast-detail").first).to_contain_text("by database role")
    page.get_by_role("button", name="and 2 more").click()
    expect(page.locator("#activity-title")).to_be_focused()
    expect(page.locator("#activity-lines li")).to_have_count(5)
    expect(page.locator(".toast")).to_have_count(0)


def test_nothing_is_told_of_the_customer_whose_card_is_open_and_nothing_lies_over_the_card(
    person: NewPerson, database: Sql
) -> None:
    page = desk(person)
    page.locator("#grid-rows [role=row]").filter(has_text="Nimal").first.click()
    expect(page.locator("#card .card-line").first).to_be_visible()
    database.set(database.consents()[0], "granted")
    expect(page.locator("#card .timeline li")).to_have_count(1)
    database.set(database.consents(OTHER)[0], "granted")
    expect(page.locator(".toast-text")).to_have_text(re.compile("^Kamala O'Brien: "))
    edges = "(node) => [node.getBoundingClientRect().left, node.getBoundingClientRect().right]"
    for width in (1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        card, toast = (page.locator(one).evaluate(edges) for one in ("#card", ".toast"))
        assert toast[1] <= card[0] or toast[0] >= card[1], width
    expect(page.locator("#show-activity")).to_have_attribute("data-count", "")  # at that width it is beside the card
    page.set_viewport_size({"width": 1280, "height": 800})
    database.set(database.consents(OTHER)[1], "granted")
    expect(page.get_by_role("button", name="Live activity, 1 new")).to_be_visible()
    page.locator("#show-activity").click()
    expect(page.locator("#activity-lines li").first).to_contain_text("Kamala")
    expect(page.locator("#show-activity")).to_have_attribute("data-count", "")
    page.locator("#close-activity").click()
    expect(page.locator("#activity")).to_be_hidden()


def test_on_a_phone_a_card_is_covered_by_no_news_of_others(person: NewPerson, database: Sql) -> None:
    page = person(**PHONE).sign_in("csr")
    live(page)
    page.locator("#grid-rows [role=row]").filter(has_text="Nimal").first.click()
    expect(page.locator("#card .card-line").first).to_be_visible()
    database.set(database.consents(OTHER)[0], "granted")
    expect(page.locator("#show-activity")).to_have_attribute("data-count", "1")
    expect(page.locator(".toast")).to_have_count(0)


def test_what_one_has_just_done_makes_no_room_for_news(person: NewPerson, database: Sql) -> None:
    page = desk(person)
    page.evaluate(
        "import('/web/shared/toasts.js').then(({ toast }) => toast({ kind: 'success', text: 'Mine', own: true }))"
    )
    for consent in database.consents():
        database.set(consent, "granted")
    expect(page.get_by_role("button", name="and 2 more")).to_be_visible()
    expect(page.locator(".toast-text", has_text="Mine")).to_be_visible()


def test_a_toast_is_told_to_screen_readers(person: NewPerson, database: Sql) -> None:
    page = desk(person)
    database.set(database.consents()[0], "revoked")
    expect(page.locator("[aria-live=polite]", has_text=" revoked")).to_have_count(1)


def test_an_error_is_shown_however_many_there_are(person: NewPerson, database: Sql) -> None:
    page = desk(person)
    for consent in database.consents():
        database.set(consent, "granted")
    expect(page.locator(".toast-more")).to_have_text("and 1 more")
    page.evaluate("import('/web/shared/toasts.js').then(({ toast }) => toast({ kind: 'error', text: 'It failed' }))")
    expect(page.locator(".toast[data-kind=error]")).to_have_text("✕It failed×")
    expect(page.locator(".toast")).to_have_count(3)


def test_choices_made_in_two_tabs_are_both_kept(person: NewPerson) -> None:
    someone = person(**DESK)
    tabs = [someone.sign_in("csr"), someone.tab(CSR)]
    for tab, name in zip(tabs, ("one", "two"), strict=True):
        live(tab)
        choose = f"import('/web/shared/preferences.js').then((kept) => kept.setPreferences(() => ({{ {name}: true }})))"
        tab.evaluate(choose)
    kept = tabs[0].evaluate("fetch('/api/v1/preferences').then((answer) => answer.json())")
    assert kept == {"preferences": {"one": True, "two": True}}
