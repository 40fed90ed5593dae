"""All that happened to a customer, newest first."""

from typing import Any

import pytest

from consentfeed.api.customer_history import HistoryPage
from tests.support.rest import ROLES, Rest, ok, problem


def _pages(rest: Rest, customer: str, role: str, limit: int) -> list[list[dict[str, Any]]]:
    pages, query = [], {"limit": str(limit)}
    while True:
        path = f"/customers/{customer}/history"
        answer = rest.call("GET", path, role, customer if role == "customer" else None, params=query)
        page = ok(answer, HistoryPage)
        pages.append(page["events"])
        if page["next"] is None:
            return pages
        query["cursor"] = page["next"]


def _eventful(rest: Rest) -> str:
    """A customer with four changes of consents and one of the name."""
    customer = rest.customer()
    consents = [row["id"] for row in rest.json("/consents", params={"customer": customer})["consents"]]
    for action in ("grant", "revoke"):
        for consent in consents[:2]:
            ok(rest.decide(action, consent, json={"reason": {"code": "call", "text": f"said {action}"}}))
    rest.sql("UPDATE consentfeed.customers SET name = 'Other Name' WHERE id = %s", customer)
    return customer


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_pages_hold_every_event_of_the_customer_once_newest_first(rest: Rest, role: str, limit: int) -> None:
    customer = _eventful(rest)
    rest.decide("grant", rest.consent())  # somebody else's
    pages = _pages(rest, customer, role, limit)
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    events = [event for page in pages for event in page]
    subject = customer if role == "customer" else None
    query = {"after": "0-00000000", "kind": "all", "customer": customer}
    feed = ok(rest.call("GET", "/events", role, subject, params=query))["events"]
    assert events == feed[::-1]
    assert [event["event"] for event in events] == ["customer-updated"] + ["consent-updated"] * 4
    assert events[1]["data"]["reason"]["text"] == "said revoke"


def test_a_customer_to_whom_nothing_happened_has_an_empty_history(rest: Rest) -> None:
    assert ok(rest.get(f"/customers/{rest.customer()}/history"), HistoryPage) == {"events": [], "next": None}


def test_nobody_is_told_of_a_customer_that_there_is_not_and_no_customer_of_another(rest: Rest) -> None:
    customer, other = _eventful(rest), rest.customer()
    missing = "a0000000-0000-4000-8000-00000000dead"
    problem(rest.get(f"/customers/{missing}/history"), "not-found")
    problem(rest.get("/customers/nobody/history"), "not-found")
    foreign = rest.call("GET", f"/customers/{customer}/history", "customer", other)
    unknown = rest.call("GET", f"/customers/{missing}/history", "customer", other)
    assert problem(foreign, "not-found") == problem(unknown, "not-found")


@pytest.mark.parametrize("query", ["cursor=", "cursor=x", "cursor=1-zz", "limit=0", "limit=1001", "after=0-00000000"])
def test_what_is_no_page_is_refused(rest: Rest, query: str) -> None:
    problem(rest.get(f"/customers/{rest.customer()}/history?{query}"), "invalid")
