"""The admin page: each section does what it says, and what is refused is said where it belongs, with nothing lost."""

import re
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from consentfeed.writes.trail import Action
from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import CUSTOMER, OTHER, STAFF
from tests.support.sql import publish
from tests.web.conftest import NewPerson
from tests.web.test_walk import live

ACTIONS = get_args(Action)

REFUSED = (
    '{"type":"/problems/invalid","title":"The request is not valid","status":422,"detail":"Too short - at `$.text`"}'
)


@pytest.fixture
def admin(person: NewPerson) -> Page:
    """The page, signed in and drawn."""
    page = person(viewport={"width": 1280, "height": 900}).sign_in("admin")
    expect(page.locator("#tab-overview")).to_have_attribute("aria-selected", "true")
    return page


def in_order(*words: str) -> re.Pattern[str]:
    """Text with these, whatever is between them."""
    return re.compile(".*".join(map(re.escape, words)), re.DOTALL)


def again(place: Locator) -> None:
    """Has a list try again. By the script, where the button is still there: the list does so by itself, too."""
    place.locator("[data-slot=again]").evaluate_all("(buttons) => buttons.forEach((button) => button.click())")


def confirm(page: Page) -> None:
    """Yes."""
    page.click("#confirm [type=submit]")
    expect(page.locator("#confirm")).to_be_hidden()


def test_the_chosen_tab_survives_reload_and_back_and_arrows_walk(admin: Page) -> None:
    admin.locator("#tab-overview").press("ArrowRight")
    expect(admin.locator("#tab-users")).to_be_focused()
    admin.keyboard.press("End")
    expect(admin.locator("#tab-erasure")).to_be_focused()
    admin.keyboard.press("ArrowRight")
    expect(admin.locator("#panel-overview")).to_be_visible()
    admin.click("#tab-users")
    admin.click("#tab-log")
    admin.go_back()
    expect(admin.locator("#panel-users")).to_be_visible()
    admin.reload()
    expect(admin.locator("#tab-users")).to_have_attribute("aria-selected", "true")
    expect(admin.locator("#panel-users")).to_be_visible()
    expect(admin.locator("#panel-log")).to_be_hidden()


def test_a_node_shows_its_numbers_and_is_silent_when_it_reports_no_more(admin: Page, database: Sql) -> None:
    rows = admin.locator("#nodes tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Well")
    database.run(
        "INSERT INTO consentfeed.nodes SELECT gen_random_uuid(), 'gone', now(), now() - interval '20 s', numbers"
        " FROM consentfeed.nodes LIMIT 1"
    )
    expect(rows.filter(has_text="gone")).to_contain_text("Silent", timeout=15_000)
    expect(admin.locator("#totals")).to_contain_text("1 of 2")


def test_an_account_is_added_changed_disabled_and_enabled_but_not_ones_own(admin: Page) -> None:
    admin.click("#tab-users")
    admin.click("#users-add")
    admin.fill("#account-email", "csr@example.com")
    admin.click("#account [type=submit]")
    expect(admin.locator("#account-email-problem")).to_contain_text("already")
    expect(admin.locator("#account-email")).to_have_value("csr@example.com")
    admin.fill("#account-email", "new@example.com")
    admin.fill("#account-name", "Nadeesha <b>Silva</b>")
    admin.click("#account [type=submit]")
    row = admin.locator("#users tr").filter(has_text="new@example.com")
    expect(row).to_contain_text("CSR")
    expect(row).to_contain_text("Nadeesha <b>Silva</b>")
    expect(row).to_contain_text("Never")
    expect(admin.locator("#users tr").filter(has_text="customer@example.com")).to_contain_text("Nimal Perera")
    row.locator("[data-act=role]").click()
    expect(admin.locator("#account-name")).to_have_value("Nadeesha <b>Silva</b>")
    admin.click("#account [type=submit]")
    expect(admin.locator("#account-name-problem")).to_contain_text("Nothing has changed")
    admin.fill("#account-name", "Nadeesha Perera")
    admin.click("#account [type=submit]")
    expect(row).to_contain_text("Nadeesha Perera")
    row.locator("[data-act=role]").click()
    admin.check("#account [value=service]")
    admin.click("#account [type=submit]")
    expect(row).to_contain_text("Service")
    expect(row).to_contain_text("Nadeesha Perera")
    row.locator("[data-act=disable]").click()
    confirm(admin)
    expect(row).to_contain_text("Disabled")
    expect(row.locator("[data-act=enable]")).to_be_focused()
    row.locator("[data-act=enable]").click()
    confirm(admin)
    expect(row).to_contain_text("Active")
    own = admin.locator("#users tr").filter(has_text="admin@example.com")
    expect(own).to_contain_text("You")
    expect(own.locator("[data-slot=signed-in]")).to_contain_text("just now")
    expect(own.locator("button:visible")).to_have_count(0)
    admin.fill("#users-q", "nobody at all")
    expect(admin.locator("#users .state")).to_contain_text("No account fits")


