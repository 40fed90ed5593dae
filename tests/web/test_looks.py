"""What people see: no accessibility violations in either theme, nothing wider than a phone, and pictures to look at."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.web.conftest import ARTEFACTS, THEMES, NewPerson, Person

WIDTHS = (360, 1280, 2560)
TABS = ("overview", "users", "purposes", "log", "trail", "sessions")
PAGES = ("signin", "signin-sso", "customer", "csr", "csr-card", "account", *(f"admin-{tab}" for tab in TABS))
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
    if role == "account":
        someone.sign_in("customer").close()
        someone.context.clear_cookies()
        someone.sign_in("customer").close()
        page = someone.tab("/account")
        expect(page.locator("#sessions tbody tr")).to_have_count(2)
        return page
    if part == "trail":  # somebody has looked at something
        expect(someone.sign_in("csr").locator("#light")).to_have_attribute("data-phase", "live")
        someone.context.clear_cookies()
    page = someone.sign_in(role)
    if role == "csr":
        expect(page.locator("#light")).to_have_attribute("data-phase", "live")
        expect(page.locator("#grid-rows [role=row]")).to_have_count(8)
        if part:
            page.locator("#grid-rows [role=row]").first.click()
            expect(page.locator("#card .timeline li").first).to_be_visible()
    elif role == "customer":
        expect(page.get_by_role("switch")).to_have_count(4)
    else:
        page.goto(f"{someone.url}/admin#{part}")
        if part == "trail":
            expect(page.locator("#trail tbody tr").filter(has_text="Opened a stream")).to_be_visible()
            page.fill("#trail-customer", "n")
            expect(page.locator("#trail-customer-list [role=option]")).to_have_text(["Nimal Perera +94771234567"])
    page.wait_for_function(SETTLED)
    return page


def violations(page: Page, axe: str) -> list[Any]:
    """What axe finds, and where."""
    page.evaluate(axe)
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", options)
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]


@pytest.fixture
def answered(database: Sql) -> None:
    """Consents in several states, each with a history."""
    for consent, statuses in zip(
        database.consents(), (["granted"], ["granted", "revoked"], [], ["granted"]), strict=True
    ):
        for status in statuses:
            database.set(consent, status)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_both_themes_fits_every_width_and_leaves_pictures(
    person: NewPerson, answered: None, axe: str, name: str
) -> None:
    page = opened(person(viewport={"width": 1280, "height": 800}), name)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert violations(page, axe) == [], theme
    page.emulate_media(color_scheme="light")
    ARTEFACTS.mkdir(exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=ARTEFACTS / f"{name}-{width}.png", animations="disabled")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
