"""The pictures of the overview: what is drawn is what the numbers say, and the same numbers stand in tables."""

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.support.database import Sql
from tests.web.conftest import NewPerson
from tests.web.looks import sideways, violations

STATISTICS: dict[str, Any] = {
    "minutes": [
        {"at": "2026-11-22T10:00:00.000000Z", "streams": 40, "decisions": 120, "lag_seconds": 0.1},
        {"at": "2026-11-22T10:01:00.000000Z", "streams": 50, "decisions": 60, "lag_seconds": 0.2},
        {"at": "2026-11-22T10:04:00.000000Z", "streams": 45, "decisions": 0, "lag_seconds": 1.5},
    ],
    "days": [],
    "purposes": [{"purpose": "marketing", "granted": 30, "revoked": 10, "expired": 5, "pending": 55}],
    "counted_at": "2026-11-22T10:04:30.000000Z",
}


def overview(person: NewPerson, **options: object) -> Page:
    page = person(**{"viewport": {"width": 1280, "height": 900}, **options}).sign_in("admin")
    expect(page.locator("#pictures-days .chart")).to_have_count(3)
    return page


def numbers(page: Page, chart: str) -> list[list[str]]:
    """The rows of a chart's table."""
    box = page.locator(".chart").filter(has_text=chart).first
    cells = "[...one.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    rows: list[list[str]] = box.evaluate(f"(one) => {cells}")
    return rows


def test_the_last_hour_is_drawn_with_its_gaps_and_is_a_table_too(person: NewPerson) -> None:
    someone = person(viewport={"width": 1280, "height": 900})
    someone.context.route("**/api/v1/statistics", lambda route: route.fulfill(json=STATISTICS))
    page = someone.sign_in("admin")
    expect(page.locator("#pictures-hour .chart")).to_have_count(3)
    rows = numbers(page, "Open streams")
    assert len(rows) == 60
    assert [value for _, value in rows[-5:]] == ["40", "50", "–", "–", "45"]
    assert {value for _, value in rows[:-5]} == {"–"}
    lines = page.locator(".chart").filter(has_text="Open streams").locator("polyline")
    expect(lines).to_have_count(2)  # one before the gap, one after it
    before = lines.first.get_attribute("points") or ""
    heights = [float(point.split(",")[1]) for point in before.split()]
    assert heights[0] > heights[1], "more is higher up"
    expect(page.locator("#rates tr").first).to_contain_text(re.compile(r"Offers30\s%"))


def test_a_decision_goes_up_or_down_on_its_day(person: NewPerson, database: Sql) -> None:
    granted, revoked = database.consents()[:2]
    database.set(granted, "granted")
    database.set(revoked, "granted")
    database.set(revoked, "revoked")
    purposes = [
        database.run("SELECT purpose FROM consentfeed.consents WHERE id = %s", one)[0][0] for one in (granted, revoked)
    ]
    title = {"marketing": "Offers", "profiling": "Profiling", "surveys": "Surveys"}[purposes[1]]
    page = overview(person)
    rows = numbers(page, title)
    assert len(rows) == 14
    assert rows[-1][1:] == [str(purposes.count(purposes[1])), "1"]
    assert {tuple(row[1:]) for row in rows[:-1]} == {("0", "0")}
    box = page.locator("#pictures-days .chart").filter(has_text=title)
    assert float(box.locator(".up").last.get_attribute("height") or 0) > 0
    assert float(box.locator(".down").last.get_attribute("height") or 0) > 0
    assert float(box.locator(".up").first.get_attribute("height") or 0) == 0


def test_what_cannot_be_read_is_said_and_read_again(person: NewPerson) -> None:
    page = overview(person)
    page.route("**/api/v1/statistics", lambda route: route.fulfill(status=503, json={}))
    page.click("#tab-users")
    page.click("#tab-overview")
    expect(page.locator("#pictures-problem")).to_contain_text("Try again")
    expect(page.locator("#light")).to_have_attribute("data-light", "yellow")
    expect(page.locator("#pictures-days .chart")).to_have_count(3)  # what was shown stays
    page.unroute("**/api/v1/statistics")
    page.click("#tab-users")
    page.click("#tab-overview")
    expect(page.locator("#pictures-problem")).to_be_empty()


def test_what_was_opened_stays_open_when_the_numbers_come_anew(person: NewPerson) -> None:
    page = overview(person)
    table = page.locator("#pictures-hour details").nth(1)
    table.locator("summary").click()
    with page.expect_response("**/api/v1/statistics"):
        page.click("#tab-users")
        page.click("#tab-overview")
    expect(table.locator("table")).to_be_visible()
    expect(page.locator("#pictures-hour details").first.locator("table")).to_be_hidden()


def test_pictures_and_tables_are_accessible_and_fit(person: NewPerson, axe: str) -> None:
    page = overview(person, viewport={"width": 360, "height": 900})
    for one in page.locator("#pictures summary").all():
        one.click()
    assert violations(page, axe) == []
    assert sideways(page, 360, 1280) == []


def test_a_title_from_a_notice_is_text_and_nothing_else(person: NewPerson) -> None:
    someone = person(viewport={"width": 1280, "height": 900})

    def bad(route: Route) -> None:
        answer = route.fetch().json()
        for purpose in answer["purposes"]:
            purpose["texts"] = {"en": {"title": "<img src=x onerror=\"document.title='run'\">", "description": ""}}
        route.fulfill(json=answer)

    someone.context.route("**/api/v1/purposes", bad)
    page = someone.sign_in("admin")
    expect(page.locator("#pictures-days .chart").first).to_contain_text("<img src=x")
    assert "run" not in page.title()
