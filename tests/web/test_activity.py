"""The activity: two lines an entry, with who did it; it scrolls back through the log."""

import re

from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_act import act_on, answer, consent
from tests.web.test_timeline import many
from tests.web.test_walk import DESK, live, row

LINES = "#activity-lines li"


def desk(person: NewPerson) -> Page:
    """The dashboard, listening."""
    page = person(**DESK).sign_in("csr")
    live(page)
    return page


def test_it_reads_back_to_the_beginning_of_the_log_page_by_page(person: NewPerson, database: Sql) -> None:
    count = many(database)
    page = desk(person)
    expect(page.locator("#activity-empty")).to_be_visible()
    database.set(consent(database), "granted")
    expect(page.locator(LINES)).to_have_count(1)
    page.get_by_role("button", name="Earlier").click()
    expect(page.locator(LINES)).to_have_count(51)
    for shown in (101, count + 1):  # its end asks by itself
        page.locator("#activity .panel-body").evaluate("(node) => node.scrollTo(0, node.scrollHeight)")
        expect(page.locator(LINES)).to_have_count(shown)
    expect(page.get_by_role("button", name="Earlier")).to_be_hidden()
    ids = page.locator(LINES).evaluate_all("(lines) => lines.map((line) => Number(line.dataset.event.split('-')[0]))")
    assert ids == list(range(count + 1, 0, -1))
    page.mouse.move(10, 300)  # while somebody is in the list, what comes waits
    database.set(consent(database, "surveys", "voice"), "granted")
    expect(page.locator(LINES)).to_have_count(count + 2)


def test_an_entry_says_whose_it_is_what_became_of_it_and_by_whom(
    person: NewPerson, node: RunningNode, database: Sql
) -> None:
    page = desk(person)
    with node.client("customer") as customer:
        assert customer.post(f"/api/v1/customer/consents/{consent(database)}/grant").is_success
    first = page.locator(LINES).first
    expect(first).to_contain_text("customer")
    expect(first.locator("bdi").first).to_have_text("Nimal Perera")
    expect(first).to_contain_text("Offers · SMS")
    database.set(consent(database), "revoked")
    expect(first).to_contain_text("SQL")
    with node.client("admin") as admin:
        body = {"reason": {"code": "letter"}}
        assert admin.post(f"/api/v1/consents/{consent(database, channel='email')}/revoke", json=body).is_success
    expect(first).to_contain_text("admin")
    row(page).click()
    answer(act_on(page))
    page.locator("#act-submit").click()
    expect(page.locator("#act-form")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(first).to_contain_text("You")
    expect(page.locator(LINES)).to_have_count(4)
    height = first.evaluate("(line) => line.offsetHeight / parseFloat(getComputedStyle(line).lineHeight)")
    assert height < 4, "two lines, and the space around them"


def test_what_cannot_be_read_back_is_said_and_read_when_it_can_be(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    page = desk(person)
    page.route("**/api/v1/history*", lambda route: route.abort())
    page.get_by_role("button", name="Earlier").click()
    expect(page.locator("#activity-problem")).not_to_be_empty()
    expect(page.locator("#light")).to_have_attribute("data-light", "yellow")
    page.unroute("**/api/v1/history*")
    page.get_by_role("button", name="Earlier").click()
    expect(page.locator(LINES)).to_have_count(1)
    expect(page.locator("#activity-problem")).to_be_empty()
    expect(page.locator("#light")).to_have_attribute("data-light", "green")


def test_a_list_of_days(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    database.set(consent(database, channel="email"), "granted")
    database.run(
        "ALTER TABLE consentfeed.consents DISABLE TRIGGER USER;"
        " UPDATE consentfeed.consents SET updated_at = now() - interval '3 days' WHERE channel = 'email';"
        " ALTER TABLE consentfeed.consents ENABLE TRIGGER USER"
    )
    someone = person(**DESK)
    someone.sign_in("csr").close()
    page = someone.tab("/csr")
    rows = page.locator("#grid-rows [role=row]")
    expect(rows).to_have_count(2)
    for choice, count in (("Today", 1), ("Yesterday", 0), ("Last 7 days", 2)):
        page.select_option("#filter-when", label=choice)
        expect(rows).to_have_count(count)
    page.select_option("#filter-when", label="Between…")
    old = database.value("SELECT to_char((now() - interval '3 days') AT TIME ZONE 'Asia/Colombo', 'YYYY-MM-DD')")
    page.fill("#filter-from", old)
    page.fill("#filter-to", old)
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("E-mail")
    expect(page).to_have_url(re.compile(f"when=between&from={old}&to={old}$"))
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.locator("#filter-to")).to_have_value(old)
    assert database.value("SELECT count(*) FROM consentfeed.access_trail WHERE customers @> ARRAY[%s::uuid]", CUSTOMER)


def test_a_long_list_says_about_how_many_there_are(person: NewPerson, database: Sql) -> None:
    database.run(
        "INSERT INTO consentfeed.customers (id, name)"
        " SELECT gen_random_uuid(), 'C' || number FROM generate_series(1, 300) AS number"
    )
    database.run(
        "INSERT INTO consentfeed.consents (customer_id, purpose, channel) SELECT id, 'surveys', 'voice'"
        " FROM consentfeed.customers ON CONFLICT DO NOTHING"
    )
    Sql.run_as(database.admin_url, "ANALYZE consentfeed.consents, consentfeed.customers")
    page = desk(person)
    expect(page.locator("#count")).to_have_text(re.compile("^(about 3[01]0|more than 200) consents$"))
