"""The README's pictures, taken from a running demo: python -m tests.web.pictures [http://127.0.0.1:3001]

A customer turns a switch on a phone, and the picture of the dashboard is taken when it shows there.
"""

import os
import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.browser import ARGUMENTS, find

PICTURES = Path(__file__).parent.parent.parent / "docs" / "pictures"


def signed_in(browser: Browser, url: str, role: str, width: int, height: int) -> Page:
    page = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB").new_page()
    page.goto(url)
    page.fill("#email", f"{role}@sltmobitel.lk")
    page.fill("#password", "consentfeed")
    page.click("#submit")
    page.wait_for_url(f"**/{role}")
    return page


def take(browser: Browser, url: str) -> None:
    desk = signed_in(browser, url, "csr", 1280, 720)
    expect(desk.locator("#light")).to_have_attribute("data-phase", "live")
    desk.fill("#search", "nethmi")
    expect(desk.locator("#found-rows [role=row]").first).to_contain_text("Nethmi")
    desk.fill("#search", "")
    phone = signed_in(browser, url, "customer", 390, 780)
    switch = phone.get_by_role("switch", name=re.compile("SMS")).first
    before = switch.get_attribute("aria-checked")
    switch.click()
    expect(switch).not_to_have_attribute("aria-checked", before or "")
    expect(desk.locator(".toast")).to_be_visible()
    desk.screenshot(path=PICTURES / "csr.png", animations="disabled")
    phone.screenshot(path=PICTURES / "customer.png", animations="disabled")
    desk.fill("#search", "nethmi senaratne")
    desk.press("#search", "Enter")
    expect(desk.locator("#card .timeline li").first).to_be_visible()
    desk.screenshot(path=PICTURES / "csr-card.png", animations="disabled")
    desk.locator(".toast .icon-button").click()
    desk.press("#search", "Escape")
    desk.fill("#search", "")
    desk.click("#view-requests")
    expect(desk.locator("#queue-rows [role=row]").nth(3)).to_be_visible()
    desk.locator("#queue-rows [role=row]").first.click()
    expect(desk.locator("#card .request .entry").first).to_be_visible()
    desk.screenshot(path=PICTURES / "queue.png", animations="disabled")
    admin = signed_in(browser, url, "admin", 1280, 1000)
    expect(admin.locator("#light")).to_have_attribute("data-phase", "live")
    expect(admin.locator("#nodes tbody tr")).to_contain_text("Well")
    expect(admin.locator("#panel-overview svg").nth(5)).to_be_visible()
    admin.screenshot(path=PICTURES / "admin.png", animations="disabled")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:3001"
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=[*ARGUMENTS, *sandbox])
        take(browser, url)
        browser.close()


if __name__ == "__main__":
    main()
