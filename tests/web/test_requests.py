"""Rights requests from the phone to the desk and back: seen at once, sorted by what is due, done, and downloaded."""

import json
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import CUSTOMER, OTHER, STAFF
from tests.support.waiting import wait_until
from tests.web.conftest import NewPerson
from tests.web.test_walk import DESK, PHONE, live

MANY = 1000
PATH = "/api/v1/rights-requests"
# As a DBA would with the triggers off: a deadline that is a moment away.
SOON = """
ALTER TABLE consentfeed.rights_requests DISABLE TRIGGER USER;
UPDATE consentfeed.rights_requests SET due_at = clock_timestamp() + interval '4 seconds';
ALTER TABLE consentfeed.rights_requests ENABLE TRIGGER USER;
"""


def queue(person: NewPerson, role: str = "csr", part: str = "") -> Page:
    """The dashboard with the queue."""
    page = person(**DESK).sign_in(role)
    page.goto(re.sub("/[^/]*$", "", page.url) + f"/csr#?view=requests{part}")
    page.reload()
    live(page)
    expect(page.locator("#queue")).to_be_visible()
    return page


def row(page: Page, text: str) -> Locator:
    return page.locator("#queue-rows [role=row]").filter(has_text=text)


def counters(page: Page) -> list[str]:
    """All open, mine, unassigned, overdue."""
    return page.locator("#queues [data-slot=count]").all_inner_texts()


@pytest.fixture
def customer(node: RunningNode) -> httpx.Client:
    """Nimal, asking by the API."""
    return node.client("customer", subject=CUSTOMER)


