"""A call: find, see, withdraw six consents, hand over by a link; eight clicks at most beside typing."""

from playwright.sync_api import expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_several import grant_all, states
from tests.web.test_walk import DESK, live

MOST = 8
COUNT = """() => {
  window.clicks = 0;
  document.addEventListener('click', (event) => (window.clicks += event.isTrusted ? 1 : 0), true);
}"""


def six(database: Sql) -> None:
    """Six consents of Nimal, all granted."""
    database.run(
        "INSERT INTO consentfeed.purposes (key, title, channels, position)"
        " VALUES ('roaming', 'Roaming', '{sms,email}', 9)"
    )
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('roaming', 1, 'en', 'We tell you what calls abroad cost.', now())"
    )
    database.run(
        "INSERT INTO consentfeed.consents (customer_id, purpose, channel)"
        " SELECT %s, 'roaming', unnest('{sms,email}'::text[])",
        CUSTOMER,
    )
    grant_all(database)
    assert list(states(database).values()) == ["granted"] * 6


def test_a_call_takes_eight_clicks_at_most(person: NewPerson, database: Sql) -> None:
    six(database)
    someone = person(**DESK)
    someone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    someone.sign_in("csr").close()
    page = someone.tab("/csr")
    live(page)
    page.evaluate(COUNT)
    page.locator("#search").click()
    page.keyboard.type("0771234567\n")
    expect(page.locator("#card h2")).to_have_text("Nimal Perera")
    expect(page.locator("#card .card-line .status", has_text="Granted")).to_have_count(6)
    page.get_by_role("button", name="Revoke all").click()
    chosen = 2  # a click opens the reasons, another chooses one
    page.locator("#act-code").select_option(label="Phone call")
    page.locator("#act-reference").click()
    page.keyboard.type("CALL-4711")
    page.get_by_role("button", name="Revoke 6 on behalf").click()
    expect(page.locator("#card .card-line .status", has_text="Revoked")).to_have_count(6)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".toast").first).to_contain_text("Link copied")
    clicks = page.evaluate("window.clicks") + chosen
    assert 5 <= clicks <= MOST
    assert list(states(database).values()) == ["revoked"] * 6
    colleague = someone.context.new_page()
    colleague.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(colleague.locator("#card h2")).to_have_text("Nimal Perera")
    expect(colleague.locator("#card .timeline li").first).to_contain_text("CALL-4711")


def test_a_call_by_keys_alone_takes_no_click(person: NewPerson, database: Sql) -> None:
    six(database)
    someone = person(**DESK)
    someone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    someone.sign_in("csr").close()
    page = someone.tab("/csr")
    live(page)
    page.evaluate(COUNT)
    page.keyboard.press("/")
    page.keyboard.type("nimal\n")
    expect(page.locator("#card .card-line").first).to_be_visible()
    page.keyboard.press("w")
    page.keyboard.type("Phone")
    expect(page.locator("#act-code")).to_have_value("phone-call")
    page.keyboard.press("Tab")
    page.keyboard.type("CALL-4712\n")
    expect(page.locator("#card .card-line .status", has_text="Revoked")).to_have_count(6)
    # The card follows the feed, and may be there before the answer: until then the dialog is open, and has the keys.
    expect(page.locator("#act")).to_be_hidden()
    page.keyboard.press("c")
    expect(page.locator(".toast").first).to_contain_text("Link copied")
    assert page.evaluate("window.clicks") <= 1  # Enter in a field presses the form's button
