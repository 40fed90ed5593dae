"""The draft of a notice: a title, a description and a text per language, for a new version or for the one in force."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.node import RunningNode
from tests.web.conftest import NewPerson
from tests.web.test_admin import confirm

TITLE, DESCRIPTION = "சலுகைகள்", "எங்கள் சலுகைகள்."


@pytest.fixture
def drafts(person: NewPerson) -> Page:
    """The offers' draft, as an admin sees it."""
    page = person(viewport={"width": 1280, "height": 900}).sign_in("admin")
    page.goto(re.sub("#.*", "", page.url) + "#purposes/marketing")
    expect(page.locator(".in-force").first).to_contain_text("What you agree to: Offers en")
    return page


def offers(node: RunningNode) -> dict[str, Any]:
    """As everybody is told of them."""
    with node.client("csr") as client:
        return next(one for one in client.get("/api/v1/purposes").json()["purposes"] if one["key"] == "marketing")


def test_a_draft_has_a_title_and_a_description_and_publishing_names_each_language_that_it_lacks(
    drafts: Page, node: RunningNode
) -> None:
    expect(drafts.locator(".in-force").first).to_contain_text("Offers")
    assert drafts.locator("#draft-en").evaluate("(node) => node.clientHeight") > 100, "room for a text"
    drafts.fill("#draft-en-title", "News")
    drafts.fill("#draft-en-description", "What is new.")
    drafts.fill("#draft-en", "Second text")
    drafts.click("#draft [type=submit]")
    expect(drafts.locator("#draft-title")).to_have_text("Draft of version 2")
    drafts.reload()
    expect(drafts.locator("#draft-en-title")).to_have_value("News")
    expect(drafts.locator("#draft-en-description")).to_have_value("What is new.")
    drafts.fill("#draft-en-description", "")  # what was given may be taken away
    drafts.click("#draft-publish")
    expect(drafts.locator("#confirm .mark")).to_have_text(
        [f"{name} is missing. Whoever reads it is shown the text in English." for name in ("Sinhala", "Tamil")]
    )
    confirm(drafts)
    expect(drafts.locator("#versions details").first).to_contain_text("In force")
    drafts.locator("#versions summary").first.click()
    expect(drafts.locator("#versions details").first.locator("[data-slot=title]")).to_have_text("News")
    assert offers(node)["texts"] == {"en": {"title": "News", "description": ""}}


def test_a_language_that_the_version_in_force_lacks_is_added_to_it(drafts: Page, node: RunningNode) -> None:
    drafts.fill("#draft-ta", "of version two")
    expect(drafts.locator("#draft-add")).to_have_text("Add to version 1: Tamil")
    drafts.click("#draft-add")
    expect(drafts.locator("#draft textarea.draft-text")).to_have_count(1)
    expect(drafts.locator("#draft-ta-title")).to_be_focused()
    expect(drafts.locator("#draft-ta")).to_have_value("")  # what is typed for the next version waits there
    for field, words in (("#draft-ta-title", TITLE), ("#draft-ta-description", DESCRIPTION), ("#draft-ta", "உரை")):
        drafts.fill(field, words)
    drafts.click("#draft [type=submit]")
    expect(drafts.locator(".toast")).to_contain_text("Saved the draft of version 1")
    expect(drafts.locator("#draft-unsaved")).to_be_empty()
    expect(drafts.locator("#versions summary")).not_to_contain_text("Tamil")
    assert "ta" not in offers(node)["texts"]
    drafts.click("#draft-publish")
    asked = drafts.locator("#confirm")
    expect(asked).to_contain_text("Add to version 1 of “Offers”?")
    expect(asked).to_contain_text("stays in force")
    expect(asked.locator(".mark")).to_have_count(0)  # nothing is missing any more
    confirm(drafts)
    expect(drafts.locator("#versions summary")).to_contain_text("Tamil")
    expect(drafts.locator("#draft-add")).to_be_hidden()
    assert offers(node)["texts"]["ta"] == {"title": TITLE, "description": DESCRIPTION}
    assert offers(node)["notice_version"] == 1
    expect(drafts.locator("#draft-title")).to_have_text("Write version 2")
    expect(drafts.locator("#draft-ta")).to_have_value("of version two")


def test_a_title_that_was_saved_cannot_be_emptied_and_a_title_alone_is_no_notice(drafts: Page) -> None:
    drafts.fill("#draft-ta-title", TITLE)
    drafts.click("#draft [type=submit]")
    expect(drafts.locator("#draft-ta-problem")).to_contain_text("Write one.")
    expect(drafts.locator("#draft-ta")).to_be_focused()
    drafts.fill("#draft-ta", "உரை")
    drafts.click("#draft [type=submit]")
    expect(drafts.locator("#draft-title")).to_have_text("Draft of version 2")
    drafts.fill("#draft-ta-title", "")
    drafts.click("#draft [type=submit]")
    expect(drafts.locator("#draft-ta-problem")).to_have_text("Enter a title.")
    expect(drafts.locator("#draft-ta-title")).to_be_focused()
    expect(drafts.locator("#draft-ta")).to_have_value("உரை")


def test_starting_from_the_text_in_force_brings_its_title_too(drafts: Page) -> None:
    drafts.click("#draft-copy")
    expect(drafts.locator("#draft-si")).to_have_value("What you agree to: Offers si")
    expect(drafts.locator("#draft-si-title")).to_have_value("Offers")
    expect(drafts.locator("#draft-unsaved")).to_have_text("Not saved yet")
