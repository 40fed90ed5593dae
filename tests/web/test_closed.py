"""A purpose that is not offered any more: nothing is granted, everybody is told, and what is on can be turned off."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.database import Sql
from tests.web.conftest import NewPerson
from tests.web.test_act import act_on, answer, card_of, consent, press
from tests.web.test_customer import customer, line, switch

CLOSED = re.compile("We do not offer this any more")


def close(database: Sql) -> None:
    """The offers."""
    database.run("UPDATE consentfeed.purposes SET offered = false WHERE key = 'marketing'")


def status(database: Sql, channel: str) -> str:
    """What the customer's consent to offers is."""
    return str(
        database.value("SELECT status FROM consentfeed.consents WHERE id = %s", consent(database, channel=channel))
    )


@pytest.mark.parametrize("keyboard", [False, True])
def test_what_is_on_can_be_turned_off_and_nothing_else(person: NewPerson, database: Sql, keyboard: bool) -> None:
    database.set(consent(database), "granted")
    close(database)
    page = customer(person)
    expect(page.locator("#cards section").first).to_contain_text(CLOSED)
    expect(page.locator("#cards section").nth(1)).not_to_contain_text(CLOSED)
    turn(page, "E-mail", keyboard)
    expect(line(page, "E-mail").locator("[role=alert]")).to_have_text(CLOSED)
    expect(switch(page, channel="E-mail")).to_have_attribute("aria-disabled", "true")
    expect(switch(page)).to_have_attribute("aria-disabled", "false")
    turn(page, "SMS", keyboard)
    expect(line(page)).to_contain_text("Off since")
    expect(switch(page)).to_have_attribute("aria-disabled", "true")
    expect(switch(page)).to_be_focused()
    turn(page, "SMS", keyboard)
    expect(line(page).locator("[role=alert]")).to_have_text(CLOSED)
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    assert (status(database, "sms"), status(database, "email")) == ("revoked", "pending")


def turn(page: Page, channel: str, keyboard: bool) -> None:
    """The customer's switch of the offers."""
    if keyboard:
        switch(page, channel=channel).press(" ")
    else:
        switch(page, channel=channel).click(force=True)  # it looks disabled


def test_who_looks_at_it_while_it_is_closed_is_told_when_it_is_turned_on(person: NewPerson, database: Sql) -> None:
    page = customer(person)
    expect(page.locator("#cards")).not_to_contain_text(CLOSED)
    close(database)
    switch(page).tap()
    expect(line(page).locator(".problem")).to_have_text(CLOSED)
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    expect(page.locator("#cards .closed").first).to_have_text(CLOSED)
    expect(switch(page, channel="E-mail")).to_have_attribute("aria-disabled", "true")
    assert status(database, "sms") == "pending"


def test_a_csr_grants_nothing_of_it_and_revokes(person: NewPerson, database: Sql) -> None:
    database.set(consent(database, channel="email"), "granted")
    page = card_of(person)
    form = act_on(page)
    expect(form.locator("#act-text")).to_contain_text("What you agree to")
    close(database)
    answer(form)
    press(form)
    expect(form.locator("#act-problem")).to_contain_text("closed")
    expect(form.locator("#act-text")).to_contain_text("closed")
    expect(form.locator("#act-submit")).to_have_attribute("aria-disabled", "true")
    press(form)
    expect(form.locator("#act-problem")).to_contain_text("closed")
    page.keyboard.press("Escape")
    form = act_on(page, "revoke", channel="E-mail")
    answer(form)
    press(form)
    expect(form).to_be_hidden()
    assert (status(database, "sms"), status(database, "email")) == ("pending", "revoked")