def asked(customer: httpx.Client, kind: str = "rectification", **body: Any) -> Any:
    answer = customer.post(PATH, json={"kind": kind, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()["request"]


def test_a_copy_is_asked_for_on_a_phone_seen_at_the_desk_at_once_and_followed_to_its_end(person: NewPerson) -> None:
    desk, phone = queue(person), person(**PHONE).sign_in("customer")
    expect(desk.locator("#state")).to_contain_text("No request is open")
    phone.click("#ask-open")
    phone.get_by_label("A copy of my data").check()
    phone.fill("#ask-text", "Everything, please.")
    phone.click("#ask-form [type=submit]")
    mine = phone.locator("#requests > li")
    expect(mine).to_contain_text(re.compile(r"You get an answer by \d+ \w+ \d{4} at the latest"))
    expect(row(desk, "Nimal Perera")).to_contain_text(
        re.compile(r"\d+ days left.*Copy of the data.*Received.*nobody", re.DOTALL), timeout=2000
    )
    expect(desk.locator(".toast").first).to_contain_text("Copy of the data")
    expect(desk.locator("#activity-lines li").first).to_contain_text("Copy of the data")
    expect(desk.locator("#queue-unassigned")).to_have_text("Unassigned 1")

    row(desk, "Nimal Perera").click()
    request = desk.locator("#card .request")
    expect(request).to_contain_text("1 month later is")
    expect(request).to_contain_text("Everything, please.")
    request.locator("[data-action=assign]").click()
    expect(row(desk, "Nimal Perera")).to_contain_text("You")
    request.locator("[data-action=ask]").click()
    desk.click("#request-submit")
    expect(desk.locator("#request-text-problem")).to_have_text("Write what you need to know.")
    desk.fill("#request-text", "Which number?")
    desk.click("#request-submit")
    expect(mine).to_contain_text("Which number?")
    expect(row(desk, "Nimal Perera")).to_contain_text("clock stands")
    phone.get_by_label("Your answer").fill("It ends in 567.")
    phone.get_by_role("button", name="Send the answer").click()
    expect(mine).to_contain_text("We are working on it")
    expect(request).to_contain_text("It ends in 567.")
    request.locator("[data-action=fulfil]").click()
    expect(desk.locator("#request-consequence")).to_contain_text("everything that is held about them")
    desk.click("#request-submit")
    expect(mine).to_contain_text("Done on")
    expect(row(desk, "Nimal Perera")).to_contain_text(
        "Fulfilled"
    )  # where it was, until the reader asks for another list
    expect(desk.locator("#queue-open")).to_have_text("All open 0")
    expect(request.locator(".request-history .entry").last).to_contain_text("csr@example.com (you)")

    with phone.expect_download() as download:
        phone.get_by_role("button", name="Download").click()
    held = json.loads(download.value.path().read_text())
    assert download.value.suggested_filename == f"{held['request']['reference']}.json"
    assert held["customer"]["name"] == "Nimal Perera"
    assert [text["text"] for text in held["rights_requests"][0]["texts"]] == [
        "Everything, please.", "Which number?", "It ends in 567.",
    ]  # fmt: skip
    with phone.expect_popup() as popup:
        phone.get_by_role("link", name="Read or print it").click()
    expect(popup.value.locator("body")).to_contain_text("Your consents")


def test_two_at_one_request_see_each_other_and_nothing_is_written_over(
    person: NewPerson, node: RunningNode, customer: httpx.Client
) -> None:
    request, other = asked(customer), node.client("admin")
    page = queue(person)
    row(page, "Correction").click()
    page.locator("#card [data-action=refuse]").click()
    page.select_option("#request-why", "unfounded")
    page.fill("#request-text", "It is right as it is.")
    assert other.post(f"{PATH}/{request['id']}/acknowledge", json={}).is_success
    expect(page.locator("#request-change")).to_have_text(
        "Changed a moment ago by an admin: acknowledged. Now: Acknowledged."
    )

    def first(route: Route) -> None:
        assert other.post(f"{PATH}/{request['id']}/start", json={}).is_success
        route.continue_()

    page.route("**/refuse", first, times=1)
    page.wait_for_timeout(800)  # until a change counts as read
    page.click("#request-submit")
    expect(page.locator("#request-form [data-slot=problem]")).to_contain_text("nothing was saved")
    expect(page.locator("#request-change")).to_contain_text("started. Now: In progress.")
    assert other.get(f"{PATH}/{request['id']}").json()["status"] == "in-progress"
    assert page.input_value("#request-text") == "It is right as it is.", "what was typed stays"
    page.wait_for_timeout(800)
    page.click("#request-submit")
    expect(page.locator("#request")).to_be_hidden()
    expect(row(page, "Correction")).to_contain_text("Refused")
    texts = customer.get(f"{PATH}/{request['id']}").json()["texts"]
    assert [(one["part"], one["text"]) for one in texts] == [("reason", "It is right as it is.")]


def test_a_request_that_falls_due_while_the_page_is_open_says_so_by_itself(
    person: NewPerson, database: Sql, customer: httpx.Client
) -> None:
    asked(customer)
    database.run(SOON)
    page = queue(person)
    expect(row(page, "Nimal")).to_contain_text("left")
    assert counters(page)[3] == "0"
    expect(row(page, "Nimal")).to_contain_text("1 day overdue", timeout=8000)
    expect(page.locator("#queue-overdue")).to_have_text("Overdue 1")
    expect(page.locator("#view-requests")).to_contain_text("some overdue")
    page.click("#queue-overdue")
    expect(row(page, "Nimal")).to_have_count(1)
    expect(page).to_have_url(re.compile("view=requests&queue=overdue"))


def test_the_end_of_the_queue_is_in_view_even_where_its_last_page_has_not_been_drawn_yet(
    person: NewPerson, database: Sql, customer: httpx.Client
) -> None:
    database.run(
        "INSERT INTO consentfeed.rights_requests (customer_id, kind, received_at)"
        " SELECT %s::uuid, 'objection', now() - interval '10 days' - interval '1 minute' * n"
        " FROM generate_series(1, 250) AS n",
        OTHER,
    )
    asked(customer)
    page = queue(person)
    rows = page.locator("#queue-rows [role=row]")
    expect(rows.first).to_be_visible()
    page.evaluate("window.requestAnimationFrame = () => 1")  # no further frame: a busy machine
    rows.first.focus()
    wait_until(lambda: end(page), what="the last page")
    expect(row(page, "Correction")).to_be_in_viewport()


def end(page: Page) -> bool:
    """Goes to the last row, and says whether it is the request of ``asked``: what was received last is due last."""
    page.keyboard.press("End")
    return bool(page.evaluate("document.activeElement.textContent.includes('Correction')"))


def test_parts_of_a_queue_of_a_thousand_are_counted_listed_and_drawn_only_where_they_are_seen(
    person: NewPerson, database: Sql, node: RunningNode, customer: httpx.Client
) -> None:
    database.run(
        "INSERT INTO consentfeed.rights_requests (customer_id, kind, received_at)"
        " SELECT %s::uuid, 'objection', now() - interval '10 days' - interval '1 minute' * n"
        " FROM generate_series(1, %s) AS n",
        OTHER, MANY,
    )  # fmt: skip
    mine = asked(customer)
    assert node.client("admin").post(f"{PATH}/{mine['id']}/assign", json={"assigned_to": STAFF["csr"]}).is_success
    page = queue(person)
    expect(page.locator("#queues")).to_contain_text("All open 1,001")
    assert counters(page) == ["1,001", "1", "1,000", "0"]
    assert page.locator("#queue-rows [role=row]").count() < 80
    page.locator("#queue-rows [role=row]").first.focus()
    wait_until(lambda: end(page), what="the last page")
    expect(row(page, "Correction")).to_be_in_viewport()
    expect(page.locator("#count")).to_have_text("1,001 requests")
    assert page.locator("#queue-rows [role=row]").count() < 80
    page.click("#queue-mine")
    expect(page.locator("#queue-rows [role=row]")).to_have_count(1)
    expect(row(page, "Correction")).to_contain_text("You")
    other = asked(customer, "complaint")
    expect(page.locator("#queue-open")).to_have_text("All open 1,002")
    expect(page.locator("#queue-rows [role=row]")).to_have_count(1)  # it is nobody's
    assert node.client("admin").post(f"{PATH}/{other['id']}/assign", json={"assigned_to": STAFF["csr"]}).is_success
    expect(row(page, "Complaint")).to_contain_text("You")
    page.click("#queue-unassigned")
    expect(page.locator("#queue-rows [role=row]").first).to_contain_text("nobody")
    page.click("#view-consents")
    expect(page.locator("#grid")).to_be_visible()
    expect(page.locator("#queues")).to_be_hidden()


def test_the_queue_says_what_it_cannot_read_and_reads_it_by_itself_once_it_can(
    person: NewPerson, customer: httpx.Client
) -> None:
    asked(customer)
    page = person(**DESK).sign_in("csr")
    live(page)
    page.route("**/rights-requests?*limit=200", lambda route: route.abort())
    page.click("#view-requests")
    expect(page.locator("#state .problem")).to_contain_text("The list could not be read.")
    expect(page.locator("#light")).to_have_attribute("data-light", "yellow")
    page.unroute("**/rights-requests?*limit=200")
    page.get_by_role("button", name="Try again").click()
    expect(row(page, "Correction")).to_be_visible()
    page.route("**/rights-requests?*limit=200", lambda route: route.abort())
    page.click("#refresh")
    expect(page.locator("#strip")).to_contain_text("The list could not be read.")
    expect(row(page, "Correction")).to_be_visible()  # what is shown is from before
    page.unroute("**/rights-requests?*limit=200")
    expect(page.locator("#strip")).to_be_hidden(timeout=15_000)
    expect(page.locator("#light")).to_have_attribute("data-light", "green")


def test_a_letter_is_written_down_at_the_desk_and_an_admin_fulfils_an_erasure_after_seeing_what_goes(
    person: NewPerson, node: RunningNode
) -> None:
    desk = person(**DESK).sign_in("csr")
    desk.locator("#grid-rows [role=row]").filter(has_text="Kamala").first.click()
    desk.locator("#card [data-slot=request-new]").click()
    desk.click("#request-new-form [type=submit]")
    expect(desk.locator("#new-kind-problem")).to_have_text("Choose what the customer demands.")
    desk.select_option("#new-kind", "erasure")
    desk.fill("#new-text", "Forget me.")
    desk.select_option("#new-code", "letter")
    desk.fill("#new-reference", "IN-2026-7")
    desk.click("#request-new-form [type=submit]")
    request = desk.locator("#card .request")
    expect(request.locator("[data-slot=head]")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(request).to_contain_text("Forget me.")
    expect(request).to_contain_text("An admin fulfils this one")
    expect(request.locator("[data-action=fulfil]")).to_have_count(0)

    admin = queue(person, "admin")
    row(admin, "Kamala").click()
    admin.locator("#card [data-action=fulfil]").click()
    for words in ("name, address, number", "The log stays", "Nobody can bring it back."):
        expect(admin.locator("#request-consequence")).to_contain_text(words)
    admin.click("#request-submit")
    expect(request.locator(".status").first).to_have_text("Fulfilled")
    expect(desk.locator("#card h2")).to_have_text("Erased customer")
    expect(request).to_contain_text("The text was erased.")


def test_how_a_customer_wants_to_be_contacted_is_saved_at_once_taken_back_and_followed_at_the_desk(
    person: NewPerson, node: RunningNode
) -> None:
    phone, desk = person(**PHONE).sign_in("customer"), person(**DESK).sign_in("csr")
    live(desk)
    desk.locator("#grid-rows [role=row]").filter(has_text="Nimal").first.click()
    lines = desk.locator("#card [data-slot=contact-lines] li")
    expect(lines).to_have_text(["In English.", "At any time of day.", "Not paused."])
    phone.click("#pause-week")
    expect(lines.nth(2)).to_contain_text("Paused until")
    phone.fill("#contact-from", "21:00")
    expect(phone.locator("#contact-state")).to_contain_text("Choose both times")
    phone.fill("#contact-to", "08:00")
    expect(lines.nth(1)).to_have_text("Not between 21:00 and 08:00 (Asia/Colombo).")
    phone.click("#contact-undo")
    expect(lines.nth(1)).to_have_text("At any time of day.")
    expect(phone.locator("#contact-from")).to_have_value("")

    desk.locator("#card [data-slot=contact-change]").click()
    desk.select_option("#contact-language", "ta")
    desk.select_option("#contact-code", "phone-call")
    phone.click("#pause-end")
    expect(desk.locator("#contact-changed")).to_contain_text("Not paused.")
    present = f"/api/v1/customers/{CUSTOMER}/contact-preferences"

    def first(route: Route) -> None:
        assert node.client("service").put(present, json={"language": "si"}).is_success
        route.continue_()

    desk.route("**/contact-preferences", first, times=1)
    desk.click("#contact-form [type=submit]")
    expect(desk.locator("#contact-form [data-slot=problem]")).to_contain_text("nothing was saved")
    expect(desk.locator("#contact-changed")).to_contain_text("In Sinhala.")
    desk.click("#contact-form [type=submit]")
    expect(desk.locator("#contact")).to_be_hidden()
    expect(lines.first).to_have_text("In Tamil.")
    expect(phone.locator("#contact-language")).to_have_value("ta")
