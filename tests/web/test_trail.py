"""The access trail on the admin page: names, presets, repeats as one line, and a file for a spreadsheet."""

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import CUSTOMER, NOBODY, STAFF
from tests.web.conftest import NewPerson

TRAIL = "**/api/v1/accesses?*"
ZONE = ZoneInfo("Asia/Colombo")  # where the browsers of the tests are


def line(number: int, at: str = "2026-11-24T10:15:30.123456Z", **changes: Any) -> dict[str, Any]:
    actor = {"id": STAFF["csr"], "role": "csr", "email": "csr@example.com", "name": "Ishara <b>Silva</b>"}
    plain = {"id": number, "at": at, "actor": actor, "action": "read-customer", "customers": [CUSTOMER]}
    return {**plain, "filters": {}, "rows": 1, **changes}


def trail(person: NewPerson, *answers: dict[str, Any]) -> tuple[Page, list[dict[str, list[str]]]]:
    """The tab; what is asked of the server is noted, and answered with these pages, the last one again and again."""
    someone = person(viewport={"width": 1280, "height": 900})
    asked: list[dict[str, list[str]]] = []

    def answer(route: Route) -> None:
        asked.append(parse_qs(urlsplit(route.request.url).query))
        route.fulfill(json={"next": None, "names": {}, **answers[min(len(asked), len(answers)) - 1]})

    if answers:
        someone.context.route(TRAIL, answer)
    page = someone.sign_in("admin")
    page.click("#tab-trail")
    expect(page.locator("#trail")).not_to_have_attribute("data-state", "loading")
    return page, asked


def test_who_looked_at_whom_is_told_by_name_and_leads_to_the_card(person: NewPerson) -> None:
    names = {CUSTOMER: "Nimal <i>Perera</i>", NOBODY: None}
    page, _ = trail(person, {"accesses": [line(1), line(2, customers=[NOBODY])], "names": names})
    rows = page.locator("#trail tbody tr")
    expect(rows.first).to_contain_text("Ishara <b>Silva</b>")
    link = rows.first.get_by_role("link", name="Nimal <i>Perera</i>")
    expect(link).to_have_attribute("href", f"/csr#customer/{CUSTOMER}")
    expect(link).to_have_attribute("title", CUSTOMER)
    expect(rows.last.get_by_role("link")).to_have_text(NOBODY)  # of whom nothing is known any more


def test_showing_a_name_is_a_look_at_the_customer_too(person: NewPerson, node: RunningNode, database: Sql) -> None:
    with node.client("csr") as csr:
        assert csr.get(f"/api/v1/customers/{CUSTOMER}").status_code == 200
    page, _ = trail(person)
    expect(page.locator("#trail tbody")).to_contain_text("Nimal Perera")
    noted = "SELECT customers::text[] FROM consentfeed.access_trail WHERE action = 'read-trail' ORDER BY id LIMIT 1"
    assert database.run(noted) == [([CUSTOMER],)]


def test_repeats_one_after_the_other_are_one_line_that_says_how_often_and_when(person: NewPerson) -> None:
    times = [f"2026-11-24T10:{minute}:00.000000Z" for minute in (30, 20, 10)]
    same = [line(9 - index, at) for index, at in enumerate(times)]
    other = line(3, action="read-history")
    page, _ = trail(person, {"accesses": [*same, other, line(2), line(1, rows=7)]})
    rows = page.locator("#trail tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first.locator("summary").first).to_have_text("3 times")
    rows.first.locator("summary").first.click()
    expect(rows.first.locator(".times span")).to_have_text(
        [f"24 November 2026 at {hour}" for hour in ("16:00", "15:50", "15:40")]
    )
    for row in rows.all()[1:]:
        expect(row.locator("[data-slot=again]")).to_be_hidden()


@pytest.mark.parametrize(
    ("preset", "since", "until"), [("Today", 0, None), ("Yesterday", 1, 0), ("Last 7 days", 6, None)]
)
def test_a_preset_asks_for_whole_days_of_the_readers_own(
    person: NewPerson, preset: str, since: int, until: int | None
) -> None:
    page, asked = trail(person, {"accesses": []})
    page.get_by_role("button", name=preset).click()
    expect(page.locator("#trail-since")).not_to_have_value("")
    expect(page.locator("#trail")).not_to_have_attribute("aria-busy", "true")

    def midnight(ago: int) -> str:
        today = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        return (today - timedelta(days=ago)).astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    assert asked[-1]["since"] == [midnight(since)]
    assert asked[-1].get("until") == (None if until is None else [midnight(until)])
    page.click("#trail-clear")
    expect(page.locator("#trail-since")).to_have_value("")


def test_all_that_the_filters_find_is_saved_for_a_spreadsheet(person: NewPerson, tmp_path: Path) -> None:
    formula = {"id": STAFF["csr"], "role": "csr", "email": None, "name": '=HYPERLINK("http://evil.example","x")'}
    first = {"accesses": [line(3, actor=formula), line(2, filters={"status": ["granted", "revoked"]})], "next": "more"}
    page, asked = trail(person, {"accesses": []}, {"accesses": []}, first, {"accesses": [line(1)]})
    page.select_option("#trail-action", "read-customer")
    expect(page.locator("#trail")).not_to_have_attribute("aria-busy", "true")
    with page.expect_download() as download:
        page.click("#trail-csv")
    download.value.save_as(tmp_path / "trail.csv")
    expect(page.locator("#trail-export")).to_have_text("Saved 3 lines")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "trail.csv").read_text(encoding="utf-8-sig"), newline="")))
    assert [row["at"] for row in rows] == [line(1)["at"]] * 3
    assert rows[0]["name"] == "'" + formula["name"]  # type: ignore[operator]
    assert rows[1]["filters"] == '{"status":["granted","revoked"]}'
    assert rows[2]["customers"] == CUSTOMER
    assert (asked[-2]["action"], asked[-2]["limit"]) == (["read-customer"], ["1000"])
    assert asked[-1]["cursor"] == ["more"]
    assert "names" not in asked[-1], "nobody is shown more than their ids"


def test_a_file_that_cannot_be_read_to_its_end_is_not_saved(person: NewPerson) -> None:
    page, _ = trail(person, {"accesses": [line(1)]})
    page.unroute_all()
    page.context.unroute_all()
    page.route(TRAIL, lambda route: route.fulfill(status=503, json={}))
    downloads: list[object] = []
    page.on("download", lambda download: downloads.append(download))
    page.click("#trail-csv")
    expect(page.locator("#trail-export")).to_contain_text("Try again")
    expect(page.locator("#trail-csv")).not_to_have_attribute("aria-disabled", "true")
    assert downloads == []
