"""Acting on a customer's behalf: nothing is granted but under the text on the screen, nothing fresh is overwritten."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from consentfeed.http.pages import WEB
from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.support.sql import bodies
from tests.web.conftest import CSR, NewPerson
from tests.web.test_walk import DESK, live, row

PURPOSES = "**/api/v1/purposes"
# Presses the button in the moment in which the dialog says that something has changed: nobody can have read it.
PRESS_AT_ONCE = """() => new MutationObserver((_, observer) => {
  observer.disconnect();
  document.querySelector('#act-submit').click();
}).observe(document.querySelector('#act-change'), { childList: true })"""


def consent(database: Sql, purpose: str = "marketing", channel: str = "sms") -> str:
    """The id of a consent of Nimal."""
    statement = "SELECT id::text FROM consentfeed.consents WHERE (customer_id, purpose, channel) = (%s, %s, %s)"
    return str(database.value(statement, CUSTOMER, purpose, channel))


def new_purpose(database: Sql) -> None:
    """A purpose that is younger than every page, with its notice."""
    database.run(
        "INSERT INTO consentfeed.purposes (key, title, channels, position) VALUES ('roaming', 'Roaming', '{sms}', 9)"
    )
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('roaming', 1, 'en', 'We tell you what calls abroad cost.', now())"
    )
    database.run(
        "INSERT INTO consentfeed.consents (customer_id, purpose, channel) SELECT id, 'roaming', 'sms'"
        " FROM consentfeed.customers ON CONFLICT DO NOTHING"
    )


def card_of(person: NewPerson) -> Page:
    """The dashboard with Nimal's card."""
    page = person(**DESK).sign_in("csr")
    live(page)
    row(page).click()
    expect(page.locator("#card .card-line").first).to_be_visible()
    return page


def act_on(page: Page, action: str = "grant", purpose: str = "Offers", channel: str = "SMS") -> Locator:
    """The dialog for granting or revoking one of the consents on the card."""
    line = page.locator("#card .card-line").filter(has_text=purpose).filter(has_text=channel)
    line.locator(f"[data-slot={action}]").click()
    expect(page.locator("#act-form")).to_be_visible()
    return page.locator("#act-form")


def answer(form: Locator) -> None:
    """Says how it is known what the customer wants."""
    form.locator("#act-code").select_option("phone-call")


def press(form: Locator) -> None:
    """Presses the button, however it looks."""
    form.evaluate("(form) => form.requestSubmit()")


def test_where_the_texts_cannot_be_read_nothing_is_granted_until_one_is_on_the_screen(
    person: NewPerson, database: Sql
) -> None:
    someone = person(**DESK)
    someone.context.route(PURPOSES, lambda route: route.abort())
    page = someone.sign_in("csr")
    live(page)
    page.locator("#grid [role=row]").filter(has_text="Nimal Perera").filter(has_text="marketing").first.click()
    form = act_on(page, "grant", "marketing", "E-mail")
    expect(page.locator("#act-text")).to_contain_text("No notice is published")
    answer(form)
    expect(page.locator("#act-submit")).to_have_attribute("aria-disabled", "true")
    press(form)
    expect(page.locator("#act-problem")).to_contain_text("No text is shown")
    assert bodies(database) == []
    someone.context.unroute(PURPOSES)
    press(form)
    expect(page.locator("#act-text")).to_have_text("What you agree to: Offers en")
    page.locator("#act-submit").click()
    expect(form).to_be_hidden()
    bound = "SELECT notice_version, notice_language FROM consentfeed.consents WHERE status = 'granted'"
    assert database.run(bound) == [(1, "en")]