def test_an_account_of_a_customer_is_the_very_customers_and_not_one_whose_address_begins_so(
    admin: Page, database: Sql
) -> None:
    customer = database.new_customer("Nimali Perera")
    database.run("UPDATE consentfeed.customers SET email = 'nimali@example.com' WHERE id = %s", customer)
    admin.click("#tab-users")
    admin.click("#users-add")
    admin.check("#account [value=customer]")
    admin.fill("#account-email", "nimali@example.co")
    admin.click("#account [type=submit]")
    expect(admin.locator("#account-customer_id-problem, #account [id*=customer][id$=problem]").first).not_to_be_empty()
    admin.fill("#account-email", "nimali@example.com")
    admin.click("#account [type=submit]")
    expect(admin.locator("#account")).to_be_hidden()
    found = database.run(
        "SELECT email, customer_id::text FROM consentfeed.users WHERE role = 'customer' AND id = %s", customer
    )
    assert found == [("nimali@example.com", customer)]


def test_a_list_says_when_it_is_old_or_cannot_be_read(admin: Page) -> None:
    admin.click("#tab-users")
    users = admin.locator("#users")
    expect(users).to_have_attribute("data-state", "ready")
    admin.route("**/api/v1/users?*", lambda route: route.abort())
    users.locator(".list-note button").click()
    expect(users).to_have_attribute("data-state", "stale")
    expect(users.locator("tbody tr").first).to_be_visible()
    admin.reload()
    expect(users).to_have_attribute("data-state", "error")
    admin.unroute("**/api/v1/users?*")
    again(users)
    expect(users).to_have_attribute("data-state", "ready")


def test_a_notice_is_drafted_and_published_once_it_is_said_what_it_supersedes(admin: Page) -> None:
    admin.goto(re.sub("#.*", "", admin.url) + "#purposes/marketing")
    versions = admin.locator("#versions")
    expect(versions).to_contain_text("In force")
    expect(admin.locator(".in-force").first).to_contain_text("What you agree to: Offers en")
    admin.fill("#draft-en", "Second text")
    admin.fill("#draft-si", "දෙවන")
    admin.route("**/notices/2/si", lambda route: refuse(route))
    admin.click("#draft [type=submit]")
    expect(admin.locator("#draft-si-problem")).to_contain_text("Too short")
    expect(admin.locator("#draft-si")).to_have_value("දෙවන")
    expect(versions).to_contain_text("Draft")
    # What is not saved waits while something else is looked at.
    admin.click("#tab-users")
    admin.go_back()
    expect(admin.locator("#draft-si")).to_have_value("දෙවන")
    admin.unroute("**/notices/2/si")
    admin.click("#draft-publish")
    asked = admin.locator("#confirm")
    expect(asked).to_contain_text("supersedes version 1")
    expect(asked).to_contain_text("never be changed")
    confirm(admin)
    expect(versions.locator("details").first).to_contain_text("In force")
    expect(versions.locator("details").last).to_contain_text("Superseded")
    expect(admin.locator("#draft-title")).to_have_text("Write version 3")


def test_how_many_have_agreed_is_said_before_their_words_change(admin: Page, database: Sql) -> None:
    for consent in database.consents()[:2]:
        database.set(consent, "granted")
    admin.goto(re.sub("#.*", "", admin.url) + "#purposes/marketing")
    expect(admin.locator("#versions details")).to_contain_text("2 consents granted")
    expect(admin.locator("#purpose-granted")).to_contain_text("2 consents are granted for it")
    admin.fill("#draft-en", "Second text")
    admin.click("#draft-publish")
    expect(admin.locator("#confirm")).to_contain_text("2 consents are granted under version 1")


