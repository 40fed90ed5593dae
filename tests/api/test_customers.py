"""Customers, and what they can consent to."""

import hashlib
from typing import Any
from uuid import uuid4

import pytest

from consentfeed.api.customers import CustomerPage, KnownCustomer
from consentfeed.api.notices import Notice
from consentfeed.api.purposes import Purposes
from consentfeed.api.shapes import ConsentPage
from consentfeed.http.paging import write_cursor
from tests.support.rest import ROLES, Rest, ok, problem
from tests.support.seed import CUSTOMER, OTHER

PERSON = {"name": "Sunil Silva", "email": None, "msisdn": None}


def known(customer: Any) -> Any:
    """What a registration says of a customer, without what follows from it."""
    return {name: customer[name] for name in ("id", *PERSON)}


def put(rest: Rest, customer: str, body: Any, role: str = "service") -> Any:
    return rest.call("PUT", f"/customers/{customer}", role, json=body)


# Registering


@pytest.mark.parametrize("role", ["service", "admin"])
def test_a_new_customer_is_201_and_an_update_200(rest: Rest, role: str) -> None:
    customer = str(uuid4())
    for status, changes in ((201, {}), (200, {}), (200, {"name": "Sunil de Silva", "email": None})):
        answer = put(rest, customer, PERSON | changes, role)
        assert answer.status_code == status
        assert known(ok(answer, KnownCustomer)) == {"id": customer, **PERSON, **changes}
        assert ok(rest.get(f"/customers/{customer}"), KnownCustomer) == answer.json()


def test_a_new_customer_has_pending_consents_for_all_offered_purposes(rest: Rest) -> None:
    withdrawn, customer = rest.purpose(), str(uuid4())
    rest.sql("UPDATE consentfeed.purposes SET offered = false WHERE key = %s", withdrawn)
    ok(put(rest, customer, PERSON))
    page = ok(rest.get("/consents", params={"customer": customer, "limit": 1000}), ConsentPage)
    offered = rest.sql("SELECT key, unnest(channels) FROM consentfeed.purposes WHERE offered")
    assert {(one["purpose"], one["channel"]) for one in page["consents"]} == set(offered)
    for one in page["consents"]:
        assert (one["status"], one["version"], one["notice"]) == ("pending", 0, None)
        assert rest.history(one["id"]) == []


def test_registering_again_keeps_the_answers_and_adds_what_is_offered_since(rest: Rest) -> None:
    customer = str(uuid4())
    ok(put(rest, customer, PERSON))
    before = rest.json("/consents", params={"customer": customer})["consents"]
    granted = ok(rest.decide("grant", before[0]["id"]))["consent"]
    purpose = rest.purpose()
    ok(put(rest, customer, PERSON))
    after = {one["id"]: one for one in rest.json("/consents", params={"customer": customer})["consents"]}
    assert after[granted["id"]]["version"] == granted["version"] == 1
    for one in before:
        del after[one["id"]]
    assert [one["purpose"] for one in after.values()] == [purpose]


def test_registering_makes_no_event(rest: Rest) -> None:
    head = rest.database.head()
    ok(put(rest, str(uuid4()), PERSON))
    assert rest.database.head() == head


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0761234567", "+94761234567"),
        ("076 123 4567", "+94761234567"),
        ("+94 76-123-4567", "+94761234567"),
        ("0094 76 123 4567", "+94761234567"),
        ("94761234567", "+94761234567"),
        ("+94 (0)76 123 4567", "+94761234567"),
        ("011 234 5678", "+94112345678"),
        ("+1 650 253 0000", "+16502530000"),
        ("tel:+94761234567", "+94761234567"),
        ("Mobile (work): 076 123 4567", "+94761234567"),
        ('"0761234567"', "+94761234567"),
        ("\u202d076 123 4567\u202c", "+94761234567"),
        ("0761234567 ext. 12", "+94761234567"),
        ("٠٧٦١٢٣٤٥٦٧", "+94761234567"),
        ("(+94) 76 [123] 4567", "+94761234567"),
        (None, None),
    ],
)
def test_a_number_is_kept_in_one_form_however_it_is_written(rest: Rest, written: str | None, kept: str | None) -> None:
    customer = str(uuid4())
    assert ok(put(rest, customer, PERSON | {"msisdn": written}), KnownCustomer)["msisdn"] == kept
    assert rest.json(f"/customers/{customer}")["msisdn"] == kept


def test_what_is_left_out_is_emptied_but_the_language_stays(rest: Rest) -> None:
    customer = str(uuid4())
    ok(put(rest, customer, PERSON | {"language": "si"}))
    nothing = {"id": customer, "name": "Sunil", "email": None, "msisdn": None}
    assert known(ok(put(rest, customer, {"name": "Sunil"}))) == nothing
    consent = rest.json("/consents", params={"customer": customer, "purpose": "marketing"})["consents"][0]["id"]
    assert ok(rest.decide("grant", consent))["consent"]["notice"]["language"] == "si"