def test_a_revocation_needs_no_text(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    someone = person(**DESK)
    someone.context.route(PURPOSES, lambda route: route.abort())
    page = someone.sign_in("csr")
    live(page)
    page.locator("#grid [role=row]").filter(has_text="Nimal Perera").filter(has_text="SMS").first.click()
    form = act_on(page, "revoke", "marketing")
    answer(form)
    page.locator("#act-submit").click()
    expect(form).to_be_hidden()
    assert database.value("SELECT status FROM consentfeed.consents WHERE id = %s", consent(database)) == "revoked"


def test_a_purpose_that_is_younger_than_the_page_is_read_when_it_is_needed(person: NewPerson, database: Sql) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    new_purpose(database)
    row(page).click()
    form = act_on(page, "grant", "roaming")
    expect(page.locator("#act-text")).to_have_text("We tell you what calls abroad cost.")
    expect(page.locator("#act-about")).to_contain_text("Nimal Perera")
    sent: list[Any] = []

    def note(request: Request) -> None:
        if request.url.endswith("/grant"):
            sent.append(request.post_data_json)

    page.on("request", note)
    answer(form)
    page.locator("#act-submit").click()
    expect(form).to_be_hidden()
    assert [(one["notice_version"], one["language"]) for one in sent] == [(1, "en")]
    expect(page.locator("#card")).to_contain_text("Roaming · SMS")  # not by its key any more
    expect(page.locator("#filter-purpose option", has_text="Roaming")).to_have_count(1)


def test_the_notice_is_read_in_the_customers_language_at_first(person: NewPerson, database: Sql) -> None:
    database.run("UPDATE consentfeed.customers SET language = 'si' WHERE id = %s", CUSTOMER)
    page = card_of(person)
    expect(page.locator("#card .card-contact")).to_contain_text("Language: Sinhala")
    act_on(page)
    expect(page.locator("#act-language")).to_have_value("si")
    expect(page.locator("#act-text")).to_have_text("What you agree to: Offers si")
    page.locator("#act-language").select_option("en")
    expect(page.locator("#act-text")).to_have_text("What you agree to: Offers en")


def test_the_first_event_of_a_purpose_makes_every_open_page_read_it(person: NewPerson, database: Sql) -> None:
    page = person(**DESK).sign_in("csr")
    live(page)
    new_purpose(database)
    database.set(consent(database, "roaming"), "granted")
    expect(page.locator("#filter-purpose option", has_text="Roaming")).to_have_count(1)


def test_a_text_that_is_superseded_while_it_is_read_is_not_agreed_to(person: NewPerson, database: Sql) -> None:
    page = card_of(person)
    form = act_on(page)
    expect(page.locator("#act-text")).to_have_text("What you agree to: Offers en")
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('marketing', 2, 'en', 'Offers, text 2', now())"
    )
    answer(form)
    page.locator("#act-submit").click()
    expect(page.locator("#act-problem")).to_contain_text("A newer notice is in force")
    expect(page.locator("#act-text")).to_have_text("Offers, text 2")
    assert bodies(database) == []
    page.locator("#act-submit").click()
    expect(form).to_be_hidden()
    assert database.value("SELECT notice_version FROM consentfeed.consents WHERE status = 'granted'") == 2


def test_a_consent_that_ends_soon_is_renewed_under_the_text_that_is_read_out(person: NewPerson, database: Sql) -> None:
    for days, channel in ((89, "sms"), (91, "email")):
        database.run("UPDATE consentfeed.purposes SET default_validity = make_interval(days => %s)", days)
        database.set(consent(database, channel=channel), "granted")
    database.run("UPDATE consentfeed.purposes SET default_validity = '365 days'")
    page = card_of(person)
    expect(page.get_by_role("button", name="Renew… Offers · SMS")).to_be_visible()
    expect(page.get_by_role("button", name="Offers · E-mail").filter(has_text="Renew")).to_be_hidden()
    form = act_on(page)
    expect(page.locator("#act-title")).to_have_text("Renew: Offers · SMS")
    expect(page.locator("#act-text")).to_have_text("What you agree to: Offers en")
    answer(form)
    form.get_by_role("button", name="Renew on behalf").click()
    expect(form).to_be_hidden()
    expect(page.get_by_role("button", name="Renew… Offers · SMS")).to_be_hidden()
    expect(page.locator(".toast").get_by_role("button", name="Undo")).to_have_count(0)
    row = "SELECT status, version, expires_at > now() + '364 days' FROM consentfeed.consents WHERE id = %s"
    assert database.run(row, consent(database)) == [("granted", 2, True)]