def test_what_another_admin_publishes_is_there_at_once_and_what_is_typed_stays(admin: Page, database: Sql) -> None:
    admin.goto(re.sub("#.*", "", admin.url) + "#purposes/marketing")
    expect(admin.locator("#versions details")).to_have_count(1)
    admin.fill("#draft-en", "Half a thou")
    live(admin)
    publish(database, "marketing", 2)
    expect(admin.locator("#versions details").first).to_contain_text(in_order("Version 2", "In force"))
    expect(admin.locator("#draft-en")).to_have_value("Half a thou")


@pytest.mark.parametrize(
    ("tab", "words"), [("purposes", "Renamed"), ("users", "later@example.com"), ("sessions", "csr@example.com")]
)
def test_a_list_is_read_again_when_the_connection_is_back(
    person: NewPerson, database: Sql, tab: str, words: str
) -> None:
    someone = person()
    someone.context.add_init_script("delete window.SharedWorker")  # the network of a worker stays
    admin = someone.sign_in("admin")
    admin.click(f"#tab-{tab}")
    rows = admin.locator(f"#{tab}")
    live(admin)
    expect(rows).to_have_attribute("data-state", "ready")
    admin.context.set_offline(True)
    expect(admin.locator("#light")).to_have_attribute("data-phase", "offline", timeout=40_000)
    database.run("UPDATE consentfeed.purposes SET title = 'Renamed' WHERE key = 'marketing'")
    database.run("SELECT consentfeed.add_user('later@example.com', 'csr', NULL, NULL)")
    person().sign_in("csr")
    expect(rows).not_to_contain_text(words)
    admin.context.set_offline(False)
    live(admin)
    expect(rows).to_contain_text(words)


def test_a_list_is_read_again_as_far_as_it_was_when_it_is_looked_at_again(admin: Page, database: Sql) -> None:
    add = "SELECT consentfeed.add_user(n || '@example.com', 'csr', NULL, NULL) FROM generate_series(%s::int, %s) n"
    database.run(add, 1, 110)
    before = database.value("SELECT count(*) FROM consentfeed.users")
    admin.click("#tab-users")
    rows = admin.locator("#users [data-key]")
    expect(rows).to_have_count(100)
    admin.locator("#users").get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(before)
    database.run(add, 0, 0)
    admin.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(rows).to_have_count(before + 1)


def refuse(route: Route) -> None:
    """As the server would."""
    route.fulfill(status=422, content_type="application/problem+json", body=REFUSED)


def test_a_purpose_is_added_and_its_channels_only_grow(admin: Page) -> None:
    admin.goto(re.sub("#.*", "", admin.url) + "#purposes/+")
    admin.fill("#purpose-f-key", "marketing")
    admin.click("#purpose-form [type=submit]")
    expect(admin.locator("#purpose-f-key-problem")).to_contain_text("already")
    admin.fill("#purpose-f-key", "roaming")
    admin.fill("#purpose-f-title", "Roaming <b>")
    admin.check("#purpose-channels [value=sms]")
    admin.click("#purpose-form [type=submit]")
    expect(admin.locator("#purpose-title")).to_have_text("Roaming <b>")
    expect(admin.locator("#versions")).to_contain_text("There is no notice yet")
    expect(admin.locator("#purpose-channels [value=sms]")).to_be_disabled()
    admin.check("#purpose-channels [value=push]")
    admin.click("#purpose-form [type=submit]")
    expect(admin.locator("#purpose-channels [value=push]")).to_be_disabled()
    admin.click("#purpose > p a")
    expect(admin.locator("#purposes tr").filter(has_text="roaming")).to_contain_text("nobody can consent yet")


