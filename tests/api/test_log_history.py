"""The whole log, newest first, page by page."""

from typing import Any

import pytest

from consentfeed.api.customer_history import HistoryPage
from tests.support.rest import Rest, ok, problem


@pytest.mark.parametrize("role", ["csr", "admin", "service"])
@pytest.mark.parametrize("limit", [2, 1000])
def test_pages_hold_every_event_once_newest_first(rest: Rest, role: str, limit: int) -> None:
    for action in ("grant", "revoke", "grant"):
        rest.decide(action, rest.consent())
    events: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": limit}
    while query.get("cursor", "") is not None:
        page = ok(rest.call("GET", "/history", role, params=query), HistoryPage)
        assert len(page["events"]) <= limit
        events += page["events"]
        query["cursor"] = page["next"]
    feed = ok(rest.get("/events", params={"after": "0-00000000", "kind": "all", "limit": 1000}))["events"]
    assert events == feed[::-1]


def test_who_was_shown_is_in_the_trail(rest: Rest) -> None:
    consent = rest.consent()
    rest.decide("grant", consent)
    ok(rest.get("/history", params={"limit": 1}))
    ((action, shown),) = rest.sql(
        "SELECT action, customers FROM consentfeed.access_trail ORDER BY at DESC, id DESC LIMIT 1"
    )
    ((customer,),) = rest.sql("SELECT customer_id FROM consentfeed.consents WHERE id = %s", consent)
    assert (action, shown) == ("read-history", [customer])


@pytest.mark.parametrize("query", ["cursor=", "cursor=x", "cursor=1-zz", "limit=0", "limit=1001", "after=0-00000000"])
def test_what_is_no_page_is_refused(rest: Rest, query: str) -> None:
    problem(rest.get(f"/history?{query}"), "invalid")


def test_a_customer_may_not_read_it(rest: Rest) -> None:
    problem(rest.call("GET", "/history", "customer", rest.customer()), "forbidden")
