"""What people see: no accessibility violations in either theme, nothing wider than a phone, and pictures to look at."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson, Person
from tests.web.looks import picture, sideways, violations_in_both_themes

WIDTHS = (360, 1280, 2560)
TABS = (
    "overview", "users", "purposes", "log", "trail", "sessions", "webhooks", "imports", "deadlines", "holidays",
    "checkpoints",
)  # fmt: skip
PAGES = (
    "signin",
    "signin-sso",
    "password",
    "missing",
    "customer",
    "csr",
    "csr-card",
    "csr-requests",
    "account",
    *(f"admin-{tab}" for tab in TABS),
)
# Pages for whoever comes: where they are, and what is there when they are drawn.
IMPORT = "1a2b3c4d-0000-4000-8000-000000000001"
PLAIN = {"password": ("/password#a-token", "#form"), "missing": ("/no/such/page", "h1")}
# Nothing is still a grey bar.
SETTLED = "() => ![...document.querySelectorAll('.skeleton')].some((one) => one.checkVisibility())"


def opened(someone: Person, name: str) -> Page:
    """The page, when what it shows has come."""
    role, _, part = name.partition("-")
    if role == "signin":
        ways = {"password": True, "single_sign_on": {"title": "Single sign-on"}}
        if part:
            someone.context.route("**/api/v1/auth/ways", lambda route: route.fulfill(json=ways))
        page = someone.tab("/?problem=sso-away" if part else "/")
        expect(page.locator("#sso" if part else "#submit")).to_be_visible()
        return page
    if role in PLAIN:
        path, settled = PLAIN[role]
        page = someone.tab(path)
        expect(page.locator(settled)).to_be_visible()
        return page
    if role == "account":
        someone.sign_in("customer").close()
        someone.context.clear_cookies()
        someone.sign_in("customer").close()
        page = someone.tab("/account")
        expect(page.locator("#sessions tbody tr")).to_have_count(2)
        expect(page.locator("#password")).to_be_visible()
        return page
    if part == "trail":  # somebody has looked at something
        expect(someone.sign_in("csr").locator("#light")).to_have_attribute("data-phase", "live")
        someone.context.clear_cookies()
    page = someone.sign_in(role)
    if role == "csr":
        expect(page.locator("#light")).to_have_attribute("data-phase", "live")
        expect(page.locator("#grid-rows [role=row]")).to_have_count(8)
        if part == "requests":
            page.click("#view-requests")
            page.locator("#queue-rows [role=row]").first.click()
            expect(page.locator("#card .request .entry").first).to_be_visible()
        elif part:
            page.locator("#grid-rows [role=row]").first.click()
            expect(page.locator("#card [data-slot=timeline] li").first).to_be_visible()
    elif role == "customer":
        expect(page.get_by_role("switch")).to_have_count(4)
        expect(page.locator("#requests > li")).to_have_count(3)
        expect(page.locator("#contact")).to_be_visible()
    else:
        show_tab(someone, page, part)
    page.wait_for_function(SETTLED)
    return page


def show_tab(someone: Person, page: Page, part: str) -> None:
    """A tab of the admin page, with something in it."""
    if part == "webhooks":
        data = {"url": "https://crm.example.invalid/hooks/consents?key=1"}
        assert someone.context.request.put(f"{someone.url}/api/v1/webhooks/crm", data=data).ok
    if part == "imports":
        row = {"customer": {"reference": "A-1"}, "purpose": "marketing", "channel": "sms", "status": "maybe"}
        body: dict[str, Any] = {"source": "crm-2026", "rows": [row], "import_id": IMPORT}
        assert someone.context.request.post(f"{someone.url}/api/v1/imports/rows", data=body).ok
    page.goto(f"{someone.url}/admin#{f'imports/{IMPORT}' if part == 'imports' else part}")
    if part == "imports":
        expect(page.locator("#import-lines tbody tr")).to_have_count(1)
    if part == "trail":
        expect(page.locator("#trail tbody tr").filter(has_text="Opened a stream").first).to_be_visible()
        page.fill("#trail-customer", "n")
        expect(page.locator("#trail-customer-list [role=option]")).to_have_text(["Nimal Perera +94771234567"])
    if part == "deadlines":
        expect(page.locator("#deadlines tbody tr")).to_have_count(7)
    if part == "holidays":
        page.fill("#holiday-day", "2027-04-14")
        page.fill("#holiday-name", "New Year")
        page.click("#holiday [type=submit]")
        expect(page.locator("#holidays tbody tr")).to_contain_text("14 April 2027")
    if part == "webhooks":
        expect(page.locator("#webhooks tbody tr")).to_have_count(1)


@pytest.fixture
def answered(database: Sql) -> None:
    """Consents in several states, each with a history, and requests: one is overdue, and the clock of one stands."""
    for consent, statuses in zip(
        database.consents(), (["granted"], ["granted", "revoked"], [], ["granted"]), strict=True
    ):
        for status in statuses:
            database.set(consent, status)
    database.run(
        "INSERT INTO consentfeed.rights_requests (customer_id, kind, received_at)"
        " SELECT %s::uuid, kind, now() - days * interval '1 day'"
        " FROM (VALUES ('access', 40), ('erasure', 0), ('complaint', 1)) AS demand (kind, days)",
        CUSTOMER,
    )
    database.run("UPDATE consentfeed.rights_requests SET status = 'waiting-for-customer' WHERE kind = 'complaint'")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_both_themes_fits_every_width_and_leaves_pictures(
    person: NewPerson, answered: None, axe: str, name: str
) -> None:
    page = opened(person(viewport={"width": 1280, "height": 800}), name)
    assert violations_in_both_themes(page, axe) == []
    for width in WIDTHS:
        assert sideways(page, width) == []
        picture(page, f"{name}-{width}")