def test_verifying_tells_the_head_or_the_first_position_that_does_not_fit(
    admin: Page, node: RunningNode, database: Sql
) -> None:
    database.set(database.consents()[0], "granted")
    admin.click("#tab-log")
    admin.click("#log [type=submit]")
    expect(admin.locator(".verified")).to_contain_text("The log is whole")
    with node.client("csr") as csr:
        head = csr.get("/api/v1/consents").headers["consentfeed-position"]
    expect(admin.locator(".verified code")).to_have_text(head)
    admin.route(
        "**/api/v1/verify",
        lambda route: route.fulfill(
            json={"whole": False, "head": head, "position": 1, "problem": "its hash is wrong", "events": 1}
        ),
    )
    admin.click("#log [type=submit]")
    expect(admin.locator(".verified")).to_contain_text("does not fit from position 1 on")
    expect(admin.locator(".verified")).to_contain_text("its hash is wrong")


def test_a_session_is_ended_and_the_own_one_is_marked(admin: Page, person: NewPerson) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    csr = person(user_agent=agent).sign_in("csr")
    admin.click("#tab-sessions")
    rows = admin.locator("#sessions tbody tr")
    expect(rows.filter(has_text="csr@example.com")).to_contain_text(in_order("Firefox on Windows", "just now"))
    own = rows.filter(has=admin.locator("[data-slot=current]:visible"))
    expect(own).to_contain_text("admin@example.com")
    expect(own.locator("button:visible")).to_have_count(0)
    rows.filter(has_text="csr@example.com").locator("[data-act=end]").click()
    confirm(admin)
    expect(rows.filter(has_text="csr@example.com")).to_have_count(0)
    csr.wait_for_url(re.compile(r":\d+/(#.*)?$"))  # its stream has ended, and the page has gone


TRAIL = "**/api/v1/accesses?*"
BAD = "<img src=x onerror=\"document.title='run'\">"


def trail(page: Page) -> Page:
    """The tab of the trail."""
    page.click("#tab-trail")
    return page


def looked(number: int, **changes: Any) -> dict[str, Any]:
    """A line of the trail, as the server gives it."""
    actor = {"id": STAFF["csr"], "role": "csr", "email": "csr@example.com", "name": None}
    line = {"id": number, "at": "2026-11-24T10:15:30.123456Z", "actor": actor, "action": "read-customer"}
    return {**line, "customers": [CUSTOMER], "filters": {}, "rows": 1, **changes}


def shown(page: Page, *lines: dict[str, Any], next_page: str | None = None) -> None:
    """Has the trail say this."""
    page.unroute(TRAIL)
    page.route(TRAIL, lambda route: route.fulfill(json={"accesses": lines, "next": next_page, "names": {}}))


def test_whoever_looked_at_a_customer_is_in_the_trail_and_its_link_opens_the_card(
    admin: Page, node: RunningNode
) -> None:
    with node.client("csr") as csr, node.client("service") as service:
        assert csr.get(f"/api/v1/customers/{CUSTOMER}").status_code == 200
        assert csr.get("/api/v1/consents", params={"customer": OTHER, "status": "pending"}).status_code == 200
        assert service.get(f"/api/v1/customers/{OTHER}").status_code == 200
    trail(admin)
    rows = admin.locator("#trail tbody tr")
    first = rows.filter(has_text="csr@example.com").filter(has_text="Nimal Perera")
    expect(first).to_contain_text("Read a customer")
    expect(first.get_by_role("link", name="Nimal Perera")).to_have_attribute("title", CUSTOMER)
    words = in_order("status: pending", "customer: Kamala O'Brien")
    expect(rows.filter(has_text="Listed consents")).to_contain_text(words)
    admin.fill("#trail-customer", "kam")
    admin.locator("#trail-customer-list [role=option]").filter(has_text="Kamala O'Brien").click()
    expect(first).to_have_count(0)
    expect(rows.filter(has_text="service@example.com")).to_contain_text("Kamala O'Brien")
    admin.click("#trail-clear")
    expect(admin.locator("#trail-customer")).to_have_value("")
    first.get_by_role("link", name="Nimal Perera").click()
    admin.wait_for_url("**/csr#customer/*")
    expect(admin.locator("#card")).to_contain_text("Nimal Perera")
    expect(admin.locator("#card-name")).to_be_focused()