def test_a_grant_over_a_grant_is_not_undone_by_a_revocation(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('marketing', 2, 'en', 'Offers, text 2', now())"
    )
    page = card_of(person)
    for channel, undo in (("SMS", 0), ("E-mail", 1)):
        form = act_on(page, channel=channel)
        answer(form)
        page.locator("#act-submit").click()
        expect(form).to_be_hidden()
        told = page.locator(".toast").filter(has_text=f"Offers · {channel} granted for")
        expect(told).to_be_visible()
        expect(told.get_by_role("button", name="Undo")).to_have_count(undo)


def test_the_dialog_says_what_has_changed_while_it_is_open_and_nothing_is_pressed_over_it(
    person: NewPerson, database: Sql
) -> None:
    page = card_of(person)
    form = act_on(page)
    answer(form)
    expect(page.locator("#act-text")).to_contain_text("Offers")
    page.evaluate(PRESS_AT_ONCE)
    database.set(consent(database), "revoked")
    expect(page.locator("#act-change")).to_contain_text("Changed a moment ago by database role")
    expect(page.locator("#act-change")).to_contain_text("now revoked.")
    expect(page.locator("#act-problem")).to_contain_text("Read what it is")
    expect(page.locator("#act-about")).to_contain_text("Now: Revoked.")
    assert database.head() == 1
    page.wait_for_timeout(700)  # the moment in which it is read
    page.locator("#act-submit").click()
    expect(form).to_be_hidden()
    assert database.head() == 2


@pytest.mark.parametrize("role", ["csr", "admin"])
def test_a_grant_that_a_change_was_faster_than_says_what_happened_and_asks_anew(
    person: NewPerson, database: Sql, role: str
) -> None:
    someone = person(**DESK)
    someone.sign_in(role).close()
    page = someone.tab(CSR)
    live(page)
    row(page).click()
    form = act_on(page)
    answer(form)
    conditions: list[str | None] = []

    def overtake(route: Route) -> None:
        conditions.append(route.request.headers.get("if-match"))
        if len(conditions) == 1:
            database.set(consent(database), "revoked")
        route.continue_()

    page.route("**/grant", overtake)
    page.locator("#act-submit").click()
    expect(page.locator("#act-problem")).to_contain_text("nothing was saved")
    expect(page.locator("#act-change")).to_contain_text("now revoked.")
    assert database.head() == 1
    page.wait_for_timeout(700)
    page.locator("#act-submit").click()
    expect(form).to_be_hidden()
    assert conditions == ['"0"', '"1"']
    assert database.value("SELECT status FROM consentfeed.consents WHERE id = %s", consent(database)) == "granted"


def test_what_is_missing_is_said_beside_it(person: NewPerson) -> None:
    page = card_of(person)
    act_on(page, "revoke")
    page.locator("#act-submit").click()
    expect(page.locator("#act-code-problem")).to_have_text("Choose a reason.")
    expect(page.locator("#act-code")).to_be_focused()
    page.locator("#act-code").select_option("own")
    page.locator("#act-own").fill("two words")
    page.locator("#act-submit").click()
    expect(page.locator("#act-own-problem")).to_contain_text("without spaces")
    expect(page.locator("#act-code-problem")).to_be_empty()
    expect(page.locator("#act-own")).to_be_focused()


SHORT = {"width": 320, "height": 256}  # 1280 by 1024 at 400 %
COVERED = """(form) => [...form.querySelectorAll('button, input, select, textarea, [tabindex]')].flatMap((field) => {
  if (!field.checkVisibility()) return [];
  field.focus();
  const box = field.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + Math.min(box.width, 200) / 2, box.y + Math.min(box.height, 24) / 2);
  return top && (field.contains(top) || top.contains(field)) ? [] : [field.id || field.value || field.textContent];
})"""


@pytest.mark.parametrize("size", [SHORT, {"width": 360, "height": 640}, {"width": 1280, "height": 800}])
def test_what_has_the_focus_is_never_covered(person: NewPerson, size: dict[str, int]) -> None:
    page = card_of(person)
    form = act_on(page)
    answer(form)
    page.set_viewport_size(size)  # type: ignore[arg-type]
    assert form.evaluate(COVERED) == []
    page.keyboard.press("Escape")
    page.locator("#open-settings").evaluate("(button) => button.click()")
    expect(page.locator("#settings-form")).to_be_visible()
    assert page.locator("#settings-form").evaluate(COVERED) == []


