"""The history on a customer's card: one request for all of it, newest first, page by page."""

import re

from playwright.sync_api import Page, Route, expect

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_names import card, rename
from tests.web.test_walk import DESK, live

PAGE = 100
ENTRIES = "#card .timeline li"
HISTORY = "**/api/v1/customers/*/history*"


def many(database: Sql) -> int:
    """More decisions than a page holds; how many."""
    for number in range(28):
        status = "revoked" if number % 2 else "granted"
        database.run("UPDATE consentfeed.consents SET status = %s WHERE customer_id = %s", status, CUSTOMER)
    count = database.head()
    assert PAGE < count <= 2 * PAGE
    return count


def opened(person: NewPerson) -> Page:
    """Nimal's card at a desk that hears the feed."""
    page = person(**DESK).sign_in("csr")
    live(page)
    card(page, "Nimal Perera")
    return page


def test_opening_a_card_is_five_requests_and_a_line_of_the_trail_where_they_show_any(
    person: NewPerson, database: Sql
) -> None:
    for consent in database.consents():
        database.set(consent, "granted")
    page = person(**DESK).sign_in("csr")
    live(page)
    before = database.value("SELECT count(*) FROM consentfeed.access_trail")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition("/api/v1")[2]))
    card(page, "Nimal Perera")
    expect(page.locator(ENTRIES)).to_have_count(4)
    expect(page.locator("#card [data-slot=contact-lines] li")).to_have_count(3)
    expect(page.locator("#card [data-slot=requests-state]")).to_have_text("This customer has demanded nothing.")
    own = f"/customers/{CUSTOMER}"
    paths = ["/consents", own, f"{own}/contact-preferences", f"{own}/history", "/rights-requests"]
    # The counts beside the queue are asked for too, now and then, and are about nobody.
    of_the_card = [path.partition("?")[0] for path in asked if path and "due_before=" not in path]
    assert sorted(of_the_card) == paths
    lines = database.run("SELECT action, customers::text[] FROM consentfeed.access_trail ORDER BY at, id")[before:]
    actions = ("list-consents", "read-customer", "read-history", "read-preferences")
    assert sorted(lines) == [(action, [CUSTOMER]) for action in actions]


def test_what_changed_about_the_customer_is_told_in_words(person: NewPerson, node: RunningNode, database: Sql) -> None:
    database.set(database.consents()[0], "granted")
    rename(node, "Nimal de Silva")
    page = person(**DESK).sign_in("csr")
    live(page)
    card(page, "Nimal de Silva")
    expect(page.locator(ENTRIES)).to_have_count(2)
    newest = page.locator(ENTRIES).first
    expect(newest.locator(".entry-head")).to_have_text(
        re.compile(r"^\s*Details changed: name\s*$"), use_inner_text=True
    )
    expect(newest).to_contain_text("an application · through the API")
    # By the feed, while the card is open; and from SQL.
    database.run("UPDATE consentfeed.customers SET msisdn = '+94770000009', language = 'si' WHERE id = %s", CUSTOMER)
    expect(newest).to_contain_text("Contact preferences changed")  # the language is one of them, too
    expect(page.locator(ENTRIES).nth(1)).to_contain_text("Details changed: number and language")
    expect(page.locator(ENTRIES).nth(1)).to_contain_text("database role")
    expect(page.locator(ENTRIES)).to_have_count(4)


def test_older_pages_are_read_when_they_are_asked_for(person: NewPerson, database: Sql) -> None:
    count = many(database)
    page = opened(person)
    expect(page.locator(ENTRIES)).to_have_count(PAGE)
    database.set(database.consents()[0], "granted")  # by the feed, above what was read
    expect(page.locator(ENTRIES)).to_have_count(PAGE + 1)
    page.get_by_role("button", name="Older entries").click()
    expect(page.locator(ENTRIES)).to_have_count(count + 1)
    expect(page.locator(ENTRIES).nth(PAGE + 1)).to_be_focused()
    expect(page.get_by_role("button", name="Older entries")).to_be_hidden()


def test_an_older_page_that_cannot_be_read_is_said_and_read_when_it_can_be(person: NewPerson, database: Sql) -> None:
    count = many(database)
    page = opened(person)
    expect(page.locator(ENTRIES)).to_have_count(PAGE)
    page.route(HISTORY, lambda route: route.abort())
    page.get_by_role("button", name="Older entries").click()
    expect(page.locator("#card .problem")).not_to_be_empty()
    expect(page.locator("#light")).to_have_attribute("data-light", "yellow")
    page.unroute(HISTORY)
    expect(page.locator(ENTRIES)).to_have_count(count, timeout=30_000)  # the page tries every ten seconds
    expect(page.locator("#card .problem")).to_have_count(0)
    expect(page.locator("#light")).to_have_attribute("data-light", "green")


def test_the_button_prints_all_and_a_sheet_without_all_says_so(person: NewPerson, database: Sql) -> None:
    count = many(database)
    page = opened(person)
    expect(page.locator(ENTRIES)).to_have_count(PAGE)
    partial = page.get_by_text("Older entries are not on this sheet.")
    expect(partial).to_be_hidden()
    page.emulate_media(media="print")
    expect(partial).to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate(
        "() => { window.print = () => { window.printed = document.querySelectorAll('#card .timeline li').length } }"
    )
    page.get_by_role("button", name="Print the history").click()
    page.wait_for_function("() => window.printed")
    assert page.evaluate("window.printed") == count
    page.emulate_media(media="print")
    expect(partial).to_be_hidden()


def test_what_the_feed_brings_while_the_history_is_read_stands_in_its_place(person: NewPerson, database: Sql) -> None:
    consents = database.consents()
    database.set(consents[0], "granted")
    page = person(**DESK).sign_in("csr")
    live(page)

    def answer(route: Route) -> None:
        database.set(consents[1], "granted")
        expect(page.locator(ENTRIES)).to_have_count(1)  # by the feed
        events = route.fetch().json()["events"]
        later = {**events[1], "id": f"{database.head() + 1}-00000000"}  # the feed has not brought it yet
        later["data"] = {**later["data"], "reason": {"code": "later", "text": None, "reference": None}}
        route.fulfill(json={"events": [later, *events], "next": None})

    page.route(HISTORY, answer)
    card(page, "Nimal Perera")
    expect(page.locator(ENTRIES)).to_have_count(3)
    expect(page.locator(ENTRIES).first).to_contain_text("later")