def test_the_filters_of_the_trail_are_asked_for_together_and_can_be_cleared(admin: Page) -> None:
    asked: list[dict[str, list[str]]] = []

    def answer(route: Route) -> None:
        asked.append(parse_qs(urlsplit(route.request.url).query))
        route.fulfill(json={"accesses": [], "next": None, "names": {}})

    admin.route(TRAIL, answer)
    trail(admin)
    expect(admin.locator("#trail .state")).to_contain_text("appears here")
    expect(admin.locator("#trail-clear")).to_be_hidden()
    # By the keyboard alone.
    admin.focus("#trail-customer")
    admin.keyboard.type("nimal")
    expect(admin.locator("#trail-customer-list [role=option]")).to_have_count(1)
    admin.keyboard.press("ArrowDown")
    expect(admin.locator("#trail-customer")).to_have_attribute("aria-activedescendant", "trail-customer-list-0")
    admin.keyboard.press("Enter")
    expect(admin.locator("#trail-customer")).to_have_value("Nimal Perera")
    expect(admin.locator("#trail-customer-list")).to_be_hidden()
    admin.keyboard.press("Tab")
    admin.keyboard.type(STAFF["csr"])
    expect(admin.locator("#trail-actor-list [role=option]")).to_contain_text("csr@example.com")
    admin.keyboard.press("Enter")
    admin.select_option("#trail-action", "read-customer")
    admin.fill("#trail-since", "2026-11-24T10:00")
    admin.fill("#trail-until", "2026-11-24T11:00")
    expect(admin.locator("#trail .state")).to_contain_text("Nothing fits")
    admin.locator("#trail .list-note button").click()
    expect(admin.locator("#trail")).not_to_have_attribute("aria-busy", "true")
    # The browser is in Colombo.
    span = {"since": ["2026-11-24T04:30:00.000Z"], "until": ["2026-11-24T05:30:00.000Z"]}
    whom = {"customer": [CUSTOMER], "actor": [STAFF["csr"]]}
    assert asked[-1] == {**whom, **span, "action": ["read-customer"], "names": ["true"], "limit": ["100"]}
    admin.click("#trail-clear")
    expect(admin.locator("#trail .state")).to_contain_text("appears here")
    assert asked[-1] == {"names": ["true"], "limit": ["100"]}


def test_what_was_typed_and_not_picked_is_no_filter_and_an_id_is_known_without_an_account(admin: Page) -> None:
    trail(admin)
    box, options = admin.locator("#trail-actor"), admin.locator("#trail-actor-list [role=option]")
    box.fill("nobody at all")
    expect(options).to_have_text("Nothing fits.")
    admin.keyboard.press("Enter")
    admin.keyboard.press("Escape")
    expect(box).to_have_value("")
    box.fill("dead0000-0000-4000-8000-000000000000")
    expect(options).to_have_text("dead0000-0000-4000-8000-000000000000")
    options.click()
    expect(admin.locator("#trail .state")).to_contain_text("Nothing fits")
    admin.route("**/api/v1/users?*", lambda route: route.abort())
    box.fill("csr")
    expect(options).to_have_text("The connection is lost.")


def test_each_line_of_the_trail_is_in_words_and_what_it_holds_is_text(admin: Page) -> None:
    many = [f"c0000000-0000-4000-8000-{number:012}" for number in range(12)]
    outside = {"id": STAFF["service"], "role": "service", "email": None}
    shown(
        admin,
        *(looked(number, action=action, customers=[]) for number, action in enumerate(ACTIONS)),
        looked(50, action="open-stream", customers=[], rows=0, actor=outside, filters={"type": ["granted", "revoked"]}),
        looked(51, action="list-customers", customers=many, rows=12, filters={"search": True}),
        looked(52, action="read-trail", filters={"since": "2026-11-24T04:30:00.000000Z", "action": "read-trail"}),
        looked(53, action=BAD, actor={**outside, "email": BAD, "role": BAD}, customers=[BAD], filters={BAD: [BAD]}),
    )
    trail(admin)
    rows = admin.locator("#trail tbody tr")
    expect(rows).to_have_count(len(ACTIONS) + 4)
    for number, action in enumerate(ACTIONS):
        expect(rows.nth(number).locator("[data-slot=did]")).not_to_have_text(action)
    stream, search, read, bad = (rows.nth(len(ACTIONS) + number) for number in range(4))
    expect(stream).to_contain_text(in_order(STAFF["service"], "Opened a stream", "Everybody", "granted, revoked"))
    search.locator("summary").filter(has_text="12 customers").click()
    expect(search.get_by_role("link")).to_have_count(12)
    expect(read).to_contain_text(in_order("from: 24 November 2026", "what: Read this trail"))
    expect(bad).to_contain_text(f"{BAD}: {BAD}")
    expect(bad.get_by_role("link")).to_have_attribute("href", re.compile("^/csr#customer/%3Cimg"))
    assert "run" not in admin.title()
    assert admin.locator("main img").count() == 0


