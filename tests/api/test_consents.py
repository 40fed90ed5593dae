"""Lists of consents: filters, search, order, pages over changing data, and the position they are taken at."""

import random
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from consentfeed.api.shapes import ConsentPage
from consentfeed.http.paging import write_cursor
from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER, NOBODY, OTHER


@pytest.fixture(scope="module", autouse=True)
def people(shared_database: Sql) -> None:
    """Names, addresses and numbers to look for."""
    for name, email, msisdn in (
        ("Anne-Marie de Kretser", "amdk@example.org", "+94112345678"),
        ("අමායා අබේසිංහ", None, None),
        ("100% Natural_Products (Pvt) Ltd", "100%@example.org", "+442071838750"),
    ):
        shared_database.run(
            "SELECT consentfeed.register_customer(gen_random_uuid(), %s, %s, %s, NULL)", name, email, msisdn
        )


@pytest.fixture
def own(node: RunningNode, database: Sql) -> Iterator[Rest]:
    """A node on a database of the test's own."""
    rest = Rest(node, database)
    yield rest
    rest.close()


def names(rest: Rest, **query: Any) -> set[str]:
    return {one["customer"]["name"] for one in ok(rest.get("/consents", params=query), ConsentPage)["consents"]}


def pages(rest: Rest, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """The consents of each page; what the caller does between two of them happens in between."""
    while query.get("cursor", "") is not None:
        page = ok(rest.get("/consents", params=query), ConsentPage)
        yield page["consents"]
        query["cursor"] = page["next"]


# What is in it


def test_each_consent_says_whose_it_is(rest: Rest) -> None:
    page = ok(rest.get("/consents", params={"customer": CUSTOMER}), ConsentPage)
    assert page["next"] is None
    known = rest.json(f"/customers/{CUSTOMER}")
    del known["shared"]  # which is looked up where one customer is shown
    assert [one["customer"] for one in page["consents"]] == [known] * 4
    assert page["consents"][0]["customer"]["name"] == "Nimal Perera"
    for one in page["consents"]:
        alone = rest.json(f"/consents/{one['id']}")
        assert alone == {name: member for name, member in one.items() if name != "customer"}


def found(rest: Rest, *query: tuple[str, str]) -> set[tuple[str, str]]:
    consents = rest.json("/consents", params=[*query, ("limit", "1000")])["consents"]
    return {(one["purpose"], one["channel"]) for one in consents}


def test_each_filter_chooses_and_repeated_takes_any_of_its_values(rest: Rest) -> None:
    whose = ("customer", CUSTOMER)
    assert found(rest, whose, ("purpose", "marketing")) == {("marketing", "sms"), ("marketing", "email")}
    assert found(rest, whose, ("purpose", "profiling"), ("purpose", "surveys")) == {
        ("profiling", "push"), ("surveys", "voice"),
    }  # fmt: skip
    assert found(rest, whose, ("channel", "sms"), ("channel", "voice")) == {("marketing", "sms"), ("surveys", "voice")}
    assert found(rest, whose, ("purpose", "marketing"), ("channel", "sms")) == {("marketing", "sms")}
    assert found(rest, whose, ("purpose", "marketing"), ("channel", "voice")) == set()
    assert found(rest, ("customer", str(uuid4()))) == set()
    assert found(rest, ("purpose", "nothing")) == set()
    both = rest.json("/consents", params=[whose, ("customer", OTHER)])["consents"]
    assert {one["customer_id"] for one in both} == {CUSTOMER, OTHER}


def test_status_chooses_by_the_present_answer(rest: Rest) -> None:
    granted, revoked, pending = rest.consents(3)
    ok(rest.decide("grant", granted))
    ok(rest.decide("revoke", revoked))
    mine = [("customer", rest.owner(one)) for one in (granted, revoked, pending)]
    for statuses, expected in (
        (["granted"], {granted}),
        (["revoked"], {revoked}),
        (["granted", "revoked"], {granted, revoked}),
        (["expired"], set()),
    ):
        query = [*mine, *(("status", status) for status in statuses)]
        assert {one["id"] for one in rest.json("/consents", params=query)["consents"]} == expected
    query = [*mine, ("status", "pending"), ("limit", "1000")]
    found = {one["id"] for one in rest.json("/consents", params=query)["consents"]}
    assert pending in found
    assert not {granted, revoked} & found


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "colour=",
        "colour",
        "Status=granted",
        "status=gone",
        "status=granted&status=gone",
        "customer=7",
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=ten",
        "limit=1&limit=2",
        "limit=1.5",
        "limit=99999999999999999999999",
        "sort=name",
        "sort=updated_at&sort=customer",
        "q=a&q=b",
        "q=%00",
        "q=a%00b",
        "purpose=%00",
        "channel=a%00",
        "q=%ED%A0%80",
        "q=%FF",
        "%FF=1",
        f"q={'x' * 321}",
    ],
)
def test_a_query_that_is_none_is_422(rest: Rest, query: str) -> None:
    before = rest.written()
    problem(rest.get(f"/consents?{query}"), "invalid")
    assert rest.written() == before