@pytest.mark.parametrize(
    "written",
    [
        "Sunil@example.com", " Sunil@example.com\t", "Sunil@example.com\n", "<Sunil@example.com>",
        "mailto:Sunil@example.com",
        "\ufeff<MAILTO:Sunil@example.com>\u200b", '"Sunil@example.com"', "\u00a0Sunil@example.com\u3164",
    ],
)  # fmt: skip
def test_an_address_is_kept_without_what_stands_around_it(rest: Rest, written: str) -> None:
    assert ok(put(rest, str(uuid4()), PERSON | {"email": written}))["email"] == "Sunil@example.com"


@pytest.mark.parametrize(
    ("written", "kept"),
    [("si", "si"), ("SI_lk", "si-LK"), ("zh-hant-tw", "zh-Hant-TW"), ("EN", "en"), ("de-CH-1996", "de-CH-1996")],
)
def test_a_language_is_kept_in_one_form_however_it_is_written(rest: Rest, written: str, kept: str) -> None:
    customer = str(uuid4())
    assert ok(put(rest, customer, PERSON | {"language": written}))["language"] == kept
    assert rest.json(f"/customers/{customer}")["language"] == kept
    (listed,) = rest.json("/customers", params={"q": customer})["customers"]
    assert listed["language"] == kept
    assert {one["customer"]["language"] for one in rest.json(f"/consents?customer={customer}")["consents"]} == {kept}


@pytest.mark.parametrize(("language", "bound"), [("si-LK", "si"), ("SI_lk", "si"), ("si-Sinh-LK", "si"), ("ta", "en")])
def test_a_customers_language_is_looked_up_where_the_notice_has_none_of_its_country(
    rest: Rest, language: str, bound: str
) -> None:
    customer = str(uuid4())
    ok(put(rest, customer, PERSON | {"language": language}))
    consents = rest.json(f"/consents?customer={customer}&purpose=marketing")["consents"]
    assert ok(rest.decide("grant", consents[0]["id"]))["consent"]["notice"]["language"] == bound
    rest.database.set(consents[1]["id"], "granted")
    assert rest.json(f"/consents/{consents[1]['id']}")["notice"]["language"] == bound


@pytest.mark.parametrize("written", ["  Sunil Silva ", "\ufeffSunil Silva\u200b", "\u00a0Sunil Silva\u3000"])
def test_a_name_is_kept_without_what_nobody_sees_around_it(rest: Rest, written: str) -> None:
    assert ok(put(rest, str(uuid4()), PERSON | {"name": written}))["name"] == "Sunil Silva"


def test_who_has_the_number_or_the_address_of_another_is_shown_as_such(rest: Rest) -> None:
    family = {"email": f"Family-{uuid4().hex}@example.com", "msisdn": "+94770000777"}
    first, second, third = str(uuid4()), str(uuid4()), str(uuid4())
    assert ok(put(rest, first, {"name": "First", **family}))["shared"] == []
    assert ok(put(rest, second, {"name": "Second", **family, "email": family["email"].upper()}))["shared"] == [
        "email", "msisdn",
    ]  # fmt: skip
    assert ok(put(rest, third, {"name": "Third", "msisdn": family["msisdn"]}))["shared"] == ["msisdn"]
    listed = rest.json("/customers", params={"q": family["msisdn"]})["customers"]
    assert {one["id"]: one["shared"] for one in listed} == {
        first: ["email", "msisdn"], second: ["email", "msisdn"], third: ["msisdn"],
    }  # fmt: skip
    ok(put(rest, second, {"name": "Second"}))
    assert rest.json(f"/customers/{first}")["shared"] == ["msisdn"]


