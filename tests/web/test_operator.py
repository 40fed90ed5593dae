"""The operator's name, logo, contact and privacy notice on every page that a customer sees, and on no page of staff."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.node import RunningNode, StartNode
from tests.support.seed import NOBODY
from tests.web.conftest import NewPerson
from tests.web.looks import violations

NAME = "Lanka <b>Mobile</b>"
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect width="40" height="10" fill="#0b5fa5"/></svg>'
OPEN = {"/": "h1[data-operator]", "/password#x": ".brand", "/no/such/page": ".brand"}
OF_CUSTOMERS = {"/customer": ".brand", "/account": ".brand", f"/evidence/{NOBODY}": ".brand"}


@pytest.fixture
def operated(start_node: StartNode, tmp_path: Path) -> RunningNode:
    """A node of an operator with a name."""
    logo = tmp_path / "logo.svg"
    logo.write_text(LOGO)
    return start_node(
        operator_name=NAME,
        operator_logo=str(logo),
        operator_contact="mailto:care@example.com",
        operator_privacy_url="https://example.com/privacy",
    )


@pytest.mark.parametrize("path", [*OPEN, *OF_CUSTOMERS])
def test_a_page_that_a_customer_sees_is_the_operators(
    person: NewPerson, operated: RunningNode, axe: str, path: str
) -> None:
    someone = person(operated.url, viewport={"width": 360, "height": 800})
    if path in OF_CUSTOMERS:
        someone.sign_in("customer").close()
    page = someone.tab(path)
    brand = page.locator({**OPEN, **OF_CUSTOMERS}[path]).first
    expect(brand).to_have_text(NAME)
    if path in OF_CUSTOMERS:
        assert page.locator(".bar").evaluate("(node) => node.offsetHeight") <= 64
    assert page.locator(".operator-logo").evaluate("(one) => one.decode().then(() => one.naturalWidth > 0)")
    foot = page.locator("footer.operator")
    expect(foot.get_by_role("link", name="care@example.com")).to_have_attribute("href", "mailto:care@example.com")
    expect(foot.get_by_role("link", name="Privacy notice")).to_have_attribute("href", "https://example.com/privacy")
    expect(foot).to_have_count(1)
    assert "consentfeed" not in page.locator("body").inner_text()
    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.reload()  # what was seen last is there at once, and the answer draws it again
    expect(brand).to_have_text(NAME)
    expect(foot).to_have_count(1)


@pytest.mark.parametrize("role", ["csr", "admin"])
def test_pages_of_staff_stay_as_they_are(person: NewPerson, operated: RunningNode, role: str) -> None:
    page = person(operated.url).sign_in(role)
    expect(page.locator(".brand")).to_have_text("consentfeed")
    expect(page.locator("footer.operator")).to_have_count(0)


def test_without_settings_the_pages_are_consentfeeds_and_have_no_foot(person: NewPerson) -> None:
    page = person().signing_in()
    expect(page.locator("h1")).to_have_text("consentfeed")
    expect(page.locator("footer.operator")).to_have_count(0)


def test_a_contact_that_is_no_address_is_shown_as_words(person: NewPerson, start_node: StartNode) -> None:
    contact = "javascript:alert(1) or call <i>1212</i>"
    page = person(start_node(operator_contact=contact).url).signing_in()
    expect(page.locator("footer.operator")).to_have_text(contact)
    assert page.locator("footer.operator a, footer.operator i").count() == 0
    expect(page.locator("h1")).to_have_text("consentfeed")
