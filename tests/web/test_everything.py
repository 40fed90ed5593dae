"""The consent centre: everything off at one tap, and back again."""

from playwright.sync_api import Route, expect

from tests.support.database import Sql
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_customer import customer, line, publish
from tests.web.test_several import grant_all, states

OFF = "Turn everything off"


def test_one_tap_turns_everything_off_and_undo_turns_on_what_was_on(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    database.run(
        "UPDATE consentfeed.consents SET status = 'revoked' WHERE (customer_id, purpose) = (%s, 'surveys')", CUSTOMER
    )
    page = customer(person)
    expect(page.get_by_role("switch", checked=True)).to_have_count(3)
    page.get_by_role("button", name=OFF).tap()
    expect(page.locator("#everything-state")).to_have_text("Everything is off.")
    assert set(states(database).values()) == {"revoked"}
    expect(page.get_by_role("button", name=OFF)).to_be_hidden()
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("switch", checked=True)).to_have_count(3)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert states(database) == {
        "marketing email": "granted", "marketing sms": "granted", "profiling push": "granted",
        "surveys voice": "revoked",
    }  # fmt: skip
    expect(page.get_by_role("button", name=OFF)).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()


def test_what_could_not_be_turned_off_is_said_and_tried_again_by_its_switch(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    page = customer(person)
    sms = database.value(
        "SELECT id::text FROM consentfeed.consents WHERE (customer_id, channel) = (%s, 'sms')", CUSTOMER
    )

    def refuse(route: Route) -> None:
        if sms in route.request.url:
            route.fulfill(status=500, json={"type": "/problems/internal", "title": "Wrong"})
        else:
            route.continue_()

    page.route("**/revoke", refuse)
    page.get_by_role("button", name=OFF).tap()
    expect(page.locator("#everything-state")).to_have_text("1 is still on: it says why.")
    expect(line(page).locator(".problem")).not_to_be_empty()
    page.unroute("**/revoke")
    page.get_by_role("switch", checked=True).tap()
    expect(page.locator("#everything-state")).to_have_text("Everything is off.")


def test_a_text_that_has_changed_since_is_not_agreed_to_by_undo(person: NewPerson, database: Sql) -> None:
    grant_all(database)
    publish(database, 2)
    page = customer(person)
    page.get_by_role("button", name=OFF).tap()
    expect(page.locator("#everything-state")).to_have_text("Everything is off.")
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator("#everything-state")).to_contain_text("2 stay off: their text has changed")
    expect(page.get_by_role("switch", checked=True)).to_have_count(2)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert {name for name, status in states(database).items() if status == "granted"} == {
        "profiling push", "surveys voice",
    }  # fmt: skip


def test_with_one_thing_on_there_is_no_button_for_everything(person: NewPerson, database: Sql) -> None:
    page = customer(person)
    expect(page.get_by_role("switch")).to_have_count(4)
    expect(page.get_by_role("button", name=OFF)).to_be_hidden()
    page.get_by_role("switch").first.tap()
    expect(page.get_by_role("switch", checked=True)).to_have_count(1)
    expect(page.get_by_role("button", name=OFF)).to_be_hidden()
    page.get_by_role("switch").nth(1).tap()
    expect(page.get_by_role("button", name=OFF)).to_be_visible()