def test_what_is_wrong_with_a_query_is_said(rest: Rest) -> None:
    assert "colour" in problem(rest.get("/consents?colour=red"), "invalid")["detail"]
    assert "$.limit" in problem(rest.get("/consents?limit=0"), "invalid")["detail"]


# Search


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("nim", "Nimal Perera"),
        ("NIMAL", "Nimal Perera"),
        ("per", "Nimal Perera"),
        ("perera nim", "Nimal Perera"),
        ("  nimal   perera ", "Nimal Perera"),
        ("o'brien", "Kamala O'Brien"),
        ("O'Br", "Kamala O'Brien"),
        ("brien", "Kamala O'Brien"),
        ("kamala o", "Kamala O'Brien"),
        ("marie", "Anne-Marie de Kretser"),
        ("anne-m", "Anne-Marie de Kretser"),
        ("de kret", "Anne-Marie de Kretser"),
        ("අබේ", "අමායා අබේසිංහ"),
        ("100%", "100% Natural_Products (Pvt) Ltd"),
        ("natural_p", "100% Natural_Products (Pvt) Ltd"),
        ("(pvt)", "100% Natural_Products (Pvt) Ltd"),
        ("customer@", "Nimal Perera"),
        ("Customer@Example", "Nimal Perera"),
        ("other@example.com", "Kamala O'Brien"),
        ("amdk", "Anne-Marie de Kretser"),
        ("+94 77 123 4567", "Nimal Perera"),
        ("+94771234567", "Nimal Perera"),
        (" 94771234567", "Nimal Perera"),  # a + that nobody encoded
        ("94771234567", "Nimal Perera"),
        ("0771234567", "Nimal Perera"),
        ("077 123 4567", "Nimal Perera"),
        ("077-123-4567", "Nimal Perera"),
        ("077\u2011123\u20114567", "Nimal Perera"),
        ("(077) 1234567", "Nimal Perera"),
        ("+94 (0)77 123 4567", "Nimal Perera"),
        ("0094771234567", "Nimal Perera"),
        ("0094 77 123 4567", "Nimal Perera"),
        ("771234567", "Nimal Perera"),
        ("tel:+94771234567", "Nimal Perera"),
        ("\u202a077 123 4567\u202c", "Nimal Perera"),
        ("０７７１２３４５６７", "Nimal Perera"),
        ("077123", "Nimal Perera"),
        ("+9477", "Nimal Perera"),
        ("9477", "Nimal Perera"),
        ("011 234 5678", "Anne-Marie de Kretser"),
        ("4567", "Nimal Perera"),
        ("1234567", "Nimal Perera"),
        ("123-4567", "Nimal Perera"),
        ("Mobile: 077 123 4567", "Nimal Perera"),
        ("٠٧٧١٢٣٤٥٦٧", "Nimal Perera"),
        ('"0771234567"', "Nimal Perera"),
        ("0771234567 ext 12", "Nimal Perera"),
        ("077123456", "Nimal Perera"),
        ("<Customer@example.com>", "Nimal Perera"),
        ("mailto:customer@example.com", "Nimal Perera"),
        ("OBrien", "Kamala O'Brien"),
        ("o’brien", "Kamala O'Brien"),
        ("Oʼbrien", "Kamala O'Brien"),
        ("NI\u0307MAL", "Nimal Perera"),
        ("nımal perérà", "Nimal Perera"),
        ("nimal\u200d", "Nimal Perera"),
        ("ＮＩＭＡＬ", "Nimal Perera"),
        ("අමා\u200dයා", "අමායා අබේසිංහ"),
        ("+44 20 7183 8750", "100% Natural_Products (Pvt) Ltd"),
        ("0044 2071838750", "100% Natural_Products (Pvt) Ltd"),
        (CUSTOMER, "Nimal Perera"),
        (CUSTOMER.upper(), "Nimal Perera"),
    ],
)
def test_q_finds_by_name_address_number_and_id(rest: Rest, text: str, name: str) -> None:
    assert names(rest, q=text) == {name}
    customers = rest.json("/customers", params={"q": text})["customers"]
    assert [customer["name"] for customer in customers] == [name]


