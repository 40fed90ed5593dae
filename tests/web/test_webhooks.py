"""Webhooks on the admin page: added, tried, changed, sent on from elsewhere, and given up, in words."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from standardwebhooks import Webhook

from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.receiver import Receiver, receiver, status
from tests.support.waiting import wait_until
from tests.support.webhooks import LOOPBACK
from tests.web.conftest import NewPerson


@pytest.fixture
def node(start_node: StartNode) -> RunningNode:
    """One that may send to this machine."""
    return start_node(webhook_networks=LOOPBACK)


@pytest.fixture
def here() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def admin(person: NewPerson) -> Page:
    """The tab."""
    page = person(viewport={"width": 1280, "height": 900}).sign_in("admin")
    page.click("#tab-webhooks")
    expect(page.locator("#webhooks")).to_contain_text("There are no webhooks yet")
    return page


def row(page: Page, name: str = "crm") -> Locator:
    return page.locator("#webhooks tbody tr").filter(has=page.get_by_text(name, exact=True))


def press(page: Page, act: str, name: str = "crm") -> None:
    row(page, name).locator(f"[data-act={act}]").click()


def add(page: Page, url: str, name: str = "crm") -> str:
    """Its secret."""
    page.click("#webhooks-add")
    page.fill("#webhook-name", name)
    page.fill("#webhook-url", url)
    page.locator("#webhook [type=submit]").click()
    secret = page.locator("#webhook-secret-value")
    expect(secret).to_have_value(re.compile("^whsec_"))
    found = secret.input_value()
    page.locator("#webhook-secret [data-slot=cancel]").click()
    expect(secret).to_have_value("")
    return found


def test_one_is_added_shown_its_secret_once_tried_and_delivered(admin: Page, here: Receiver, database: Sql) -> None:
    admin.click("#webhooks-add")
    admin.locator("#webhook [type=submit]").click()
    expect(admin.locator("#webhook-name-problem")).to_contain_text("such as crm")
    expect(admin.locator("#webhook-url-problem")).to_contain_text("begins with https://")
    admin.fill("#webhook-name", "crm")
    admin.fill("#webhook-url", "http://10.0.0.1/")
    admin.locator("#webhook [type=submit]").click()
    expect(admin.locator("#webhook-url-problem")).to_contain_text("10.0.0.1")
    admin.locator("#webhook [data-slot=cancel]").click()
    secret = add(admin, here.url)
    expect(row(admin)).to_contain_text("Delivering")
    press(admin, "test")
    expect(admin.locator(".toast")).to_contain_text("crm took the test")
    database.set(database.consents()[0], "granted")
    wait_until(lambda: len(here.delivered) == 2)
    for one in here.delivered:
        Webhook(secret).verify(one.body, one.headers)
    here.answer = status(401)
    press(admin, "test")
    expect(admin.locator(".toast").filter(has_text="did not take")).to_contain_text("Answered 401")


def test_one_that_fails_says_so_in_words_and_goes_on_when_told(admin: Page, here: Receiver, database: Sql) -> None:
    here.answers = [status(503, retry_after="600"), status(410)]
    add(admin, here.url)
    for consent in database.consents()[:2]:
        database.set(consent, "granted")
    expect(row(admin)).to_contain_text("Failing", timeout=15_000)
    expect(row(admin)).to_contain_text("Answered 503")
    press(admin, "replay")
    expect(admin.locator("#webhook-replay")).to_contain_text("After event")
    admin.locator("#webhook-replay [type=submit]").click()
    expect(row(admin)).to_contain_text("Given up", timeout=15_000)
    expect(row(admin)).to_contain_text("Wants no more")
    expect(row(admin)).to_contain_text("Not any more")
    press(admin, "replay")
    admin.locator("#webhook-replay [value=event]").check()
    admin.locator("#webhook-replay [type=submit]").click()
    expect(admin.locator("#webhook-replay-after-problem")).to_contain_text("such as 42")
    admin.fill("#webhook-replay-after", "999-00000000")
    admin.locator("#webhook-replay [type=submit]").click()
    expect(admin.locator("#webhook-replay-after-problem")).to_contain_text("does not hold")
    admin.locator("#webhook-replay [value=start]").check()
    admin.locator("#webhook-replay [type=submit]").click()
    expect(row(admin)).to_contain_text("Delivering")
    wait_until(lambda: here.ids[-2:] == [database.event_id(seq) for seq in (1, 2)])


def test_it_is_changed_not_over_somebody_else_and_deleted(admin: Page, here: Receiver, node: RunningNode) -> None:
    old = add(admin, here.url)
    press(admin, "change")
    admin.locator("#webhook summary").click()
    admin.locator("#webhook [name=purposes][value=marketing]").check()
    with node.client("admin") as other:
        other.put("/api/v1/webhooks/crm", json={"url": here.url, "batch": 7})
    admin.locator("#webhook [type=submit]").click()
    expect(admin.locator("#webhook [data-slot=problem]")).to_contain_text("was “1”, is “7”")
    expect(admin.locator("#webhook-batch")).to_have_value("7")
    admin.locator("#webhook [type=submit]").click()
    expect(admin.locator("#webhook")).to_be_hidden()
    with node.client("admin") as other:
        (kept,) = other.get("/api/v1/webhooks").json()["webhooks"]
    assert (kept["batch"], kept["purposes"]) == (7, ["marketing"])
    press(admin, "rotate")
    admin.click("#confirm [type=submit]")
    expect(admin.locator("#webhook-secret-value")).to_have_value(re.compile("^whsec_"))
    assert admin.locator("#webhook-secret-value").input_value() != old
    admin.locator("#webhook-secret [data-slot=cancel]").click()
    press(admin, "remove")
    admin.click("#confirm [type=submit]")
    expect(admin.locator("#webhooks")).to_contain_text("There are no webhooks yet")
