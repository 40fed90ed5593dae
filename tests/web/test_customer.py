"""The consent centre: what a customer sees, decides, and is told."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER
from tests.support.sql import bodies
from tests.support.waiting import wait_until
from tests.web.conftest import NewPerson
from tests.web.looks import picture, sideways, violations_in_both_themes

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
LIVE = "#light[data-phase=live]"


def switch(page: Page, purpose: str = "Offers", channel: str = "SMS") -> Locator:
    """By its whole name."""
    return page.get_by_role("switch", name=f"{purpose} {channel}", exact=True)


def line(page: Page, channel: str = "SMS") -> Locator:
    """The switch with the words around it."""
    return page.locator("#cards .choice").filter(has_text=channel).first


def consent(database: Sql, channel: str = "sms") -> str:
    """The id of a consent to offers."""
    statement = (
        "SELECT id::text FROM consentfeed.consents WHERE (customer_id, purpose, channel) = (%s, 'marketing', %s)"
    )
    return str(database.run(statement, CUSTOMER, channel)[0][0])


def publish(database: Sql, version: int) -> None:
    """A newer notice of the offers."""
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('marketing', %s, 'en', %s, now())",
        version,
        f"Offers, text {version}",
    )


def customer(person: NewPerson, **options: object) -> Page:
    """A customer whose page is live."""
    page = person(**{**PHONE, **options}).sign_in("customer")
    page.wait_for_selector(LIVE, state="attached")
    return page


def test_a_switch_is_one_tap_either_way_and_binds_the_text_that_was_shown(person: NewPerson, database: Sql) -> None:
    page = customer(person)
    expect(line(page)).to_contain_text("Off, not asked yet")
    switch(page).tap()
    expect(line(page)).to_contain_text("On since")
    assert database.run(
        "SELECT notice_version, notice_language FROM consentfeed.consents WHERE id = %s", consent(database)
    ) == [(1, "en")]
    page.locator("label").filter(has_text="SMS").tap()
    expect(line(page)).to_contain_text("Off since")
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    expect(page.locator("#history-rows tr").nth(0)).to_contain_text(
        re.compile(r"Turned off[^$]*You[^$]*Version 1, English")
    )
    expect(page.locator("#history-rows tr").nth(1)).to_contain_text("Turned on")
    expect(page.locator(".toast")).to_have_count(0)  # what one does oneself is no news


def test_a_change_elsewhere_shows_in_place_with_who_made_it_also_in_another_tab(
    person: NewPerson, database: Sql
) -> None:
    page = customer(person)
    database.set(consent(database), "granted")
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    expect(page.locator(".toast")).to_contain_text("Changed elsewhere: Offers · SMS is on")
    expect(page.locator(".toast")).to_contain_text("Our technical staff")
    other = page.context.new_page()
    other.goto(page.url)
    switch(other).tap()
    expect(switch(other)).to_have_attribute("aria-checked", "false")
    expect(page.locator(".toast").first).to_contain_text("Offers · SMS is off")
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    expect(page.locator("#history-rows tr")).to_have_count(2)


def test_offline_a_save_fails_with_words_and_a_lost_answer_is_found_by_the_feed(
    person: NewPerson, database: Sql
) -> None:
    page = customer(person)
    page.route("**/grant", lambda route: route.abort())
    switch(page).tap()
    expect(line(page).locator(".problem")).to_contain_text("Nothing is lost")
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    assert bodies(database) == []

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.unroute("**/grant")
    page.route("**/grant", lose)
    switch(page).tap()
    # Not wait_until(): routes are served while Playwright is asked something, and not in between.
    expect(switch(page)).to_have_attribute("aria-busy", "false")
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    assert database.head() == 1
    expect(line(page).locator(".problem")).to_be_empty()
    expect(page.locator(".toast")).to_have_count(0)


def test_a_busy_server_is_asked_again_under_the_same_key_and_the_switch_says_saving(
    person: NewPerson, database: Sql
) -> None:
    page = customer(person)
    keys: list[str] = []

    def busy(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            body = json.dumps({"type": "/problems/busy", "title": "Another transaction holds what this needs"})
            route.fulfill(status=503, headers={"Retry-After": "1"}, content_type="application/problem+json", body=body)
        else:
            route.continue_()

    page.route("**/grant", busy)
    switch(page).tap()
    expect(line(page)).to_contain_text("Saving…")
    expect(switch(page)).to_have_attribute("aria-busy", "true")
    expect(line(page)).to_contain_text("On since")
    expect(switch(page)).to_have_attribute("aria-busy", "false")
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert database.head() == 1


def test_who_thinks_again_while_it_is_being_saved_gets_the_last_wish(person: NewPerson, database: Sql) -> None:
    page = customer(person)
    held: list[Route] = []
    page.route("**/grant", lambda route: held.append(route))
    switch(page).tap()
    expect(line(page)).to_contain_text("Saving…")
    switch(page).tap()
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    held[0].continue_()
    expect(line(page)).to_contain_text("Off since")
    types = [row[0] for row in database.run("SELECT type FROM consentfeed.events WHERE seq > 0 ORDER BY seq")]
    assert types == ["granted", "revoked"]
    expect(page.locator(".toast")).to_have_count(0)


# Taps in the moment in which the switch is turned: that was meant for what was there before.
TAP_AT_ONCE = """(switch_) => new MutationObserver((_, observer) => {
  if (switch_.getAttribute('aria-checked') !== 'true') return;
  observer.disconnect();
  switch_.click();
}).observe(switch_, { attributes: true })"""


def test_a_switch_that_was_just_turned_elsewhere_takes_no_tap_and_says_so(person: NewPerson, database: Sql) -> None:
    page = customer(person)
    switch(page).evaluate(TAP_AT_ONCE)
    database.set(consent(database), "granted")
    expect(line(page)).to_contain_text("It was turned elsewhere just now: it is on.")
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    expect(switch(page)).to_have_attribute("aria-busy", "false")
    assert database.head() == 1
    page.wait_for_timeout(700)  # the moment in which it is seen
    switch(page).tap()
    expect(line(page)).to_contain_text("Off since")
    assert database.head() == 2


def test_a_double_click_on_what_is_granted_changes_nothing(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    page = customer(person)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    words = line(page).inner_text()
    switch(page).dblclick()
    expect(switch(page)).to_have_attribute("aria-busy", "false")
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    assert line(page).inner_text() == words
    assert sent == []
    assert database.head() == 1


def test_who_taps_and_leaves_at_once_has_meant_it(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    page = customer(person)
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    switch(page).tap()
    page.goto("about:blank")
    wait_until(lambda: database.head() == 2, what="the revocation")


def test_a_grant_that_a_change_was_faster_than_says_what_happened_and_asks_anew(
    person: NewPerson, database: Sql
) -> None:
    page = customer(person)
    conditions: list[str | None] = []

    def overtake(route: Route) -> None:
        conditions.append(route.request.headers.get("if-match"))
        if len(conditions) == 1:
            database.set(consent(database), "revoked")
        route.continue_()

    page.route("**/grant", overtake)
    switch(page).tap()
    expect(line(page)).to_contain_text("It was changed elsewhere meanwhile: it is off, and nothing was saved.")
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    assert database.head() == 1
    switch(page).tap()
    expect(line(page)).to_contain_text("On since")
    assert conditions == ['"0"', '"1"']


def test_what_nobody_could_read_is_not_agreed_to(person: NewPerson, database: Sql) -> None:
    database.run(
        "INSERT INTO consentfeed.purposes (key, title, channels, position) VALUES ('roaming', 'Roaming', '{sms}', 9)"
    )
    database.run(
        "INSERT INTO consentfeed.consents (customer_id, purpose, channel) VALUES (%s, 'roaming', 'sms')", CUSTOMER
    )
    database.run("UPDATE consentfeed.consents SET status = 'revoked' WHERE purpose = 'roaming'")  # else it is not shown
    page = customer(person)
    sent: list[object] = []
    page.on("request", lambda request: sent.append(request.post_data_json) if request.method == "POST" else None)
    roaming = page.locator("#cards .card").filter(has_text="Roaming")
    roaming.get_by_role("switch").tap()
    expect(roaming).to_contain_text("This cannot be turned on at present.")
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('roaming', 1, 'en', 'What calls abroad cost.', now())"
    )
    roaming.get_by_role("switch").tap()
    expect(page.locator("#notice")).to_contain_text("What calls abroad cost.")
    page.keyboard.press("Escape")
    expect(roaming.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    assert sent == []
    roaming.get_by_role("switch").tap()
    expect(roaming.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    expect(roaming).to_contain_text("On since")
    assert sent == [{"notice_version": 1, "language": "en"}]


def test_a_superseded_text_is_not_agreed_to_the_new_one_is_shown_first(person: NewPerson, database: Sql) -> None:
    page = customer(person)
    publish(database, 2)
    switch(page).tap()
    expect(page.locator("#notice")).to_contain_text("Offers, text 2")
    expect(page.locator("#notice")).to_contain_text("Version 2, English")
    page.keyboard.press("Escape")
    expect(line(page).locator(".problem")).to_contain_text("The text has changed")
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    assert bodies(database) == []
    switch(page).tap()
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    expect(line(page).locator(".problem")).to_be_empty()


def test_the_text_agreed_to_is_shown_and_the_newer_one_beside_it(person: NewPerson, database: Sql) -> None:
    page = customer(person)
    link = page.locator("#cards .card").filter(has_text="Offers").get_by_text("Read the exact text")
    link.click()
    expect(page.locator("#notice")).to_contain_text("What you agree to when you switch on")
    expect(page.locator("#notice .notice-text")).to_have_text(["What you agree to: Offers en"])
    page.locator("#notice [data-close]").click()
    expect(link).to_be_focused()
    switch(page).tap()
    expect(line(page)).to_contain_text("On since")
    publish(database, 2)
    page.reload()
    link.click()
    expect(page.locator("#notice h3")).to_have_text(
        [re.compile(r"What you agreed to on .*\(SMS\)"), "The text in force now is newer"]
    )
    expect(page.locator("#notice .notice-text")).to_have_text(["What you agree to: Offers en", "Offers, text 2"])


def test_a_text_is_shown_in_the_language_of_the_page_where_it_is_published(person: NewPerson, database: Sql) -> None:
    page = customer(person, locale="si-LK")
    page.locator("#cards .switch").first.tap()
    expect(page.locator("#cards .switch").first).to_have_attribute("aria-checked", "true")
    page.locator("#cards .notice-link").first.click()
    expect(page.locator("#notice .notice-text")).to_have_text("What you agree to: Offers si")
    expect(page.locator("#notice .notice-text")).to_have_attribute("lang", "si")
    assert database.run("SELECT notice_language FROM consentfeed.consents WHERE status = 'granted'") == [("si",)]


def test_a_history_shows_the_newest_and_prints_all(person: NewPerson, database: Sql) -> None:
    for _ in range(8):
        database.set(consent(database), "granted")
        database.set(consent(database), "revoked")
    page = customer(person)
    rows = page.locator("#history-rows tr")
    expect(rows).to_have_count(16)
    wait_until(lambda: [row.is_visible() for row in rows.all()] == [True] * 10 + [False] * 6)
    page.get_by_role("button", name="Show 6 more").click()
    expect(rows.nth(10)).to_be_focused()
    expect(page.locator("#history-more")).to_be_hidden()
    page.reload()
    expect(rows).to_have_count(16)
    page.emulate_media(media="print")
    expect(rows.nth(15)).to_be_visible()
    expect(page.locator("#printed")).to_contain_text("customer@example.com")
    expect(rows.first.locator("[data-slot=exactly]")).to_contain_text("UTC")
    for left_out in ("#print", "#signout", "#cards .switch"):
        expect(page.locator(left_out).first).to_be_hidden()


def test_a_history_that_cannot_be_read_is_not_shown_in_part(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    page = customer(person)
    page.route(
        "**/api/v1/events?*", lambda route: route.abort() if "limit=1000" in route.request.url else route.continue_()
    )
    page.reload()
    expect(page.locator("#history-state")).to_contain_text("could not be loaded")
    page.wait_for_selector(LIVE, state="attached")
    database.set(consent(database), "revoked")
    expect(line(page)).to_contain_text("Off since")
    expect(page.locator("#history-rows tr")).to_have_count(0)
    page.unroute("**/api/v1/events?*")
    page.locator("#history-again").click()
    expect(page.locator("#history-rows tr")).to_have_count(2)
    expect(page.locator("#history-state")).to_be_empty()


def test_nothing_to_decide_and_a_list_that_cannot_be_read_are_said(person: NewPerson) -> None:
    page = customer(person)
    empty = json.dumps({"consents": []})
    page.route("**/api/v1/customer/consents", lambda route: route.fulfill(body=empty, content_type="application/json"))
    page.reload()
    expect(page.locator("#empty")).to_contain_text("nothing to decide yet")
    page.unroute("**/api/v1/customer/consents")
    page.route("**/api/v1/customer/consents", lambda route: route.abort())
    page.reload()
    expect(page.locator("#failed")).to_contain_text("could not be loaded")
    expect(page.locator("#loading")).to_be_hidden()
    page.unroute("**/api/v1/customer/consents")
    page.locator("#again").click()
    expect(switch(page)).to_be_visible()
    expect(page.locator("#failed")).to_be_hidden()


def test_the_light_is_silent_while_live_and_says_since_when_it_is_not(
    person: NewPerson, node: RunningNode, start_node: StartNode, database: Sql
) -> None:
    page = customer(person)
    expect(page.locator("#strip")).to_be_hidden()
    port = int(node.url.rsplit(":", 1)[1])
    node.stop()
    expect(page.locator("#light")).to_contain_text("We cannot reach our service right now", timeout=30_000)
    switch(page).tap()
    expect(line(page).locator(".problem")).to_contain_text("Nothing is lost")
    database.set(consent(database, "email"), "granted")
    page.locator("#retry").click()
    start_node(port=port, heartbeat_seconds=0.4)
    expect(page.locator("#strip")).to_be_hidden(timeout=30_000)
    expect(switch(page, channel="E-mail")).to_have_attribute("aria-checked", "true")


def test_the_page_is_accessible_and_fits_every_screen(person: NewPerson, database: Sql, axe: str) -> None:
    database.set(consent(database), "granted")
    page = customer(person, is_mobile=False)
    page.route("**/revoke", lambda route: route.abort())
    switch(page).tap()
    expect(line(page).locator(".problem")).not_to_be_empty()
    assert sideways(page, 360, 1280, 2560) == []
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations_in_both_themes(page, axe) == [], width
        picture(page, f"customer-{width}", full_page=True)
    page.locator("#cards .notice-link").first.click()
    expect(page.locator("#notice .notice-text")).to_contain_text("What you agree to")
    assert violations_in_both_themes(page, axe) == []


def test_where_the_reader_chooses_the_colours_on_and_off_look_different(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    page = customer(person, forced_colors="active", reduced_motion="reduce")
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    looks = """(node) => [getComputedStyle(node).backgroundColor, getComputedStyle(node).borderColor,
      getComputedStyle(node, '::before').content, getComputedStyle(node, '::before').translate]"""
    on, off = switch(page).evaluate(looks), switch(page, channel="E-mail").evaluate(looks)
    assert all(one != other for one, other in zip(on, off, strict=True)), (on, off)


def test_the_keyboard_alone_will_do(person: NewPerson) -> None:
    page = customer(person)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "switch":
            break
    expect(switch(page)).to_be_focused()
    page.keyboard.press("Space")
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    page.keyboard.press("Enter")
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    expect(switch(page)).to_be_focused()


def test_what_other_people_write_is_shown_as_text(person: NewPerson, database: Sql) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    database.run("UPDATE consentfeed.purposes SET title = %s, description = %s WHERE key = 'marketing'", evil, evil)
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('marketing', 2, 'en', %s, now())",
        evil,
    )
    page = customer(person)
    database.set(consent(database), "granted")
    expect(page.locator(".toast")).to_contain_text("<img")
    expect(page.locator("#cards h2").first).to_have_text(evil)
    page.locator("#cards .notice-link").first.click()
    expect(page.locator("#notice .notice-text")).to_have_text(evil)
    assert page.locator("main img, main script, dialog img, dialog script").count() == 0


@pytest.mark.parametrize("keyboard", [False, True])
def test_a_consent_is_renewed_in_its_last_90_days(person: NewPerson, database: Sql, keyboard: bool) -> None:
    for days, channel in ((89, "sms"), (91, "email")):
        database.run("UPDATE consentfeed.purposes SET default_validity = make_interval(days => %s)", days)
        database.set(consent(database, channel), "granted")
    database.run("UPDATE consentfeed.purposes SET default_validity = '365 days'")
    page = customer(person)
    renew = line(page).get_by_role("button", name="Renew now Offers SMS", exact=True)
    expect(line(page, "E-mail").locator("[data-slot=renew]")).to_be_hidden()
    if keyboard:
        renew.press("Enter")
    else:
        renew.tap()
    expect(renew).to_be_hidden()
    expect(page.locator("#history-rows tr").filter(has_text="SMS")).to_have_count(2)
    expect(switch(page)).to_have_attribute("aria-checked", "true")
    if keyboard:
        expect(switch(page)).to_be_focused()
    row = "SELECT status, version, expires_at > now() + '364 days' FROM consentfeed.consents WHERE id = %s"
    assert database.run(row, consent(database)) == [("granted", 2, True)]


def test_a_renewal_that_fails_says_so_beside_the_switch(person: NewPerson, database: Sql) -> None:
    database.run("UPDATE consentfeed.purposes SET default_validity = '30 days' WHERE key = 'marketing'")
    database.set(consent(database), "granted")
    page = customer(person)
    page.route("**/grant", lambda route: route.fulfill(status=500))
    renew = line(page).locator("[data-slot=renew]")
    renew.tap()
    expect(line(page).locator("[role=alert]")).not_to_be_empty()
    expect(renew).to_be_visible()
    expect(switch(page)).to_have_attribute("aria-checked", "true")
