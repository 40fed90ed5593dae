"""Every form that shows a state and writes it, held against a change meanwhile: nothing is overwritten unasked, what
changed is shown, and nothing typed is lost."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import STAFF
from tests.support.tokens import bearer
from tests.web.conftest import NewPerson

WIDE = {"viewport": {"width": 1280, "height": 900}}
TOLD = re.compile("Somebody else has changed this meanwhile, and nothing was saved")


class Other:
    """Another admin, at the same time."""

    def __init__(self, node: RunningNode) -> None:
        self._http = httpx.Client(
            base_url=f"{node.url}/api/v1", headers={"Authorization": f"Bearer {bearer('admin')}"}, timeout=30
        )

    def __call__(self, method: str, path: str, **body: object) -> None:
        answer = self._http.request(method, path, json=body or None)
        assert answer.is_success, answer.text

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def other(node: RunningNode) -> Iterator[Other]:
    """Another admin."""
    other = Other(node)
    yield other
    other.close()


def admin(person: NewPerson, where: str) -> Page:
    """The admin page, at a place of its own."""
    page = person(**WIDE).sign_in("admin")
    page.goto(re.sub("#.*", "", page.url) + where)
    return page


def row_of(page: Page, email: str) -> Locator:
    return page.locator("#users tr").filter(has_text=email)


def user(database: Sql, role: str) -> tuple[str, bool]:
    rows = database.run("SELECT role, disabled_at IS NULL FROM consentfeed.users WHERE id = %s", STAFF[role])
    return rows[0][0], rows[0][1]


# Accounts


def test_a_role_is_not_changed_unseen(person: NewPerson, database: Sql, other: Other) -> None:
    page = admin(person, "#users")
    row_of(page, "csr@example.com").locator("[data-act=role]").click()
    page.check("#account [value=service]")
    other("POST", f"/users/{STAFF['csr']}/role", role="admin")
    page.click("#account [type=submit]")
    problem = page.locator("#account [data-slot=problem]")
    expect(problem).to_have_text(TOLD)
    expect(problem).to_contain_text("Role: was “CSR”, is “Admin”. Press again to go on all the same.")
    expect(row_of(page, "csr@example.com")).to_contain_text("Admin")
    assert user(database, "csr") == ("admin", True)
    assert page.locator("#account [value=service]").is_checked(), "what was chosen stays"
    page.click("#account [type=submit]")
    expect(page.locator("#account")).to_be_hidden()
    assert user(database, "csr") == ("service", True)


@pytest.mark.parametrize("again", [True, False])
def test_an_account_is_not_disabled_unseen(person: NewPerson, database: Sql, other: Other, again: bool) -> None:
    page = admin(person, "#users")
    row_of(page, "csr@example.com").locator("[data-act=disable]").click()
    other("POST", f"/users/{STAFF['csr']}/role", role="service")
    page.click("#confirm [type=submit]")
    problem = page.locator("#confirm [data-slot=problem]")
    expect(problem).to_have_text(TOLD)
    expect(problem).to_contain_text("Role: was “CSR”, is “Service”.")
    assert user(database, "csr") == ("service", True)
    page.click(f"#confirm {'[type=submit]' if again else '[data-slot=cancel]'}")
    expect(page.locator("#confirm")).to_be_hidden()
    assert user(database, "csr") == ("service", not again)


def test_an_account_is_not_enabled_unseen(person: NewPerson, database: Sql, other: Other) -> None:
    other("POST", f"/users/{STAFF['csr']}/disable")
    page = admin(person, "#users")
    row_of(page, "csr@example.com").locator("[data-act=enable]").click()
    other("POST", f"/users/{STAFF['csr']}/role", role="admin")
    page.click("#confirm [type=submit]")
    expect(page.locator("#confirm [data-slot=problem]")).to_have_text(TOLD)
    assert user(database, "csr") == ("admin", False)
    page.click("#confirm [type=submit]")
    expect(page.locator("#confirm")).to_be_hidden()
    assert user(database, "csr") == ("admin", True)


# Purposes


def offer(**changes: object) -> dict[str, object]:
    return {"title": "Offers", "description": "", "channels": ["sms", "email"], "position": 1, **changes}


def test_a_purpose_is_not_overwritten_unseen_and_what_nobody_typed_follows(
    person: NewPerson, database: Sql, other: Other
) -> None:
    page = admin(person, "#purposes/marketing")
    expect(page.locator("#purpose-f-title")).to_have_value("Offers")
    page.fill("#purpose-f-title", "My title")
    page.fill("#purpose-f-channels", "fax")
    other("PUT", "/purposes/marketing", **offer(title="Their title", position=7, channels=["sms", "email", "push"]))
    page.click("#purpose-form [type=submit]")
    problem = page.locator("#purpose-form [data-slot=problem]")
    expect(problem).to_have_text(TOLD)
    expect(problem).to_contain_text("Title: was “Offers”, is “Their title”.")
    expect(problem).to_contain_text("Channels: was “SMS, E-mail”, is “SMS, E-mail, App notification”.")
    expect(problem).to_contain_text("Position: was “1”, is “7”.")
    saved = "SELECT title, position, channels FROM consentfeed.purposes WHERE key = 'marketing'"
    assert database.run(saved) == [("Their title", 7, ["sms", "email", "push"])]
    expect(page.locator("#purpose-f-title")).to_have_value("My title")
    expect(page.locator("#purpose-f-position")).to_have_value("7")
    expect(page.locator("#purpose-channels [value=push]")).to_be_disabled()
    expect(page.locator("#purpose-channels [value=fax]")).to_be_checked()
    page.click("#purpose-form [type=submit]")
    expect(page.locator(".toast")).to_contain_text("Saved My title")
    assert database.run(saved) == [("My title", 7, ["sms", "email", "push", "fax"])]


def test_a_new_purpose_overwrites_none_that_was_added_meanwhile(person: NewPerson, database: Sql, other: Other) -> None:
    page = admin(person, "#purposes/+")
    page.fill("#purpose-f-key", "research")
    page.fill("#purpose-f-title", "Mine")
    page.check("#purpose-channels [value=sms]")
    other("PUT", "/purposes/research", title="Theirs", channels=["sms"])
    page.click("#purpose-form [type=submit]")
    expect(page.locator("#purpose-f-key-problem")).to_contain_text("There is a purpose “research” already")
    expect(page.locator("#purpose-f-title")).to_have_value("Mine")
    assert database.run("SELECT title FROM consentfeed.purposes WHERE key = 'research'") == [("Theirs",)]


# Notices


def draft_of(database: Sql, language: str = "en") -> list[tuple[str, str]]:
    statement = "SELECT title, text FROM consentfeed.notices WHERE (purpose, version, language) = ('marketing', 2, %s)"
    found: list[tuple[str, str]] = database.run(statement, language)
    return found


DRAFT = "/purposes/marketing/notices/2/en"


@pytest.mark.parametrize("is_new", [True, False], ids=["where there was none", "where there was one"])
@pytest.mark.parametrize("is_read", [True, False], ids=["the list was read again", "nothing was read since"])
def test_a_draft_is_not_overwritten_unseen(
    person: NewPerson, database: Sql, other: Other, is_new: bool, is_read: bool
) -> None:
    if not is_new:
        other("PUT", DRAFT, title="First", text="A first draft")
    page = admin(person, "#purposes/marketing")
    expect(page.locator("#draft-en")).to_have_value("" if is_new else "A first draft")
    page.fill("#draft-en", "What I have written")
    other("PUT", DRAFT, title="Theirs", text="What they have written")
    if is_read:  # the form must not take the newest tag for the one that it showed
        page.locator("#versions .list-note button").click()
        expect(page.locator("#versions")).not_to_have_attribute("aria-busy", "true")
    page.click("#draft [data-slot=submit]")
    problem = page.locator("#draft-en-problem")
    expect(problem).to_have_text(TOLD)
    expect(problem).to_contain_text(
        f"Text: was “{'nothing' if is_new else 'A first draft'}”, is “What they have written”."
    )
    expect(page.locator("#draft-en")).to_have_value("What I have written")
    expect(page.locator("#draft-en")).to_have_attribute("aria-invalid", "true")
    assert draft_of(database) == [("Theirs", "What they have written")]
    page.click("#draft [data-slot=submit]")
    expect(page.locator(".toast")).to_contain_text("Saved the draft")
    assert draft_of(database) == [("Theirs", "What I have written")], "of what nobody typed here, theirs stays"


def test_a_draft_that_waited_while_another_purpose_was_looked_at_is_not_written_unseen(
    person: NewPerson, database: Sql, other: Other
) -> None:
    page = admin(person, "#purposes/marketing")
    page.fill("#draft-en", "What I have written")
    page.goto(re.sub("#.*", "", page.url) + "#purposes/surveys")
    expect(page.locator("#draft-en")).to_have_value("")
    other("PUT", DRAFT, text="What they have written")
    page.goto(re.sub("#.*", "", page.url) + "#purposes/marketing")
    expect(page.locator("#draft-en")).to_have_value("What I have written")
    page.click("#draft [data-slot=submit]")
    expect(page.locator("#draft-en-problem")).to_have_text(TOLD)
    assert draft_of(database)[0][1] == "What they have written"


def test_what_is_published_is_what_was_looked_at(person: NewPerson, database: Sql, other: Other) -> None:
    page = admin(person, "#purposes/marketing")
    page.fill("#draft-en", "What I have looked at")
    page.click("#draft-publish")
    expect(page.locator("#confirm")).to_contain_text("What I have looked at")
    other("PUT", DRAFT, text="What they have put in its place")
    other("PUT", DRAFT.replace("/en", "/ta"), text="And another language")
    page.click("#confirm [type=submit]")
    problem = page.locator("#confirm [data-slot=problem]")
    expect(problem).to_have_text(TOLD)
    expect(problem).to_contain_text("is “Offers · What they have put in its place”")
    expect(problem).to_contain_text("Tamil: was “nothing”")
    expect(page.locator("#confirm-text .preview")).to_have_count(2)
    expect(page.locator("#confirm-text")).to_contain_text("And another language")
    published = "SELECT count(*) FROM consentfeed.notices WHERE published_at IS NOT NULL AND version = 2"
    assert database.run(published) == [(0,)]
    page.click("#confirm [type=submit]")
    expect(page.locator("#confirm")).to_be_hidden()
    assert database.run(published) == [(2,)]


# Deadlines


def test_a_deadline_is_not_changed_unseen(person: NewPerson, database: Sql, other: Other) -> None:
    page = admin(person, "#deadlines")
    page.locator("#deadlines tr").filter(has_text="Complaint").locator("button").click()
    page.fill("#deadline [name=amount]", "20")
    page.select_option("#deadline [name=unit]", "working-days")
    rule = {"amount": 3, "unit": "months", "extension_amount": 2, "extension_unit": "months"}
    other("PUT", "/deadlines/complaint", **rule)
    page.click("#deadline [type=submit]")
    problem = page.locator("#deadline [data-slot=problem]")
    expect(problem).to_have_text(TOLD)
    expect(problem).to_contain_text("Time: was “1 month”, is “3 months”. Press again to go on all the same.")
    page.click("#deadline [type=submit]")
    expect(page.locator("#deadlines tr").filter(has_text="Complaint")).to_contain_text("20 working days")
    saved = "SELECT amount, unit FROM consentfeed.deadlines WHERE kind = 'complaint'"
    assert database.run(saved) == [(20, "working-days")]


def test_every_form_that_shows_a_state_is_here(person: NewPerson) -> None:
    """A new form of the admin page comes with a test above, or is named here with why it needs none."""
    page = admin(person, "#overview")
    forms = set(
        page.evaluate("[...document.querySelectorAll('form')].map((one) => one.id || one.closest('dialog').id)")
    )
    held = {"account", "confirm", "purpose-form", "draft", "webhook", "deadline"}  # webhook: in test_webhooks
    shows_nothing_that_it_writes = {
        "log", "trail-filters", "password", "erasure", "webhook-secret", "webhook-replay", "holiday",
    }  # fmt: skip
    assert forms == held | shows_nothing_that_it_writes
