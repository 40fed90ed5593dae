"""What somebody types or clicks before a page hears it, and what a browser brings back: on every page, by kind."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.database import Sql
from tests.support.seed import PASSWORD
from tests.web.conftest import CSR, CUSTOMER, NewPerson, Person

# By page: who opens it, its path, its module.
PAGES: Final = {
    "signin": ("", "/", "signin/signin.js"),
    "password": ("", "/password#a-token", "password/password.js"),
    "customer": ("customer", "/customer", "customer/customer.js"),
    "account": ("customer", "/account", "account/account.js"),
    "evidence": ("customer", "/evidence/{consent}", "evidence/evidence.js"),
    "csr": ("csr", CSR, "csr/csr.js"),
    "admin": ("admin", "/admin", "admin/admin.js"),
}
READY: Final = "document.addEventListener('page-ready', () => (window.isReady = true))"
IS_READY: Final = "() => window.isReady"
FILLED: Final = """() => [...document.querySelectorAll("input, textarea")]
    .filter(field => !field.readOnly && !["checkbox", "radio"].includes(field.type))
    .filter(field => field.checkVisibility() && field.value !== field.defaultValue).map(field => field.id)"""


@pytest.fixture
def tab(person: NewPerson, database: Sql) -> Callable[..., tuple[Page, Callable[[], None]]]:
    """Opens a page whose script is late; the other result lets it come."""
    people: dict[str, Person] = {}
    consent = database.consents(CUSTOMER)[0]
    database.set(consent, "granted")

    def open_page(name: str) -> tuple[Page, Callable[[], None]]:
        role, path, module = PAGES[name]
        people[role] = someone = people.get(role) or person(viewport={"width": 1280, "height": 800})
        if role and not someone.context.cookies():
            someone.sign_in(role).close()
        page = someone.context.new_page()
        held: list[Route] = []
        come: list[bool] = []
        page.route(f"**/web/{module}", lambda route: route.continue_() if come else held.append(route))
        page.add_init_script(READY)
        page.goto(someone.url + path.format(consent=consent), wait_until="commit")
        page.wait_for_selector("main", state="attached")

        def let_come() -> None:
            come.append(True)
            for route in held:
                route.continue_()

        return page, let_come

    return open_page


Open = Callable[[str], tuple[Page, Callable[[], None]]]


def test_what_is_typed_before_the_script_runs_counts(tab: Open) -> None:
    page, let_come = tab("csr")
    page.locator("#search").press_sequentially("kamala")
    page.press("#search", "Enter")
    let_come()
    expect(page.locator("#card h2")).to_have_text("Kamala O'Brien")  # the sole hit, as Enter opens it
    page, let_come = tab("signin")
    page.fill("#email", "csr@example.com")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.press("#password", "Enter")  # nothing seemed to happen
    let_come()
    page.wait_for_url("**/csr")


def test_what_is_clicked_before_the_script_runs_is_done_once_it_does(tab: Open) -> None:
    for name, pressed in (
        ("csr", {"#open-settings": "#settings[open]", "#open-help": "#help[open]"}),
        ("admin", {"#tab-users": "#panel-users"}),
        ("customer", {"#signout": "#email"}),
    ):
        page, let_come = tab(name)
        for button in pressed:
            for _ in range(2):  # nothing seems to happen
                page.locator(button).click(force=True)
        let_come()
        for shown in pressed.values():
            expect(page.locator(shown)).to_be_visible()
        page.close()


def test_nothing_that_a_browser_brings_back_is_shown_and_unheard(tab: Open) -> None:
    for name in PAGES:
        page, let_come = tab(name)
        let_come()
        page.wait_for_function(IS_READY)
        fields = page.locator("input[type=search]:visible, input[type=email]:visible, input[type=password]:visible")
        for field in fields.all():
            field.fill("kamala")
        page.reload()
        page.wait_for_function(IS_READY)
        # The sign-in form is read when it is sent.
        assert page.evaluate(FILLED) in ([], ["email"]), name
        with page.expect_navigation():  # by the back button, and whole
            page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        page.wait_for_function(IS_READY)
        page.close()