def test_what_went_wrong_is_in_sight_on_a_phone(person: NewPerson) -> None:
    page = card_of(person)
    form = act_on(page, "revoke")
    answer(form)
    page.set_viewport_size({"width": 360, "height": 740})
    page.route("**/revoke", lambda route: route.abort())
    page.locator("#act-note").focus()
    page.locator("#act-submit").click()
    expect(page.locator("#act-problem")).to_contain_text("No answer came")
    top = """(node) => {
      const box = node.getBoundingClientRect();
      return node.contains(document.elementFromPoint(box.x + 20, box.y + box.height / 2));
    }"""
    assert page.locator("#act-problem").evaluate(top)


def test_what_was_typed_before_the_page_is_ready_is_searched_for(person: NewPerson) -> None:
    someone = person(**DESK)
    someone.sign_in("csr").close()
    held: list[Route] = []
    someone.context.route("**/auth/me", lambda route: held.append(route))
    with someone.context.expect_event("request", lambda request: request.url.endswith("/auth/me")):
        page = someone.tab(CSR)
    page.fill("#search", "kamala")
    page.evaluate("document.addEventListener('change', ({ target }) => (window.replayed = target.id))")
    held[0].continue_()
    expect(page.locator("#found-rows [role=row]")).to_have_count(1)
    expect(page.locator("#found-rows [role=row]")).to_contain_text("Kamala")
    assert page.evaluate("window.replayed") == "search"  # whatever field it is, it says so when it is heard


FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*>")


def test_no_field_keeps_over_a_reload_what_the_page_has_not_heard() -> None:
    pages = [page for page in WEB.rglob("*.html") if page.parent.name != "signin"]
    assert pages
    for page in pages:
        assert [tag for tag in FIELD.findall(page.read_text()) if " autocomplete=" not in tag] == [], page.name


def test_what_has_failed_is_read_again_and_the_light_is_not_green_until_then(person: NewPerson) -> None:
    page = card_of(person)
    problem = {"status": 503, "json": {"type": "/problems/busy"}}
    for path in ("**/api/v1/consents?*", "**/api/v1/customers/*"):
        page.route(path, lambda route: route.fulfill(**problem))
    page.locator("#refresh").click()
    expect(page.locator("#strip")).to_be_visible()
    expect(page.locator("#light")).to_have_attribute("data-light", "yellow")
    expect(page.locator("#light")).to_contain_text("not everything could be read")
    for path in ("**/api/v1/consents?*", "**/api/v1/customers/*"):
        page.unroute(path)
    expect(page.locator("#strip")).to_be_hidden(timeout=30_000)
    expect(page.locator("#light")).to_have_attribute("data-light", "green")


def test_a_text_that_is_published_while_the_card_is_open_can_be_read_and_granted(
    person: NewPerson, database: Sql
) -> None:
    database.run("INSERT INTO consentfeed.purposes (key, title, channels) VALUES ('new', 'New purpose', '{sms}')")
    database.run("INSERT INTO consentfeed.consents (customer_id, purpose, channel) VALUES (%s, 'new', 'sms')", CUSTOMER)
    page = card_of(person)
    line = page.locator("#card .card-line").filter(has_text="New purpose")
    expect(line).to_be_visible()
    expect(line.locator("[data-slot=grant]")).to_be_hidden()
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('new', 1, 'en', 'What is new.', now())"
    )
    form = act_on(page, "grant", "New purpose")
    answer(form)
    expect(page.locator("#act-text")).to_have_text("What is new.")
    page.locator("#act-submit").click()
    expect(form).to_be_hidden()
    assert bodies(database)[-1]["consent"]["notice"]["version"] == 1


def test_the_dialog_starts_in_the_language_that_the_customers_is_looked_up_by(person: NewPerson, database: Sql) -> None:
    database.run("UPDATE consentfeed.customers SET language = 'si-LK' WHERE id = %s", CUSTOMER)
    page = card_of(person)
    act_on(page)
    expect(page.locator("#act-language")).to_have_value("si")
    expect(page.locator("#act-text")).to_have_text("What you agree to: Offers si")
