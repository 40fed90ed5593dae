"""The page /docs/api shows both descriptions, with nothing from elsewhere."""

from playwright.sync_api import expect

from consentfeed.log.kinds import KINDS
from tests.support.node import RunningNode
from tests.web.conftest import NewPerson
from tests.web.looks import violations_in_both_themes


def test_every_route_and_event_can_be_found_and_read(person: NewPerson, node: RunningNode, axe: str) -> None:
    someone, addresses = person(viewport={"width": 1280, "height": 900}), set()
    someone.context.on("request", lambda request: addresses.add(request.url.split("/", 3)[2]))
    page = someone.tab("/docs/api")
    routes = page.context.request.get(f"{node.url}/openapi.json").json()["paths"]
    events = 2 * len(KINDS) + 4  # by streams and webhooks, and heartbeat, reset, goodbye, batch
    expect(page.locator(".item")).to_have_count(sum(len(one) for one in routes.values()) + events)
    page.fill("#find", "post /api/v1/checks")
    expect(page.locator(".item:visible")).to_have_count(1)
    page.locator(".item:visible summary").click()
    for text in (
        "For csr, admin, service.",
        "checks",
        "array of Check, 1 to 1000 entries",
        "CheckAnswer",
        "Your role may not",
    ):
        expect(page.locator(".item:visible")).to_contain_text(text)
    page.fill("#find", "event reset")
    page.locator(".item:visible summary").click()
    expect(page.locator(".item:visible")).to_contain_text("forked | pruned | unknown")
    page.fill("#find", "nothing of this")
    expect(page.locator("#state")).to_have_text("Nothing fits.")
    page.fill("#find", "webhook")
    assert violations_in_both_themes(page, axe) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert addresses == {node.url.split("/")[2]}
