"""Imports on the admin page: who brought what in, what became of it, and which rows were not recorded."""

import re

from playwright.sync_api import expect

from tests.support.node import RunningNode
from tests.web.conftest import NewPerson

ROWS = [
    {"customer": {"reference": f"W-{nth}", "name": "<b>Brought</b>"}, "purpose": "marketing", "channel": "sms",
     "status": status, "decided_at": "2022-03-01T09:00:00Z"}
    for nth, status in enumerate(["granted", "granted", "", "maybe"])
]  # fmt: skip


def test_imports_are_listed_with_counts_and_a_report_that_stays_in_the_address(
    person: NewPerson, node: RunningNode
) -> None:
    page = person(viewport={"width": 1280, "height": 900}).sign_in("admin")
    page.click("#tab-imports")
    expect(page.locator("#imports")).to_contain_text("Nothing was imported yet")
    with node.client("service") as service:
        older = ROWS[0] | {"decided_at": "2021-03-01T09:00:00Z", "purpose": "nothing"}
        answer = service.post("/api/v1/imports/rows", json={"source": "crm-2026", "rows": [*ROWS, older]})
        assert answer.is_success, answer.text
    page.reload()
    row = page.locator("#imports tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("crm-2026")
    for name, count in {
        "recorded": 2,
        "unchanged": 0,
        "superseded": 0,
        "skipped": 1,
        "erased": 0,
        "refused": 2,
    }.items():
        expect(row.locator(f"[data-slot={name}]")).to_have_text(str(count))
    expect(page.locator("#import-report")).to_be_hidden()
    row.get_by_role("link", name="Report of crm-2026").click()
    lines = page.locator("#import-lines tbody tr")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("It cannot be understood")
    expect(lines.nth(0).locator("[data-slot=row]")).to_have_text("4")
    expect(lines.nth(1).locator("[data-slot=member]")).to_have_text("purpose")
    expect(page).to_have_url(re.compile("#imports/[0-9a-f-]{36}$"))
    page.reload()
    expect(lines).to_have_count(2)
    page.click("#import-report-close")
    expect(page.locator("#import-report")).to_be_hidden()
    page.go_back()
    expect(lines).to_have_count(2)