def test_a_name_of_any_script_and_length_up_to_200_is_kept(rest: Rest) -> None:
    for name in (
        "அபிராமி நடராஜா", "O’Brien-\u00dcmit \U0001f600", "x" * 200, "x" + "\U0001f600" * 199, "x", "\ufb03" * 200,
        "ශ්\u200dරී ලංකා", "نامه\u200cها",
    ):  # fmt: skip
        customer = str(uuid4())
        ok(put(rest, customer, {"name": name}))
        assert rest.json(f"/customers/{customer}")["name"] == name


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"name": ...},
        {"name": ""},
        {"name": "  "},
        {"name": "\u00a0"},
        {"name": "x" * 201},
        {"name": 7},
        {"name": "a\x00b"},
        {"name": "a\nb"},
        {"name": "a\n"},
        {"name": "a\x1bb"},
        {"name": "a\x85b"},
        {"name": "Nimal\u202e"},
        {"name": "\u2066Nimal\u2069"},
        {"name": "Ni\u200fmal"},
        {"name": "a\u2028b"},
        {"name": "\u200d"},
        {"name": "\u3164\u3164"},
        {"name": "12345"},
        {"name": "..."},
        {"email": ""},
        {"email": "nobody"},
        {"email": "@example.com"},
        {"email": "a@"},
        {"email": "a b@example.com"},
        {"email": "a@b@c"},
        {"email": "a\x00@example.com"},
        {"email": "a\x7f@example.com"},
        {"email": "x" * 315 + "@x.com"},
        {"email": ["a@example.com"]},
        {"email": "Nimal <nimal@example.com>"},
        {"email": "ni\u200bmal@example.com"},
        {"email": "a@exam\u00adple.com"},
        {"email": "a@example..com"},
        {"email": "a@.example.com"},
        {"email": "a@example.com."},
        {"email": "a@example.com, b@example.com"},
        {"email": "a@example.com;b@example.com"},
        {"email": "<>"},
        {"msisdn": ""},
        {"msisdn": "call me"},
        {"msisdn": "12345"},
        {"msisdn": "2345678"},
        {"msisdn": "+94770"},
        {"msisdn": "+999123456789"},
        {"msisdn": "0" * 400},
        {"msisdn": 771234567},
        {"msisdn": "077ABC4567"},
        {"msisdn": "0761234567 / 0712345678"},
        {"msisdn": "0761234567, 0712345678"},
        {"msisdn": "+94761234567 +94712345678"},
        {"msisdn": "call 0761234567"},
        {"msisdn": "0991234567"},
        {"msisdn": "076123456²"},
        {"msisdn": "\u202e7654321670"},
        {"language": "English"},
        {"language": "en\n"},
        {"language": "en--LK"},
        {"language": "e"},
        {"language": "x" * 40},
        {"id": str(uuid4())},
        {"nickname": "Su"},
    ],
)
def test_a_customer_that_cannot_be_kept_is_422_and_the_answer_says_where(rest: Rest, change: dict[str, Any]) -> None:
    customer = str(uuid4())
    body = {name: value for name, value in (PERSON | change).items() if value is not ...}
    before = rest.written()
    found = problem(put(rest, customer, body), "invalid")
    assert next(iter(change)) in found["detail"]
    assert rest.written() == before
    problem(rest.get(f"/customers/{customer}"), "not-found")


@pytest.mark.parametrize("body", [[], None, "Sunil", 7])
def test_a_body_that_is_no_object_is_422(rest: Rest, body: Any) -> None:
    problem(put(rest, str(uuid4()), body), "invalid")


def test_an_id_to_register_under_must_be_a_uuid(rest: Rest) -> None:
    before = rest.written()
    for malformed in ("7", "0771234567", "%00", str(uuid4())[:-1], uuid4().hex):
        problem(put(rest, malformed, PERSON), "invalid")
    assert rest.written() == before


def test_many_registrations_of_one_customer_at_once_make_one(rest: Rest) -> None:
    customer = str(uuid4())
    statuses = sorted(answer.status_code for answer in rest.at_once(8, lambda: put(rest, customer, PERSON)))
    assert statuses == [200] * 7 + [201]
    consents = rest.sql("SELECT count(*) FROM consentfeed.consents WHERE customer_id = %s", customer)
    assert consents[0][0] == rest.sql("SELECT sum(cardinality(channels)) FROM consentfeed.purposes WHERE offered")[0][0]


# Reading


def test_one_customer_or_404(rest: Rest) -> None:
    assert ok(rest.get(f"/customers/{CUSTOMER}"), KnownCustomer)["name"] == "Nimal Perera"
    assert ok(rest.get(f"/customers/{CUSTOMER.upper()}"))["id"] == CUSTOMER
    for unknown in (str(uuid4()), "7", "%00", "not-a-uuid", uuid4().hex):
        problem(rest.get(f"/customers/{unknown}"), "not-found")


def test_customers_come_by_name_page_by_page(rest: Rest) -> None:
    for _ in range(3):
        rest.customer("Same Name")
    listed: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    while query.get("cursor", "") is not None:
        page = ok(rest.get("/customers", params=query), CustomerPage)
        assert 0 < len(page["customers"]) <= 2
        listed += page["customers"]
        query["cursor"] = page["next"]
    rows = rest.sql("SELECT id::text FROM consentfeed.customers ORDER BY name_key, id")
    assert [one["id"] for one in listed] == [row[0] for row in rows]
    assert {CUSTOMER, OTHER} <= {one["id"] for one in listed}


