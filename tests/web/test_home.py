"""The home list is of decisions: a purpose that nobody was asked about yet buries none of them."""

from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_act import consent
from tests.web.test_customer import customer
from tests.web.test_walk import DESK, live

ROWS = "#grid-rows [role=row]"


def add_purpose(database: Sql, *, published: bool = False) -> None:
    """A purpose that everybody has a pending consent for, newer than all decisions."""
    database.run(
        "INSERT INTO consentfeed.purposes (key, title, channels, position) VALUES ('roaming', 'Roaming', '{sms}', 9)"
    )
    if published:
        publish(database)
    database.run(
        "INSERT INTO consentfeed.consents (customer_id, purpose, channel) SELECT id, 'roaming', 'sms'"
        " FROM consentfeed.customers"
    )


def publish(database: Sql) -> None:
    """Its first notice."""
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('roaming', 1, 'en', 'We tell you what calls abroad cost.', now())"
    )


def home(person: NewPerson) -> Page:
    """The dashboard as it opens by itself."""
    someone = person(**DESK)
    someone.sign_in("csr").close()
    page = someone.tab("/csr")
    live(page)
    return page


def test_the_home_list_has_decisions_alone_newest_first_and_who_was_not_asked_has_a_filter(
    person: NewPerson, database: Sql
) -> None:
    database.set(consent(database), "granted")
    database.set(consent(database, channel="email"), "revoked")
    add_purpose(database, published=True)
    page = home(person)
    expect(page.locator(f"{ROWS} .status")).to_have_text(["Revoked", "Granted"])
    page.select_option("#filter-status", label="Not asked yet")
    expect(page.locator(ROWS)).to_have_count(8)
    expect(page.locator(ROWS).filter(has_text="Roaming")).to_have_count(2)
    page.select_option("#filter-status", label="Decisions, and not asked yet")
    expect(page.locator(ROWS)).to_have_count(10)


def test_a_first_decision_is_new_in_the_home_list_and_without_any_it_says_so(person: NewPerson, database: Sql) -> None:
    page = home(person)
    expect(page.locator("#state")).to_contain_text("There are no decisions yet.")
    database.set(consent(database), "granted")
    page.get_by_role("button", name="1 new, show").click()
    expect(page.locator(ROWS)).to_have_count(1)


def test_a_purpose_without_a_notice_is_not_offered_until_there_is_one(person: NewPerson, database: Sql) -> None:
    add_purpose(database)
    page = customer(person)
    expect(page.locator("#cards h2")).to_have_text(["Offers", "Profiling", "Surveys"])
    desk = home(person)
    desk.evaluate(f"location.hash = 'customer/{CUSTOMER}'")
    line = desk.locator("#card .card-line").filter(has_text="Roaming")
    expect(line).to_contain_text("No notice is published yet")
    expect(line.locator("[data-slot=grant]")).to_be_hidden()
    publish(database)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the customer comes back to it
    expect(page.locator("#cards h2")).to_have_text(["Offers", "Profiling", "Surveys", "Roaming"])
    expect(line.locator("[data-slot=grant]")).to_be_visible()


def test_a_purpose_that_was_decided_on_stays_to_be_seen(person: NewPerson, database: Sql) -> None:
    add_purpose(database)
    database.run(
        "UPDATE consentfeed.consents SET status = 'revoked' WHERE (customer_id, purpose) = (%s, 'roaming')", CUSTOMER
    )
    expect(customer(person).locator("#cards h2")).to_have_text(["Offers", "Profiling", "Surveys", "Roaming"])
