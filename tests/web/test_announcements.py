"""What is said to readers of the screen goes into regions that were in the page before: else not all of them say it."""

from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.web.conftest import CSR, NewPerson, Person
from tests.web.test_walk import DESK, live

# Notes each region that comes into a page with its text already in it.
WATCH = """
  window.late = [];
  const REGION = '[aria-live], [role=alert], [role=status]';
  new MutationObserver((records) => {
    for (const node of records.flatMap(({ addedNodes }) => [...addedNodes])) {
      if (document.readyState === 'loading' || !(node instanceof Element)) continue;
      for (const one of [node, ...node.querySelectorAll(REGION)]) {
        if (one.matches(REGION) && one.textContent.trim() && one.checkVisibility()) window.late.push(one.outerHTML);
      }
    }
  }).observe(document, { childList: true, subtree: true });
"""


def watched(someone: Person, role: str) -> Page:
    """The page of a role, watched from its first moment."""
    someone.context.add_init_script(WATCH)
    return someone.sign_in(role)


def test_a_first_message_and_a_list_that_fails_are_said_in_regions_that_were_there(
    person: NewPerson, database: Sql
) -> None:
    desk, phone, admin = (watched(person(**DESK), role) for role in ("csr", "customer", "admin"))
    live(desk)
    assert desk.locator("[aria-live=polite]").count() == 1, "before there is anything to say"
    database.set(database.consents()[0], "granted")
    for page in (desk, phone):
        expect(page.locator(".toast").first).to_be_visible()
    desk.route("**/api/v1/consents?*", lambda route: route.abort())
    desk.locator("#refresh").click()
    expect(desk.locator("#strip")).to_be_visible()
    admin.route("**/api/v1/sessions?*", lambda route: route.abort())
    admin.click("#tab-sessions")
    expect(admin.locator("#sessions").get_by_role("alert")).to_contain_text("could not be read")
    for page in (desk, phone, admin):
        assert page.evaluate("window.late") == []


def test_a_page_that_gets_no_answer_says_so_in_a_region_that_was_there(person: NewPerson) -> None:
    someone = person(**DESK)
    someone.sign_in("csr").close()
    someone.context.add_init_script(WATCH)
    someone.context.route("**/api/v1/auth/me", lambda route: route.fulfill(status=503, headers={"Retry-After": "60"}))
    page = someone.tab(CSR)
    expect(page.get_by_role("alert")).to_contain_text("Try again")
    assert page.evaluate("window.late") == []
