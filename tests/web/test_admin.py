"""The admin page: each section does what it says, and what is refused is said where it belongs, with nothing lost."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support import RunningNode, Sql
from tests.web.conftest import NewPerson

REFUSED = (
    '{"type":"/problems/invalid","title":"The request is not valid","status":422,"detail":"Too short - at `$.text`"}'
)


@pytest.fixture
def admin(person: NewPerson) -> Page:
    """The page, signed in and drawn."""
    page = person(viewport={"width": 1280, "height": 900}).sign_in("admin")
    expect(page.locator("#tab-overview")).to_have_attribute("aria-selected", "true")
    return page


def confirm(page: Page) -> None:
    """Yes."""
    page.click("#confirm [type=submit]")
    expect(page.locator("#confirm")).to_be_hidden()


def test_the_chosen_tab_survives_reload_and_back_and_arrows_walk(admin: Page) -> None:
    admin.locator("#tab-overview").press("ArrowRight")
    expect(admin.locator("#tab-users")).to_be_focused()
    admin.keyboard.press("End")
    expect(admin.locator("#tab-sessions")).to_be_focused()
    admin.keyboard.press("ArrowRight")
    expect(admin.locator("#panel-overview")).to_be_visible()
    admin.click("#tab-users")
    admin.click("#tab-log")
    admin.go_back()
    expect(admin.locator("#panel-users")).to_be_visible()
    admin.reload()
    expect(admin.locator("#tab-users")).to_have_attribute("aria-selected", "true")
    expect(admin.locator("#panel-users")).to_be_visible()
    expect(admin.locator("#panel-log")).to_be_hidden()


def test_a_node_shows_its_numbers_and_is_silent_when_it_reports_no_more(admin: Page, database: Sql) -> None:
    rows = admin.locator("#nodes tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Well")
    database.run(
        "INSERT INTO consentfeed.nodes SELECT gen_random_uuid(), 'gone', now(), now() - interval '20 s', numbers"
        " FROM consentfeed.nodes LIMIT 1"
    )
    expect(rows.filter(has_text="gone")).to_contain_text("Silent", timeout=15_000)
    expect(admin.locator("#totals")).to_contain_text("1 of 2")


def test_an_account_is_added_changed_disabled_and_enabled_but_not_ones_own(admin: Page) -> None:
    admin.click("#tab-users")
    admin.click("#users-add")
    admin.fill("#account-email", "csr@example.com")
    admin.click("#account [type=submit]")
    expect(admin.locator("#account-email-problem")).to_contain_text("already")
    expect(admin.locator("#account-email")).to_have_value("csr@example.com")
    admin.fill("#account-email", "new@example.com")
    admin.click("#account [type=submit]")
    row = admin.locator("#users tr").filter(has_text="new@example.com")
    expect(row).to_contain_text("CSR")
    row.locator("[data-act=role]").click()
    admin.check("#account [value=service]")
    admin.click("#account [type=submit]")
    expect(row).to_contain_text("Service")
    row.locator("[data-act=disable]").click()
    confirm(admin)
    expect(row).to_contain_text("Disabled")
    expect(row.locator("[data-act=enable]")).to_be_focused()
    row.locator("[data-act=enable]").click()
    confirm(admin)
    expect(row).to_contain_text("Active")
    own = admin.locator("#users tr").filter(has_text="admin@example.com")
    expect(own).to_contain_text("You")
    expect(own.locator("button:visible")).to_have_count(0)
    admin.fill("#users-q", "nobody at all")
    expect(admin.locator("#users .state")).to_contain_text("No account fits")


def test_an_account_of_a_customer_is_the_very_customers_and_not_one_whose_address_begins_so(
    admin: Page, database: Sql
) -> None:
    customer = database.new_customer("Nimali Perera")
    database.run("UPDATE consentfeed.customers SET email = 'nimali@example.com' WHERE id = %s", customer)
    admin.click("#tab-users")
    admin.click("#users-add")
    admin.check("#account [value=customer]")
    admin.fill("#account-email", "nimali@example.co")
    admin.click("#account [type=submit]")
    expect(admin.locator("#account-customer_id-problem, #account [id*=customer][id$=problem]").first).not_to_be_empty()
    admin.fill("#account-email", "nimali@example.com")
    admin.click("#account [type=submit]")
    expect(admin.locator("#account")).to_be_hidden()
    found = database.run(
        "SELECT email, customer_id::text FROM consentfeed.users WHERE role = 'customer' AND id = %s", customer
    )
    assert found == [("nimali@example.com", customer)]


def test_a_list_says_when_it_is_old_or_cannot_be_read(admin: Page) -> None:
    admin.click("#tab-users")
    users = admin.locator("#users")
    expect(users).to_have_attribute("data-state", "ready")
    admin.route("**/api/v1/users?*", lambda route: route.abort())
    users.locator(".list-note button").click()
    expect(users).to_have_attribute("data-state", "stale")
    expect(users.locator("tbody tr").first).to_be_visible()
    admin.reload()
    expect(users).to_have_attribute("data-state", "error")
    admin.unroute("**/api/v1/users?*")
    users.get_by_role("button", name="Try again", exact=True).click()
    expect(users).to_have_attribute("data-state", "ready")


def test_a_notice_is_drafted_and_published_once_it_is_said_what_it_supersedes(admin: Page) -> None:
    admin.goto(re.sub("#.*", "", admin.url) + "#purposes/marketing")
    versions = admin.locator("#versions")
    expect(versions).to_contain_text("In force")
    expect(admin.locator(".in-force").first).to_contain_text("What you agree to: Offers en")
    admin.fill("#draft-en", "Second text")
    admin.fill("#draft-si", "දෙවන")
    admin.route("**/notices/2/si", lambda route: refuse(route))
    admin.click("#draft [type=submit]")
    expect(admin.locator("#draft-si-problem")).to_contain_text("Too short")
    expect(admin.locator("#draft-si")).to_have_value("දෙවන")
    expect(versions).to_contain_text("Draft")
    # What is not saved waits while something else is looked at.
    admin.click("#tab-users")
    admin.go_back()
    expect(admin.locator("#draft-si")).to_have_value("දෙවන")
    admin.unroute("**/notices/2/si")
    admin.click("#draft-publish")
    asked = admin.locator("#confirm")
    expect(asked).to_contain_text("supersedes version 1")
    expect(asked).to_contain_text("never be changed")
    confirm(admin)
    expect(versions.locator("details").first).to_contain_text("In force")
    expect(versions.locator("details").last).to_contain_text("Superseded")
    expect(admin.locator("#draft-title")).to_have_text("Write version 3")


def refuse(route: Route) -> None:
    """As the server would."""
    route.fulfill(status=422, content_type="application/problem+json", body=REFUSED)


def test_a_purpose_is_added_and_its_channels_only_grow(admin: Page) -> None:
    admin.goto(re.sub("#.*", "", admin.url) + "#purposes/+")
    admin.fill("#purpose-f-key", "marketing")
    admin.click("#purpose-form [type=submit]")
    expect(admin.locator("#purpose-f-key-problem")).to_contain_text("already")
    admin.fill("#purpose-f-key", "roaming")
    admin.fill("#purpose-f-title", "Roaming <b>")
    admin.check("#purpose-channels [value=sms]")
    admin.click("#purpose-form [type=submit]")
    expect(admin.locator("#purpose-title")).to_have_text("Roaming <b>")
    expect(admin.locator("#versions")).to_contain_text("There is no notice yet")
    expect(admin.locator("#purpose-channels [value=sms]")).to_be_disabled()
    admin.check("#purpose-channels [value=push]")
    admin.click("#purpose-form [type=submit]")
    expect(admin.locator("#purpose-channels [value=push]")).to_be_disabled()
    admin.click("#purpose > p a")
    expect(admin.locator("#purposes tr").filter(has_text="roaming")).to_contain_text("nobody can consent yet")


def test_verifying_tells_the_head_or_the_first_position_that_does_not_fit(
    admin: Page, node: RunningNode, database: Sql
) -> None:
    database.set(database.consents()[0], "granted")
    admin.click("#tab-log")
    admin.click("#log [type=submit]")
    expect(admin.locator(".verified")).to_contain_text("The log is whole")
    with node.client("csr") as csr:
        head = csr.get("/api/v1/consents").headers["consentfeed-position"]
    expect(admin.locator(".verified code")).to_have_text(head)
    admin.route(
        "**/api/v1/verify",
        lambda route: route.fulfill(
            json={"whole": False, "head": head, "position": 1, "problem": "its hash is wrong", "events": 1}
        ),
    )
    admin.click("#log [type=submit]")
    expect(admin.locator(".verified")).to_contain_text("does not fit from position 1 on")
    expect(admin.locator(".verified")).to_contain_text("its hash is wrong")


def test_a_session_is_ended_and_the_own_one_is_marked(admin: Page, person: NewPerson) -> None:
    csr = person().sign_in("csr")
    admin.click("#tab-sessions")
    rows = admin.locator("#sessions tbody tr")
    own = rows.filter(has=admin.locator("[data-slot=current]:visible"))
    expect(own).to_contain_text("admin@example.com")
    expect(own.locator("button:visible")).to_have_count(0)
    rows.filter(has_text="csr@example.com").locator("[data-act=end]").click()
    confirm(admin)
    expect(rows.filter(has_text="csr@example.com")).to_have_count(0)
    csr.wait_for_url(lambda url: url.endswith("/"))  # its stream has ended, and the page has gone