def test_q_finds_a_consent_by_its_exact_id(rest: Rest) -> None:
    consent = rest.database.consents(OTHER)[1]
    for text in (consent, consent.upper(), f" {consent} "):
        assert [one["id"] for one in rest.json("/consents", params={"q": text})["consents"]] == [consent]


@pytest.mark.parametrize(
    "text",
    [
        "imal", "perera kamala", "nimalperera", "example.com", "@example.com", "%", "_", "%%", "'", "\\", "' | 'x",
        "nimal:*x", "nim & per | x", "!x", "0", "00", "+", "94", "567", "456", "1234", "077ABC4567", "+1 77 123 4567",
        "07712345678",
        NOBODY, CUSTOMER[:-1], CUSTOMER.replace("-", ""), "-- ", "()",
    ],
)  # fmt: skip
def test_q_finds_nothing_else(rest: Rest, text: str) -> None:
    assert names(rest, q=text) == set()


def test_q_and_filters_go_together(rest: Rest) -> None:
    consents = rest.json("/consents", params={"q": "nimal", "purpose": "marketing"})["consents"]
    assert {(one["customer_id"], one["purpose"]) for one in consents} == {(CUSTOMER, "marketing")}


# Order and pages


def test_each_sort_orders_the_whole_list(own: Rest) -> None:
    for name in ("Zoe", "Adam", "adam", "Émile", "Nimal", "İnci", "ışık", "O’Hara", "OHara", "ශ්\u200dරී", "ශ්රී"):
        own.customer(name)
    consents = [row[0] for row in own.sql("SELECT id::text FROM consentfeed.consents")]
    random.Random(7).shuffle(consents)
    for consent in consents[::2]:
        ok(own.decide("grant", consent))
    orders = {
        "updated_at": "updated_at, id",
        "-updated_at": "updated_at DESC, id DESC",
        "customer": "customer.name_key, consents.id",
        "-customer": "customer.name_key DESC, consents.id DESC",
    }
    for sort, order in orders.items():
        expected = own.sql(
            "SELECT consents.id::text FROM consentfeed.consents"
            " JOIN (SELECT id AS whose, name_key FROM consentfeed.customers) AS customer ON whose = customer_id"
            f" ORDER BY {order}"
        )
        for limit in (5, 1000):
            listed = [one["id"] for page in pages(own, sort=sort, limit=limit) for one in page]
            assert listed == [row[0] for row in expected]
    assert own.json("/consents")["consents"] == own.json("/consents?sort=-updated_at")["consents"]


def test_a_page_holds_a_hundred_unless_asked_otherwise_and_a_thousand_at_most(own: Rest) -> None:
    own.consents(260)
    for query, expected in (({}, 100), ({"limit": 1}, 1), ({"limit": 1000}, 1000)):
        page = own.json("/consents", params=query)
        assert len(page["consents"]) == expected
        assert page["next"] is not None


def test_a_list_says_about_how_many_there_are_in_all(own: Rest) -> None:
    own.consents(260)
    own.sql("ANALYZE consentfeed.consents, consentfeed.customers")
    for path, query, expected in (
        ("/consents", {"limit": 100}, 4 * 262),
        ("/consents", {"limit": 100, "purpose": "marketing"}, 2 * 262),
        ("/consents", {"limit": 10, "q": "somebody", "channel": "sms"}, 260),
        ("/customers", {"limit": 100}, 262),
        ("/customers", {"limit": 100, "q": "new"}, 260),
    ):
        first = own.json(path, params=query)
        second = own.json(path, params={**query, "cursor": first["next"]})
        assert first["about"] == second["about"]
        assert 0.8 * expected < first["about"] < 1.25 * expected, (path, query)
    assert own.json("/consents", params={"customer": CUSTOMER})["about"] == 4
    assert own.json("/customers", params={"q": "nimal"})["about"] == 1
    assert own.json("/customers", params={"q": "nobody"})["about"] == 0