def test_a_listed_customer_says_what_is_granted_and_when_it_changed_last(rest: Rest) -> None:
    customer = rest.customer("Summed Up")
    wanted = {"q": "summed"}
    (found,) = ok(rest.get("/customers", params=wanted), CustomerPage)["customers"]
    total = len(rest.json("/consents", params={"customer": customer})["consents"])
    assert found["consents"] == {"granted": 0, "total": total, "decided_at": None}
    rest.sql("UPDATE consentfeed.consents SET status = 'granted' WHERE customer_id = %s", customer)
    rest.sql("UPDATE consentfeed.consents SET status = 'revoked' WHERE (customer_id, channel) = (%s, 'sms')", customer)
    ((at,),) = rest.sql(
        "SELECT consentfeed.rfc3339(max(updated_at)) FROM consentfeed.consents WHERE customer_id = %s", customer
    )
    (found,) = ok(rest.get("/customers", params=wanted), CustomerPage)["customers"]
    ((granted,),) = rest.sql(
        "SELECT count(*) FROM consentfeed.consents WHERE (customer_id, status) = (%s, 'granted')", customer
    )
    assert 0 < granted < total
    assert found["consents"] == {"granted": granted, "total": total, "decided_at": at}


def test_a_search_is_paged_too(rest: Rest) -> None:
    wanted = {rest.customer(f"Quentin {n}") for n in range(3)}
    first = rest.json("/customers", params={"q": "quentin", "limit": 2})
    second = rest.json("/customers", params={"q": "quentin", "limit": 2, "cursor": first["next"]})
    assert {one["id"] for one in first["customers"] + second["customers"]} == wanted
    assert second["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "sort=name",
        "limit=0",
        "limit=1001",
        "q=%00",
        "q=%FF",
        "cursor=x",
        f"cursor={write_cursor('customer', 'a', CUSTOMER)}",
    ],
)
def test_a_query_for_customers_that_is_none_is_422(rest: Rest, query: str) -> None:
    problem(rest.get(f"/customers?{query}"), "invalid")


# Purposes and notices


@pytest.mark.parametrize("role", ROLES)
def test_purposes_come_in_their_order_with_the_notice_in_force(rest: Rest, role: str) -> None:
    purposes = ok(rest.get("/purposes", role), Purposes)["purposes"]
    assert [purpose["key"] for purpose in purposes[:3]] == ["marketing", "profiling", "surveys"]
    assert (purposes[0]["title"], purposes[0]["channels"]) == ("Offers", ["sms", "email"])
    assert (purposes[0]["notice_version"], purposes[0]["languages"]) == (1, ["en", "si"])


def test_a_purpose_without_a_notice_says_so(rest: Rest) -> None:
    key = rest.purpose(versions=0)
    rest.sql("INSERT INTO consentfeed.notices (purpose, version, language, text) VALUES (%s, 1, 'en', 'Draft')", key)
    (purpose,) = [one for one in ok(rest.get("/purposes"), Purposes)["purposes"] if one["key"] == key]
    assert (purpose["notice_version"], purpose["languages"]) == (None, None)
    problem(rest.get(f"/notices/{key}/1/en"), "not-found")


@pytest.mark.parametrize("role", ROLES)
def test_a_notice_is_its_exact_text_and_the_hash_of_it(rest: Rest, role: str) -> None:
    notice = ok(rest.get("/notices/marketing/1/si", role), Notice)
    text = "What you agree to: Offers si"
    assert notice == {
        "key": "marketing", "version": 1, "language": "si", "title": "Offers", "description": "", "text": text,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }  # fmt: skip


@pytest.mark.parametrize("tag", ["si-LK", "SI", "si_lk", "Si-Sinh"])
def test_a_notices_language_is_looked_up(rest: Rest, tag: str) -> None:
    assert ok(rest.get(f"/notices/marketing/1/{tag}"), Notice)["language"] == "si"


def test_an_older_notice_can_still_be_read(rest: Rest) -> None:
    purpose = rest.purpose(versions=3)
    assert [ok(rest.get(f"/notices/{purpose}/{n}/en"))["text"] for n in (1, 2, 3)] == [
        f"Version {n} in en" for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    "path",
    [
        "marketing/2/en", "marketing/1/fr", "nothing/1/en", "marketing/0/en", "marketing/-1/en", "marketing/one/en",
        "marketing/01/en", "marketing/1.0/en", "marketing/99999999999999999999/en", "marketing/%D9%A1/en",
        "%00/1/en", "marketing/1/%00", "marketing/1", "marketing/1/en/more",
    ],
)  # fmt: skip
def test_a_notice_that_is_none_is_404(rest: Rest, path: str) -> None:
    problem(rest.get(f"/notices/{path}"), "not-found")
