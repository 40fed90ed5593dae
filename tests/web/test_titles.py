"""What purposes are called: by the notice, in the language of the reader; what was agreed to, as it was called then."""

from playwright.sync_api import Locator, expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_walk import DESK, PHONE, live

NEWS = {"en": ("News", "What is new."), "si": ("පුවත්", "අලුත් දේ.")}
SINHALA = {"locale": "si-LK"}


def publish(database: Sql) -> None:
    """Version 2 of the notice calls the offers news; then the purpose is renamed, which changes nothing."""
    for language, (title, description) in NEWS.items():
        database.run(
            "INSERT INTO consentfeed.notices (purpose, version, language, text, title, description, published_at)"
            " VALUES ('marketing', 2, %s, %s, %s, %s, now())",
            language,
            f"Two, {language}",
            title,
            description,
        )
    database.run("UPDATE consentfeed.purposes SET title = 'Renamed', description = 'R' WHERE key = 'marketing'")


def said(place: Locator, text: str, language: str) -> None:
    """Stands there, and names its language."""
    expect(place.first).to_have_text(text)
    expect(place.first).to_have_attribute("lang", language)


def grant(database: Sql) -> None:
    """The customer gets messages by SMS, under the notice in force."""
    database.run(
        "UPDATE consentfeed.consents SET status = 'granted'"
        " WHERE (customer_id, purpose, channel) = (%s, 'marketing', 'sms')",
        CUSTOMER,
    )


def test_a_card_is_called_what_the_notice_in_force_calls_it_in_the_readers_language(
    person: NewPerson, database: Sql
) -> None:
    publish(database)
    grant(database)
    for options, code in ((SINHALA, "si"), ({"locale": "ta-LK"}, "en"), ({}, "en")):
        page = person(**{**PHONE, **options}).sign_in("customer")
        title, description = NEWS[code]
        said(page.locator("#cards h2"), title, code)
        said(page.locator("#cards [data-slot=description]"), description, code)
        said(page.locator("#history-rows [data-slot=what] bdi"), title, code)
        page.locator("#cards .notice-link").first.click()
        said(page.locator("#notice-title"), title, code)


def test_what_no_notice_names_is_called_by_itself_in_no_language_that_is_known(
    person: NewPerson, database: Sql
) -> None:
    database.run("INSERT INTO consentfeed.purposes (key, title, channels, position) VALUES ('x', 'Plain', '{sms}', 0)")
    database.run("INSERT INTO consentfeed.consents (customer_id, purpose, channel) VALUES (%s, 'x', 'sms')", CUSTOMER)
    database.run("UPDATE consentfeed.consents SET status = 'revoked' WHERE purpose = 'x'")
    said(person(**PHONE, **SINHALA).sign_in("customer").locator("#cards h2"), "Plain", "")


def test_the_text_agreed_to_stands_under_the_title_that_it_had(person: NewPerson, database: Sql) -> None:
    grant(database)
    publish(database)
    page = person(**PHONE).sign_in("customer")
    page.locator("#cards .notice-link").first.click()
    parts = page.locator("#notice .notice-part")
    expect(parts).to_have_count(2)
    said(page.locator("#history-rows [data-slot=what] bdi"), "Offers", "en")
    said(page.locator("#notice-title"), "News", "en")
    said(parts.nth(0).locator("[data-slot=title]"), "Offers", "en")
    expect(parts.nth(0).locator("[data-slot=title]")).to_be_visible()
    expect(parts.nth(1).locator("[data-slot=text]")).to_have_text("Two, en")
    expect(parts.nth(1).locator("[data-slot=title]")).to_be_hidden()  # it is called so already


def test_a_desk_reads_titles_in_its_language_and_the_old_title_over_the_old_text(
    person: NewPerson, database: Sql
) -> None:
    publish(database)
    page = person(**{**DESK, **SINHALA}).sign_in("csr")
    live(page)
    grant(database)
    title = NEWS["si"][0]
    said(page.locator("#grid-rows .cell-purpose bdi").filter(has_text=title), title, "si")
    said(page.locator("#filter-purpose option[value=marketing]"), title, "si")
    said(page.locator("#activity-lines [data-slot=what] bdi"), title, "si")
    page.locator("#grid-rows [role=row]").filter(has_text="Nimal").first.click()
    said(page.locator("#card .card-what bdi").filter(has_text=title), title, "si")
    said(page.locator("#card .timeline [data-slot=what] bdi"), title, "si")
    page.locator("#card .card-line").filter(has_text=title).first.locator("[data-slot=grant]").click()
    for language, (name, _) in NEWS.items():  # what is read out is called as it is in its language
        page.locator("#act-language").select_option(language)
        said(page.locator("#act-text-title"), name, language)
    page.keyboard.press("Escape")
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, title, published_at)"
        " VALUES ('marketing', 3, 'si', 'Three', 'Third', now())"
    )
    page.reload()
    page.locator("#grid-rows [role=row]").filter(has_text="Nimal").first.click()
    said(page.locator("#card .card-what bdi").filter(has_text="Third"), "Third", "si")
    said(page.locator("#card .timeline [data-slot=what] bdi"), "News", "en")
    page.locator("#card .timeline button.link").first.click()
    expect(page.locator("#notice-text")).to_have_text("Two, en")
    said(page.locator("#notice-title"), "News", "en")


def test_a_desk_that_stays_open_reads_what_is_published_at_once(person: NewPerson, database: Sql) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    title = page.locator("#filter-purpose option[value=marketing]")
    expect(title).to_have_text("Offers")
    publish(database)
    expect(title).to_have_text("News")