def test_lists_choose_by_when_a_consent_last_changed(own: Rest) -> None:
    changed = [ok(own.decide("grant", one))["consent"] for one in own.database.consents()[:3]]
    times = [one["updated_at"] for one in changed]

    def found(**query: str) -> list[str]:
        return [one["id"] for one in own.json("/consents", params={"sort": "updated_at", **query})["consents"]]

    ids = [one["id"] for one in changed]
    assert found(updated_after=times[0]) == ids[1:]
    assert found(updated_after=times[0], updated_before=times[2]) == ids[1:2]
    assert ids[0] not in found(updated_before=times[0])
    assert found(updated_after=times[1].replace("Z", "+00:00")) == ids[2:]
    for malformed in ("yesterday", "2026-11-22", "2026-11-22T00:00:00", "1"):
        assert (
            "updated_after" in problem(own.get("/consents", params={"updated_after": malformed}), "invalid")["detail"]
        )


def test_a_list_that_ends_with_a_page_has_no_next(own: Rest) -> None:
    assert own.json("/consents", params={"limit": 8})["next"] is None
    assert [len(page) for page in pages(own, limit=4)] == [4, 4]


@pytest.mark.parametrize("sort", ["updated_at", "-updated_at", "customer", "-customer"])
def test_pages_over_changing_data_neither_skip_nor_repeat_what_did_not_change(own: Rest, sort: str) -> None:
    own.sql(
        "SELECT consentfeed.register_customer(gen_random_uuid(), 'Person ' || n % 7, NULL, NULL, NULL)"
        " FROM generate_series(1, 20) AS n"
    )
    before = {row[0] for row in own.sql("SELECT id::text FROM consentfeed.consents")}
    seen: list[str] = []
    changed: set[str] = set()
    for number, page in enumerate(pages(own, sort=sort, limit=9)):
        seen += [one["id"] for one in page]
        # One that was shown, one that was not yet, and a new customer among the others.
        for one in {seen[-1], min(before - set(seen), default=seen[0])}:
            changed.add(one)
            ok(own.decide("revoke" if number % 2 else "grant", one))
        if number < 3:
            own.customer(f"Person {number % 7}")
    untouched = before - changed
    assert len(untouched) > 50
    assert {one: seen.count(one) for one in untouched} == dict.fromkeys(untouched, 1)


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "!",
        "\u00e9",
        "AAAA",
        "W10",
        write_cursor("customer", "Nimal", CUSTOMER),
        write_cursor("-updated_at", "2026-01-01 00:00:00+00", "7"),
        write_cursor("-updated_at", "2026-01-01 00:00:00+00", ""),
        write_cursor("-updated_at", "yesterday morning", CUSTOMER),
        write_cursor("-updated_at", "", CUSTOMER),
        write_cursor("-updated_at", "2026-13-45", CUSTOMER),
        write_cursor("-updated_at", "a\x00b", CUSTOMER),
        write_cursor("name", "Nimal", CUSTOMER),
    ],
)
def test_a_cursor_that_no_answer_gave_for_this_sort_is_422(rest: Rest, cursor: str) -> None:
    problem(rest.get("/consents", params={"cursor": cursor}), "invalid")


def test_a_cursor_of_another_sort_is_422(rest: Rest) -> None:
    rest.consents(2)
    cursor = rest.json("/consents", params={"limit": 1})["next"]
    assert rest.json("/consents", params={"limit": 1, "cursor": cursor})["consents"]
    problem(rest.get("/consents", params={"limit": 1, "cursor": cursor, "sort": "updated_at"}), "invalid")
    problem(rest.get("/customers", params={"limit": 1, "cursor": cursor}), "invalid")


# Position


def position(rest: Rest, role: str = "csr", subject: str | None = None, **query: Any) -> tuple[str, Any]:
    """The position and the consents of one page."""
    path = "/customer/consents" if role == "customer" else "/consents"
    answer = rest.get(path, role, subject=subject, params=query)
    return answer.headers["consentfeed-position"], ok(answer)["consents"]


