"""Deadlines and holidays over REST: admins change them, open requests follow, and nobody overwrites another."""

from collections.abc import Iterator
from typing import Any

import pytest

from consentfeed.api.rights_shapes import Deadline, Deadlines, Holidays, SavedHoliday
from tests.api.test_rights_requests import PATH, act, asked
from tests.support.rest import Rest, ok, problem
from tests.support.tail import Tail

RULE = {"amount": 10, "unit": "working-days", "extension_amount": 5, "extension_unit": "working-days"}


@pytest.fixture(autouse=True)
def _as_shipped(rest: Rest) -> Iterator[None]:
    yield
    rest.sql("DELETE FROM consentfeed.holidays")
    rest.sql(
        "UPDATE consentfeed.deadlines SET amount = 1, unit = 'months', extension_amount = 2, extension_unit = 'months'"
    )


def test_a_rule_counts_for_what_is_received_from_then_on(rest: Rest) -> None:
    shipped = ok(rest.get("/deadlines", "admin"), Deadlines)
    assert (len(shipped["deadlines"]), shipped["time_zone"], shipped["weekend"]) == (7, "Asia/Colombo", [6, 7])
    assert {(one["amount"], one["unit"]) for one in shipped["deadlines"]} == {(1, "months")}
    before = asked(rest)
    answer = rest.call("PUT", "/deadlines/access", "admin", json=RULE, headers={"If-Match": '"1"'})
    assert ok(answer, Deadline)["amount"] == 10
    assert answer.headers["etag"] == '"2"'
    problem(rest.call("PUT", "/deadlines/access", "admin", json=RULE, headers={"If-Match": '"1"'}), "stale")
    problem(rest.call("PUT", "/deadlines/none", "admin", json=RULE), "not-found")
    for wrong in ({"amount": 0}, {"unit": "weeks"}, {"extension_amount": 367}):
        problem(rest.call("PUT", "/deadlines/access", "admin", json={**RULE, **wrong}), "invalid")
    after = asked(rest)
    assert (before["due_because"]["rule"]["unit"], after["due_because"]["rule"]["unit"]) == ("months", "working-days")
    extended = ok(act(rest, after["id"], "extend"))["request"]["due_because"]["steps"]
    assert [(one["step"], one["amount"]) for one in extended] == [("counted", 10), ("extended", 5)]


def moves(tail: Tail, request: str) -> list[Any]:
    """What moved a request's deadline."""
    told = [event.data for event in tail.events]
    return [one for one in told if (one["request"]["id"], one["request"]["action"]) == (request, "move")]


def test_a_holiday_moves_what_is_open_on_every_screen(rest: Rest) -> None:
    request = asked(rest)
    day = request["due_because"]["last_day"]
    tail: Tail = rest.node.tail("csr", query="?kind=rights-request-updated")
    answer = rest.call("PUT", f"/holidays/{day}", "admin", json={"name": "A new one"})
    assert answer.status_code == 201
    assert ok(answer, SavedHoliday)["moved"] >= 1
    tail.wait(lambda t: moves(t, request["id"]) != [])
    (moved,) = moves(tail, request["id"])
    assert (moved["reason"]["code"], moved["reason"]["reference"]) == ("holiday-added", day)
    assert "A new one" in moved["request"]["due_because"]["sentence"]
    assert rest.json(f"{PATH}/{request['id']}")["due_at"] == moved["request"]["due_at"] > request["due_at"]
    # Renamed, it moves nothing.
    assert ok(rest.call("PUT", f"/holidays/{day}", "admin", json={"name": "An old one"}))["moved"] == 0
    assert ok(rest.get("/holidays", "admin"), Holidays)["holidays"] == [{"day": day, "name": "An old one"}]
    assert rest.call("DELETE", f"/holidays/{day}", "admin").status_code == 204
    assert rest.json(f"{PATH}/{request['id']}")["due_at"] == request["due_at"]
    problem(rest.call("DELETE", f"/holidays/{day}", "admin"), "not-found")
    for wrong in ("2027-02-30", "tomorrow", "2027-1-1"):
        problem(rest.call("PUT", f"/holidays/{wrong}", "admin", json={"name": "x"}), "invalid")
    for name in ("", "x" * 201, "two\nlines"):
        problem(rest.call("PUT", "/holidays/2027-01-01", "admin", json={"name": name}), "invalid")
    for path in ("/deadlines", "/holidays"):
        for role in ("customer", "csr", "service"):
            problem(rest.get(path, role), "forbidden")


def test_the_queue_is_sorted_filtered_and_counted(rest: Rest) -> None:
    rest.sql("UPDATE consentfeed.rights_requests SET status = 'cancelled' WHERE closed_at IS NULL")
    customer = rest.customer()
    days = {40: "overdue", 29: "soon", 1: "later"}
    received = "INSERT INTO consentfeed.rights_requests (customer_id, kind, received_at)"
    rest.sql("UPDATE consentfeed.deadlines SET amount = 30, unit = 'calendar-days' WHERE kind = 'complaint'")
    rest.sql("UPDATE consentfeed.calendar SET weekend = '{}'")
    for age in days:
        rest.sql(f"{received} VALUES (%s, 'complaint', now() - make_interval(days => %s))", customer, age)
    page = rest.json(f"{PATH}?limit=2&status=received")
    assert page["counts"] == {"open": 3, "overdue": 1, "due_soon": 1, "mine": 0, "unassigned": 3}
    rest_of_it = rest.json(f"{PATH}?limit=2&status=received&cursor={page['next']}")
    assert rest_of_it["next"] is None
    ids = [one["id"] for one in (*page["requests"], *rest_of_it["requests"])]
    assert len(set(ids)) == 3
    overdue, soon, later = ids
    ok(act(rest, soon, "assign"))
    assert [one["id"] for one in rest.json(f"{PATH}?overdue=true")["requests"]] == [overdue]
    assert [one["id"] for one in rest.json(f"{PATH}?assigned_to=me&status=received")["requests"]] == [soon]
    assert [one["id"] for one in rest.json(f"{PATH}?assigned_to=nobody&status=received")["requests"]] == [
        overdue,
        later,
    ]
    assert list(rest.json(f"{PATH}?assigned_to=me&status=received")["accounts"].values()) == ["csr@example.com"]
    mine = rest.json(f"{PATH}?customer_id={customer}&kind=complaint&assigned_to=nobody&assigned_to=me")["requests"]
    assert [one["id"] for one in mine] == ids
    assert mine[0]["customer"]["id"] == customer
    problem(act(rest, overdue, "extend"), "not-extendable")
    # Asked after its last day, it stays overdue; asked before, the clock stands.
    ok(act(rest, overdue, "ask"))
    ok(act(rest, soon, "ask"))
    counts = rest.json(f"{PATH}?limit=1")["counts"]
    assert counts == {"open": 3, "overdue": 1, "due_soon": 0, "mine": 1, "unassigned": 2}
    rest.sql("UPDATE consentfeed.calendar SET weekend = '{6,7}'")