def test_the_trail_goes_on_page_by_page_and_has_its_four_states(admin: Page) -> None:
    held: list[Route] = []
    refuses: list[bool] = []
    busy: dict[str, Any] = {"status": 503, "json": {"type": "/problems/busy"}}
    admin.route(TRAIL, lambda route: route.fulfill(**busy) if refuses else held.append(route))
    trail(admin)
    expect(admin.locator("#trail .list-loading")).to_be_visible()
    # All that was asked and all that comes: where the stream opens late the list is read a second time.
    refuses.append(True)
    for route in held:
        route.fulfill(**busy)
    expect(admin.locator("#trail").get_by_role("alert")).to_contain_text("could not be read")
    shown(admin, looked(2), next_page="more")
    again(admin.locator("#trail"))
    rows = admin.locator("#trail tbody tr")
    expect(rows).to_have_count(1)
    admin.unroute(TRAIL)
    with admin.expect_request(re.compile("cursor=more")):
        admin.route(TRAIL, lambda route: route.fulfill(json={"accesses": [looked(1)], "next": None, "names": {}}))
        admin.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(2)
    expect(rows.last.get_by_role("link")).to_be_focused()
    expect(admin.get_by_role("button", name="Show more")).to_be_hidden()
    admin.unroute(TRAIL)
    admin.route(TRAIL, lambda route: route.fulfill(status=429, headers={"Retry-After": "7"}, json={}))
    admin.locator("#trail .list-note button").click()
    expect(admin.locator("#trail")).to_have_attribute("data-state", "stale")
    expect(admin.locator("#trail .list-note")).to_contain_text("Try again in 7 seconds.")
    expect(rows).to_have_count(2)


def test_all_that_is_wrong_in_a_form_is_said_at_once(admin: Page) -> None:
    admin.click("#tab-users")
    admin.click("#users-add")
    admin.fill("#account-email", "nobody")
    admin.fill("#account-password", "short")
    admin.click("#account [type=submit]")
    expect(admin.locator("#account-email-problem")).not_to_be_empty()
    expect(admin.locator("#account-password-problem")).not_to_be_empty()
    expect(admin.locator("#account-email")).to_be_focused()
    admin.click("#account [data-slot=cancel]")
    admin.goto(re.sub("#.*", "", admin.url) + "#purposes/+")
    admin.fill("#purpose-f-key", "Not a key")
    admin.fill("#purpose-f-position", "x")
    admin.fill("#purpose-f-default_validity_days", "0")
    admin.click("#purpose-form [type=submit]")
    for name in ("key", "title", "channels", "default_validity_days", "position"):
        expect(admin.locator(f"#purpose-f-{name}-problem")).not_to_be_empty()
    expect(admin.locator("#purpose-f-key")).to_be_focused()
    admin.goto(re.sub("#.*", "", admin.url) + "#purposes/marketing")
    admin.fill("#draft-en", "A text")
    admin.fill("#draft-en-title", "A title")
    admin.click("#draft [data-slot=submit]")
    expect(admin.locator(".toast")).to_contain_text("Saved the draft")
    admin.fill("#draft-en", " ")
    admin.fill("#draft-en-title", " ")
    admin.fill("#draft-si-title", "සිරැසිය")
    admin.click("#draft [data-slot=submit]")
    expect(admin.locator("#draft-en-problem")).to_contain_text("Enter a title. A language needs a text")
    expect(admin.locator("#draft-si-problem")).to_contain_text("A language needs a text")
    assert admin.locator("#draft [aria-invalid=true]").count() == 3
