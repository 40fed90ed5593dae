"""Text that somebody typed is shown as text, on every page and in every place."""

import re
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import CUSTOMER
from tests.web.conftest import NewPerson
from tests.web.test_walk import DESK, PHONE

BAD = "<img src=x onerror=\"document.title='run'\"></script><script>document.title='run'</script>"
ELSEWHERE = "</title>'\"><svg onload=alert(1)>{{7*7}}\u202e"


def test_markup_in_every_text_field_is_shown_and_not_run(person: NewPerson, node: RunningNode, database: Sql) -> None:
    database.run("UPDATE consentfeed.purposes SET title = %s, description = %s WHERE key = 'marketing'", BAD[:190], BAD)
    database.run(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " VALUES ('marketing', 2, 'en', %s, now())",
        BAD,
    )
    consents: list[dict[str, Any]] = []
    with node.client("service") as service, node.client("csr") as csr:
        assert service.put(f"/api/v1/customers/{CUSTOMER}", json={"name": BAD}).status_code == 200
        # The API takes no such address.
        email = 'a"><img@x.lk'
        database.run(
            "UPDATE consentfeed.customers SET email = %s, reference = %s WHERE id = %s", email, ELSEWHERE[:60], CUSTOMER
        )
        consents = csr.get("/api/v1/consents", params={"customer": CUSTOMER, "purpose": "marketing"}).json()["consents"]
        body = {"notice_version": 2, "reason": {"code": "phone-call", "text": BAD, "reference": ELSEWHERE}}
        for action in ("grant", "revoke", "grant"):
            for consent in consents:
                answer = csr.post(f"/api/v1/consents/{consent['id']}/{action}", json=body)
                assert answer.status_code == 200
    with node.client("customer", subject=CUSTOMER) as customer, node.client("csr") as csr, node.client("admin") as boss:
        asked = customer.post("/api/v1/rights-requests", json={"kind": "complaint", "text": BAD}).json()["request"]
        path = f"/api/v1/rights-requests/{asked['id']}"
        done: dict[str, tuple[httpx.Client, dict[str, Any]]] = {
            "ask": (csr, {"text": BAD}),
            "answer": (customer, {"text": BAD}),
            "extend": (csr, {"reason": {"code": "complex", "text": BAD, "reference": ELSEWHERE}}),
        }
        for action, (who, content) in done.items():
            assert who.post(f"{path}/{action}", json=content).status_code == 200
        assert boss.put("/api/v1/holidays/2027-04-14", json={"name": BAD[:190]}).status_code == 201
    desk, phone = person(**DESK).sign_in("csr"), person(**PHONE).sign_in("customer")
    row = desk.locator("#grid [role=row]").filter(has_text="<img").first
    row.click()
    expect(desk.locator("#card .timeline")).to_contain_text("<img src=x")
    expect(desk.locator("#card .timeline")).to_contain_text("{{7*7}}")
    desk.locator("#card .request-head").click()
    expect(desk.locator("#card .request-texts li")).to_have_count(4)
    expect(desk.locator("#card .request-texts li").last).to_contain_text("<img src=x")
    expect(desk.locator("#card .request-history")).to_contain_text("{{7*7}}")
    expect(phone.locator("#requests li li")).to_have_count(4)
    expect(phone.locator("#requests li li").last).to_contain_text("<img src=x")
    expect(phone.locator("#cards")).to_contain_text("<img src=x")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390, "no word makes the page wider than the phone"
    desk.keyboard.press("Escape")  # of an open card nothing else is told
    phone.get_by_role("switch").first.click()
    expect(desk.locator(".toast").first).to_be_visible()
    admin = person(**DESK).sign_in("admin")
    admin.goto(re.sub("#.*", "", admin.url) + "#purposes")
    expect(admin.locator("main")).to_contain_text("<img src=x")
    admin.click("#tab-holidays")
    expect(admin.locator("#holidays tbody")).to_contain_text("<img src=x")
    for page in (desk, phone, admin):
        assert "run" not in page.title()
        assert page.evaluate("document.querySelectorAll('img, svg[onload], body script').length") == 0
