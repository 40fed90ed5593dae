"""What the operator's other systems call a customer: unique, exact, and found by."""

from typing import Any
from uuid import uuid4

import pytest

from consentfeed.api.customers import KnownCustomer, ReferencedCustomer
from tests.support.rest import Rest, ok, problem


def put(rest: Rest, customer: str, **body: Any) -> Any:
    return rest.call("PUT", f"/customers/{customer}", "service", json={"name": "Somebody New", **body})


def by_reference(rest: Rest, reference: str, **body: Any) -> Any:
    return rest.call("PUT", f"/customers/by-reference/{reference}", "service", json={"name": "Somebody New", **body})


def test_a_reference_is_kept_shown_found_and_stays_until_it_is_taken_away(rest: Rest) -> None:
    customer, reference = str(uuid4()), f"ACC {uuid4().hex[:8]}"
    assert ok(put(rest, customer, reference=f"  {reference} "), KnownCustomer)["reference"] == reference
    assert ok(put(rest, customer, name="Other Name"))["reference"] == reference
    found = rest.get("/customers", params={"q": reference}).json()["customers"]
    assert [one["id"] for one in found] == [customer]
    assert rest.get("/customers", params={"q": reference[:-1]}).json()["customers"] == []
    listed = rest.get("/consents", params={"q": reference}).json()["consents"]
    assert {one["customer"]["reference"] for one in listed} == {reference}
    assert ok(put(rest, customer, reference=None))["reference"] is None


def test_a_change_of_it_is_told_without_it(rest: Rest) -> None:
    customer, reference = str(uuid4()), uuid4().hex
    ok(put(rest, customer))
    ok(put(rest, customer, reference=reference))
    (event,) = rest.json(f"/customers/{customer}/history")["events"]
    assert event["data"]["customer"]["changed"] == ["reference"]
    assert rest.sql("SELECT count(*) FROM consentfeed.events WHERE body LIKE %s", f"%{reference}%") == [(0,)]


def test_two_customers_do_not_have_the_same(rest: Rest) -> None:
    reference = uuid4().hex
    ok(put(rest, str(uuid4()), reference=reference))
    before = rest.written()
    problem(put(rest, str(uuid4()), reference=reference), "reference-taken")
    assert rest.written() == before


def test_who_knows_the_reference_alone_registers_and_updates_by_it(rest: Rest) -> None:
    reference = uuid4().hex
    first = by_reference(rest, reference, email="one@example.com")
    assert first.status_code == 201
    customer = ok(first, ReferencedCustomer)["customer"]
    assert customer["reference"] == reference
    second = by_reference(rest, reference, name="Other Name")
    assert second.status_code == 200
    assert ok(second)["customer"] | {"name": None, "version": 0} == customer | {
        "name": None, "version": 0, "email": None, "email_changed_at": ok(second)["customer"]["email_changed_at"],
    }  # fmt: skip
    pending = rest.get("/consents", params={"customer": customer["id"]}).json()["consents"]
    assert {one["status"] for one in pending} == {"pending"}


def test_many_at_once_make_one_customer(rest: Rest) -> None:
    reference = uuid4().hex
    answers = rest.at_once(10, lambda: by_reference(rest, reference))
    assert len({ok(answer)["customer"]["id"] for answer in answers}) == 1
    assert [answer.status_code for answer in answers].count(201) == 1


@pytest.mark.parametrize("reference", ["", "  ", "x" * 65, "a\tb", "a\u202eb", 7])
def test_what_is_no_reference_is_refused(rest: Rest, reference: Any) -> None:
    before = rest.written()
    problem(put(rest, str(uuid4()), reference=reference), "invalid")
    assert rest.written() == before


def test_two_references_in_one_request_are_refused(rest: Rest) -> None:
    body = {"name": "Somebody New", "reference": "A-2"}
    problem(rest.call("PUT", "/customers/by-reference/A-1", "service", json=body), "invalid")
    problem(by_reference(rest, "x" * 65), "invalid")
