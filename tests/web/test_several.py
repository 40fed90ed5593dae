"""Revoking all or several of a customer's consents in one go, and taking it back."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_act import act_on, answer, card_of, consent, press
from tests.web.test_walk import DESK, row

MINE = "SELECT purpose || ' ' || channel, status FROM consentfeed.consents WHERE customer_id = %s ORDER BY 1"


def grant_all(database: Sql) -> None:
    """Nimal has said yes to everything."""
    database.run("UPDATE consentfeed.consents SET status = 'granted' WHERE customer_id = %s", CUSTOMER)


def states(database: Sql) -> dict[str, str]:
    """What Nimal's consents are."""
    return dict(database.run(MINE, CUSTOMER))


def several(page: Page) -> Locator:
    """The dialog, opened from the card."""
    page.get_by_role("button", name="Revoke all").click()
    expect(page.locator("#act-form")).to_be_visible()
    return page.locator("#act-form")


def test_everything_is_revoked_with_one_reason_and_one_outcome_each(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = card_of(person)
    sent: list[Any] = []

    def note(request: Request) -> None:
        if request.url.endswith("/decisions"):
            sent.append(request.post_data_json)

    page.on("request", note)
    form = several(page)
    expect(form.locator("[data-slot=box]:checked")).to_have_count(4)
    answer(form)
    form.locator("#act-reference").fill("CALL-4711")
    page.get_by_role("button", name="Revoke 4 on behalf").click()
    expect(form).to_be_hidden()
    assert set(states(database).values()) == {"revoked"}
    (body,) = sent
    assert {json.dumps(one["reason"]) for one in body["decisions"]} == {
        json.dumps({"code": "phone-call", "reference": "CALL-4711"})
    }
    expect(page.locator("#card .card-line .status")).to_have_text(["Revoked"] * 4)
    expect(page.locator(".toast-text")).to_have_text("4 consents revoked for Nimal Perera")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#card .card-line .status")).to_have_text(["Granted"] * 4)
    codes = database.run("SELECT DISTINCT reason_code FROM consentfeed.consents WHERE status = 'granted'")
    assert codes == [("mistake",)]


def test_those_that_are_taken_out_stay_and_all_is_one_press(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = card_of(person)
    form = several(page)
    form.get_by_label("All", exact=True).uncheck()
    expect(form.locator("[data-slot=box]:checked")).to_have_count(0)
    answer(form)
    press(form)  # it looks disabled
    expect(page.locator("#act-problem")).to_have_text("Choose at least one.")
    form.get_by_label("Offers · SMS").check()
    form.get_by_label("Surveys · Phone call").check()
    assert form.get_by_label("All", exact=True).evaluate("(box) => box.indeterminate")
    page.get_by_role("button", name="Revoke 2 on behalf").click()
    expect(form).to_be_hidden()
    assert states(database) == {
        "marketing email": "granted", "marketing sms": "revoked", "profiling push": "granted",
        "surveys voice": "revoked",
    }  # fmt: skip


def test_what_could_not_be_revoked_stays_and_says_why_and_is_tried_again(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = card_of(person)
    form = several(page)
    answer(form)

    def fail_one(route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        failed = body["decisions"].pop(0)
        rest = route.fetch(post_data=json.dumps(body)).json()["outcomes"]
        assert failed["action"] == "revoke"
        route.fulfill(
            json={"outcomes": [{"problem": {"type": "/problems/busy", "title": "Busy", "status": 503}}, *rest]}
        )

    page.route("**/decisions", fail_one)
    page.locator("#act-submit").click()
    expect(page.locator("#act-problem")).to_contain_text("1 was not revoked")
    expect(form.locator(".act-line .problem:not(:empty)")).to_have_count(1)
    expect(form.locator("[data-slot=box]:disabled")).to_have_count(3)
    page.unroute("**/decisions")
    page.get_by_role("button", name="Revoke 1 on behalf").click()
    expect(form).to_be_hidden()
    assert set(states(database).values()) == {"revoked"}


def without_feed(person: NewPerson) -> Page:
    """Nimal's card where no event comes through."""
    someone = person(**DESK)
    someone.context.add_init_script("delete window.SharedWorker; delete Navigator.prototype.locks")
    someone.context.route("**/api/v1/events*", lambda route: route.abort())
    page = someone.sign_in("csr")
    row(page).click()
    expect(page.locator("#card .card-line").first).to_be_visible()
    return page


def lose_the_first(page: Page) -> list[str]:
    """The first answer does not come; the keys of all requests."""
    keys: list[str] = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/decisions", lose)
    return keys


def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_done_twice(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = without_feed(person)
    form = several(page)
    answer(form)
    keys, before = lose_the_first(page), database.head()
    page.locator("#act-submit").click()
    expect(page.locator("#act-problem")).to_contain_text("Press the button again")
    page.locator("#act-submit").click()
    expect(form).to_be_hidden()
    assert database.head() == before + 4
    assert len(set(keys)) == 1


def test_what_was_done_without_an_answer_is_seen_by_the_feed(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = card_of(person)
    form = several(page)
    answer(form)
    lose_the_first(page)
    page.locator("#act-submit").click()
    expect(page.locator("#act-change")).to_have_text("All of them are revoked now.")
    expect(page.locator("#act-problem")).to_be_empty()
    assert set(states(database).values()) == {"revoked"}


def test_the_dialog_follows_what_the_customer_decides_meanwhile(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = card_of(person)
    form = several(page)
    database.set(consent(database), "revoked")
    expect(page.locator("#act-change")).to_contain_text("Offers · SMS is revoked now")
    expect(form.get_by_label("Offers · SMS")).to_be_disabled()
    expect(form.get_by_label("Offers · SMS")).not_to_be_checked()
    expect(page.locator("#act-submit")).to_have_text("Revoke 3 on behalf")


def test_reason_and_reference_are_kept_while_the_card_is_open_and_no_longer(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = card_of(person)
    form = act_on(page, "revoke")
    answer(form)
    form.locator("#act-reference").fill("CALL-4711")
    form.locator("#act-note").fill("She was sure.")
    page.locator("#act-submit").click()
    expect(form).to_be_hidden()
    form = act_on(page, "revoke", channel="E-mail")
    expect(form.locator("#act-code")).to_have_value("phone-call")
    expect(form.locator("#act-reference")).to_have_value("CALL-4711")
    expect(form.locator("#act-note")).to_have_value("")
    page.keyboard.press("Escape")
    page.locator("#card [data-slot=close]").click()
    page.locator("#grid-rows [role=row]").filter(has_text="Nimal").first.click()
    form = act_on(page, "revoke", channel="E-mail")
    expect(form.locator("#act-code")).to_have_value("")
    expect(form.locator("#act-reference")).to_have_value("")


def test_what_it_was_already_says_since_when_and_by_whom(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    page = card_of(person)
    form = act_on(page, "revoke")
    answer(form)
    page.context.route("**/api/v1/events*", lambda route: route.abort())

    def overtake(route: Route) -> None:
        database.set(consent(database), "revoked")
        route.continue_()

    page.route("**/revoke", overtake)
    page.locator("#act-submit").click()
    expect(page.locator(".toast-text").filter(has_text="It was that already")).to_be_visible()
    expect(page.locator(".toast-detail").filter(has_text="It has been revoked since")).to_contain_text("database role")


def test_an_undo_does_not_overwrite_what_came_after_it(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    page = card_of(person)
    form = act_on(page, "revoke")
    answer(form)
    page.locator("#act-submit").click()
    undo = (
        page.locator(".toast")
        .filter(has_text="Offers · SMS revoked for Nimal Perera")
        .get_by_role("button", name="Undo")
    )
    expect(undo).to_be_visible()
    for status in ("granted", "revoked"):
        database.set(consent(database), status)
    undo.click()
    expect(page.locator(".toast[data-kind=error]")).to_contain_text("It could not be taken back")
    assert states(database)["marketing sms"] == "revoked"


def test_the_keys_of_the_card_move_act_and_copy_and_stand_on_the_sheet(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = card_of(person)
    page.keyboard.press("n")
    page.keyboard.press("n")
    second = page.locator("#card .card-line").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("#act-title")).to_have_text("Revoke: Offers · SMS")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("#card .card-line").first).to_be_focused()
    page.keyboard.press("w")
    expect(page.locator("#act-title")).to_have_text("Revoke consents")
    page.keyboard.press("Escape")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("c")
    expect(page.locator(".toast")).to_contain_text("Link copied")
    page.keyboard.press("?")
    for key in ("n", "a", "w", "c"):
        expect(page.locator("#help kbd").get_by_text(key, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator("#act")).to_be_hidden()


def test_nothing_is_chosen_that_grants_and_only_what_can_be_done_is_offered(person: NewPerson, database: Sql) -> None:
    database.set(consent(database), "granted")
    database.set(consent(database, channel="email"), "revoked")
    page = card_of(person)
    lines = page.locator("#card .card-line")
    buttons = {"Offers · SMS": ["Revoke…"], "Offers · E-mail": ["Grant…"], "Profiling": ["Grant…", "Revoke…"]}
    for what, names in buttons.items():
        expect(lines.filter(has_text=what).locator("button:visible")).to_have_text(names)
    expect(page.get_by_role("button", name="Revoke all")).to_be_hidden()  # there is one alone
    act_on(page, "grant", channel="E-mail")
    expect(page.locator("#act-title")).to_have_text("Grant: Offers · E-mail")
    expect(page.locator("#act input:checked")).to_have_count(0)
    foot = page.locator("#act .dialog-foot button")
    expect(foot).to_have_text(["Cancel", "Grant on behalf"])


def test_the_notice_can_be_read_on_a_phone_and_with_large_text(person: NewPerson, database: Sql) -> None:
    text = "\n".join(f"Paragraph {number} of what the customer agrees to, in full." for number in range(40))
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('marketing', 2, 'en', %s, now())",
        text,
    )
    page = card_of(person)
    act_on(page)
    expect(page.locator("#act-text")).to_contain_text("Paragraph 39")
    for size, font in (({"width": 360, "height": 640}, ""), ({"width": 1280, "height": 720}, "200%")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.evaluate("(font) => { document.documentElement.style.fontSize = font }", font)
        shown = page.locator("#act-text")
        assert shown.evaluate("(node) => node.scrollHeight <= node.clientHeight + 1"), "no scrolling within scrolling"
        page.locator("#act-note").scroll_into_view_if_needed()
        body, foot = page.locator("#act .dialog-body"), page.locator("#act .dialog-foot")
        body.evaluate("(node) => node.scrollTo(0, node.scrollHeight)")
        assert body.evaluate("(node) => node.scrollWidth <= node.clientWidth")
        end = shown.evaluate("(node) => node.getBoundingClientRect().bottom")
        assert end <= foot.evaluate("(node) => node.getBoundingClientRect().top"), "nothing lies over the last line"
        height = body.evaluate("(node) => node.clientHeight")
        assert height >= 200, f"{height} pixels to read in"
