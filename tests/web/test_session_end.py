"""The end of a session: what was typed is not lost to who typed it, and is to everybody else."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.support.seed import PASSWORD
from tests.support.waiting import wait_until
from tests.web.conftest import NewPerson
from tests.web.test_act import act_on, answer, card_of
from tests.web.test_walk import DESK, live

END = "UPDATE consentfeed.sessions SET ended_at = now() WHERE ended_at IS NULL"
EXPIRE = "UPDATE consentfeed.sessions SET last_seen_at = now() - idle_limit WHERE ended_at IS NULL"
NOTE = "She asked twice, and wants it in writing."


def typing(person: NewPerson) -> Page:
    """A CSR in the middle of a form."""
    page = card_of(person)
    form = act_on(page)
    answer(form)
    page.fill("#act-note", NOTE)
    return page


def end(database: Sql, page: Page) -> None:
    """The session ends, and the page asks for the password again."""
    database.run(END)
    expect(page.locator(".session-box")).to_be_visible(timeout=20_000)


def test_who_signs_in_again_in_place_goes_on_with_what_was_typed(person: NewPerson, database: Sql) -> None:
    page = typing(person)
    end(database, page)
    expect(page.locator("#session-email")).to_have_value("csr@example.com")
    expect(page.locator("#session-password")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".session-box")).to_be_visible()
    page.fill("#session-password", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#session-problem")).to_contain_text("The password is wrong")
    page.fill("#session-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".session-box")).to_have_count(0)
    expect(page.locator("#act-note")).to_have_value(NOTE)
    live(page)
    page.locator("#act-submit").click()
    expect(page.locator("#act-form")).to_be_hidden()
    expect(page.locator("#card .timeline li").first).to_contain_text(NOTE)  # by the feed, which goes on too
    other = database.consents()[-1]
    database.set(other, "granted")
    expect(page.locator("#activity-lines li")).to_have_count(2)


def test_a_request_that_meets_the_end_of_the_session_is_sent_again(person: NewPerson, database: Sql) -> None:
    page = typing(person)
    page.context.clear_cookies()
    page.locator("#act-submit").click()
    page.fill("#session-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#act-form")).to_be_hidden()
    assert database.head() == 1


def test_who_has_signed_in_elsewhere_in_this_browser_goes_on_as_well(person: NewPerson, database: Sql) -> None:
    page = typing(person)
    end(database, page)
    sign_in = {"email": "csr@example.com", "password": PASSWORD}
    assert page.context.request.post(f"{page.url.split('/csr')[0]}/api/v1/auth/login", data=sign_in).ok
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(".session-box")).to_have_count(0)
    expect(page.locator("#act-note")).to_have_value(NOTE)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_nobody_else_sees_what_was_typed(person: NewPerson, database: Sql, before: bool) -> None:
    page = typing(person)
    login = f"{page.url.split('/csr')[0]}/api/v1/auth/login"
    other = {"email": "admin@example.com", "password": PASSWORD}
    if before:
        assert page.context.request.post(login, data=other).ok
        page.locator("#act-submit").click()
    else:
        end(database, page)
        assert page.context.request.post(login, data=other).ok
        page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_url("**/admin")
    expect(page.locator("#user")).to_have_text("admin@example.com")
    page.go_back()
    page.wait_for_load_state()
    assert NOTE not in page.content()
    assert database.head() == 0


def test_the_page_behind_is_not_to_be_seen(person: NewPerson, database: Sql) -> None:
    page = typing(person)
    end(database, page)
    backdrop = page.evaluate("getComputedStyle(document.querySelector('.session-box'), '::backdrop').backgroundColor")
    assert backdrop.startswith("rgb("), "opaque"
    top = page.evaluate("document.elementFromPoint(5, 5)?.className")
    assert top == "session-box"


@pytest.mark.parametrize(
    ("role", "end", "words"),
    [
        ("customer", EXPIRE, "Your session has ended: it was not used for a while"),
        ("csr", END, "Your session was ended: by you in another browser, or by us."),
        ("admin", END, "Your session was ended: by you in another browser, or by us."),
    ],
)
def test_where_nothing_was_typed_the_page_is_left_and_the_sign_in_page_says_why_once(
    person: NewPerson, database: Sql, role: str, end: str, words: str
) -> None:
    page = person(**DESK).sign_in(role)
    expect(page.locator("#light")).to_have_attribute("data-phase", "live")
    database.run(end)
    page.wait_for_selector("#email", timeout=20_000)
    expect(page.get_by_role("alert")).to_contain_text(words)
    assert "?" not in page.url.partition("#")[0]
    page.reload()
    expect(page.locator("#submit")).to_be_enabled()
    expect(page.locator("#problem")).to_be_empty()


def test_who_signs_out_is_told_nothing(person: NewPerson) -> None:
    page = person().sign_in("csr")
    page.click("#signout")
    expect(page.locator("#submit")).to_be_enabled()
    expect(page.locator("#problem")).to_be_empty()


@pytest.mark.parametrize(("end", "words"), [(END, "Your session was ended"), (EXPIRE, "it was not used for a while")])
def test_the_box_says_why_too(person: NewPerson, database: Sql, end: str, words: str) -> None:
    page = typing(person)
    database.run(end)
    expect(page.locator(".session-box")).to_contain_text(words, timeout=20_000)


def test_who_comes_back_to_an_old_tab_is_led_on_and_told_why(person: NewPerson, database: Sql) -> None:
    someone = person()
    someone.sign_in("csr").close()
    database.run(EXPIRE)
    asked = someone.context.request
    wait_until(lambda: asked.get(f"{someone.url}/api/v1/auth/me").status == 401, 5, "the node has noticed")
    page = someone.tab("/account")
    expect(page.get_by_role("alert")).to_contain_text("not used for a while")
    page.fill("#email", "csr@example.com")
    page.fill("#password", PASSWORD)
    page.click("#submit")
    page.wait_for_url("**/account")


def test_an_admin_goes_on_with_a_notice_that_is_not_saved(person: NewPerson, database: Sql) -> None:
    page = person(**DESK).sign_in("admin")
    page.goto(f"{page.url.split('#')[0]}#purposes/marketing")
    page.fill("#draft-en", "A text that took an hour.")
    end(database, page)
    page.fill("#session-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".session-box")).to_have_count(0)
    expect(page.locator("#draft-en")).to_have_value("A text that took an hour.")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".toast")).to_contain_text("Saved the draft")