def events_after(rest: Rest, place: str, role: str = "csr", subject: str | None = None) -> list[dict[str, Any]]:
    """All events after a place."""
    events: list[dict[str, Any]] = []
    while True:
        page = rest.json("/events", role, subject=subject, params={"after": place, "limit": 50})
        events += page["events"]
        place = page["next"]
        if not page["more"]:
            return events


@pytest.mark.parametrize("role", ["csr", "customer"])
def test_after_a_lists_position_come_exactly_the_later_events(own: Rest, role: str) -> None:
    subject = CUSTOMER if role == "customer" else None
    first, second, *_ = own.database.consents(CUSTOMER)
    ok(own.decide("grant", first))
    place, consents = position(own, role, subject)
    assert {one["id"]: one["status"] for one in consents}[first] == "granted"
    assert events_after(own, place, role, subject) == []
    ok(own.decide("grant", own.database.consents(OTHER)[0]))
    ok(own.decide("revoke", first))
    ok(own.decide("grant", second))
    expected = [first, second] if role == "customer" else [own.database.consents(OTHER)[0], first, second]
    assert [event["data"]["consent"]["id"] for event in events_after(own, place, role, subject)] == expected
    tail = own.node.tail(role, place)
    tail.wait(lambda t: len(t.events) == len(expected))
    assert [event.data["consent"]["id"] for event in tail.events] == expected


def test_an_empty_log_has_a_position_too(own: Rest) -> None:
    for role, subject in (("csr", None), ("customer", CUSTOMER)):
        place, _ = position(own, role, subject)
        assert events_after(own, place, role, subject) == []
        ok(own.decide("grant", own.database.consents(CUSTOMER)[0]))
        assert len(events_after(own, place, role, subject)) == 1
        own.database.set(own.database.consents(CUSTOMER)[0], "revoked")


def test_a_filter_does_not_move_the_position(own: Rest) -> None:
    ok(own.decide("grant", own.database.consents(OTHER)[0]))
    for query in ({"customer": CUSTOMER}, {"q": "nobody at all"}, {"status": "expired"}):
        assert position(own, **query)[0] == own.database.head_id()


class Deciders:
    """Threads that grant and revoke at random until told to stop."""

    def __init__(self, rest: Rest, consents: list[str]) -> None:
        self._rest, self._consents = rest, consents
        self._stop = threading.Event()
        self.failures: list[Exception] = []
        self._threads = [threading.Thread(target=self._run, args=(seed,)) for seed in range(3)]

    def _run(self, seed: int) -> None:
        choose = random.Random(seed)
        try:
            while not self._stop.is_set():
                ok(self._rest.decide(choose.choice(("grant", "revoke")), choose.choice(self._consents)))
        except Exception as error:
            self.failures.append(error)

    def __enter__(self) -> "Deciders":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert self.failures == []


def test_pages_and_the_events_after_the_first_pages_position_give_the_final_state(own: Rest) -> None:
    consents = own.consents(30)
    with Deciders(own, consents):
        for sort in ("-updated_at", "updated_at", "customer", "-customer") * 2:
            held: dict[str, dict[str, Any]] = {}
            first = ""
            for page in list_with_positions(own, sort):
                first = first or page[0]
                for one in page[1]:
                    del one["customer"]
                    if one["version"] > held.get(one["id"], {"version": -1})["version"]:
                        held[one["id"]] = one
            follow(own, held, first)
    follow(own, held, first)
    final = [one for page in pages(own, limit=1000) for one in page]
    for one in final:
        del one["customer"]
    assert held == {one["id"]: one for one in final}


def list_with_positions(rest: Rest, sort: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    further: dict[str, str] | None = {}
    while further is not None:
        answer = rest.get("/consents", params={"sort": sort, "limit": 7, **further})
        yield answer.headers["consentfeed-position"], ok(answer)["consents"]
        cursor = answer.json()["next"]
        further = cursor and {"cursor": cursor}


def follow(rest: Rest, held: dict[str, dict[str, Any]], place: str) -> None:
    """Takes each event whose version is greater than the one held: by one, or something was missing."""
    for event in events_after(rest, place):
        consent = event["data"]["consent"]
        known = held.get(consent["id"])
        if known is None or consent["version"] > known["version"]:
            # One that changed between two pages may have been on none of them.
            assert known is None or consent["version"] == known["version"] + 1
            held[consent["id"]] = consent
