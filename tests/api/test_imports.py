"""Decisions that were made elsewhere: the last one by its date counts, in whatever order they come, and again."""

import random
from typing import Any
from uuid import uuid4

import pytest

from consentfeed.api.imports import ImportPage, Report, RowOutcomes
from tests.support.rest import Rest, ok, problem

PATH = "/imports/rows"
OLD, MIDDLE, NEW = "2021-03-01T09:00:00Z", "2022-03-01T09:00:00Z", "2023-03-01T09:00:00Z"


def row(name: str, /, **more: Any) -> dict[str, Any]:
    """A row about a customer by reference; what is said of the customer stands under customer."""
    known = {"reference": name, "name": "Brought In", **more.pop("customer", {})}
    rest = {"purpose": "marketing", "channel": "sms", "status": "granted", "decided_at": MIDDLE, **more}
    return {"customer": {name: value for name, value in known.items() if value is not None}, **rest}


def send(rest: Rest, *rows: dict[str, Any], role: str = "service", **more: Any) -> list[dict[str, Any]]:
    """The outcomes."""
    body = {"source": "crm-2026", "rows": rows, **more}
    outcomes: list[dict[str, Any]] = ok(rest.call("POST", PATH, role, json=body), RowOutcomes)["outcomes"]
    assert len(outcomes) == len(rows)
    return outcomes


def words(outcomes: list[dict[str, Any]]) -> list[str]:
    """Outcomes, and of problems code and member."""
    return [one.get("outcome") or _problem(**one["problem"]) for one in outcomes]


def _problem(type: str, detail: str, **_: Any) -> str:
    member = detail.rpartition(".")[2].rstrip("`") if "`$." in detail else ""
    return f"{type.removeprefix('/problems/')} {member}".strip()


def new() -> str:
    return f"CRM-{uuid4().hex[:10]}"


def consents(rest: Rest, reference: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The consents of a customer, by purpose and channel."""
    return {
        (one["purpose"], one["channel"]): one
        for one in rest.json(f"/consents?q={reference}&limit=1000")["consents"]
        if one["customer"]["reference"] == reference
    }


def state(rest: Rest, reference: str) -> Any:
    """What an import leaves of a consent, whatever it took to get there."""
    one = consents(rest, reference)["marketing", "sms"]
    return one["status"], one["granted_at"] if one["status"] == "granted" else one["revoked_at"]


def test_a_new_customer_comes_with_a_decision_of_its_date_and_pending_consents(rest: Rest) -> None:
    name = new()
    known = {"name": " Kumari Silva ", "email": "<Kumari@Example.com>", "msisdn": "077 123 9999", "language": "si_lk"}
    (outcome,) = send(rest, row(name, customer=known, reference="ROW-7"))
    found = consents(rest, name)
    assert len(found) == 4
    consent = found["marketing", "sms"]
    assert (consent["status"], consent["version"], consent["notice"]) == ("granted", 1, None)
    assert consent["granted_at"] == "2022-03-01T09:00:00.000000Z"
    assert consent["updated_at"] > "2026"
    customer = consent["customer"]
    assert (customer["name"], customer["email"], customer["msisdn"], customer["language"]) == (
        "Kumari Silva", "Kumari@Example.com", "+94771239999", "si-LK",
    )  # fmt: skip
    (event,) = rest.history(consent["id"])
    assert event["id"] == outcome["event"]["id"]
    data = event["data"]
    assert (data["type"], data["timestamp"], data["method"]) == ("granted", consent["granted_at"], "import")
    assert data["actor"]["kind"] == "service"
    assert data["reason"] == {"code": "crm-2026", "text": None, "reference": "ROW-7"}
    assert {one["status"] for key, one in found.items() if key != ("marketing", "sms")} == {"pending"}
    assert rest.database.verify() == []


def test_sent_again_nothing_changes(rest: Rest) -> None:
    name = new()
    rows = [row(name, decided_at=OLD), row(name, status="revoked", decided_at=NEW), row(name, channel="email")]
    assert words(send(rest, *rows)) == ["recorded"] * 3
    before = rest.written()
    assert words(send(rest, *rows)) == ["unchanged"] * 3
    assert rest.written() == before


def test_rows_in_any_order_again_and_by_halves_leave_the_same(rest: Rest) -> None:
    choose = random.Random(7)
    times = [f"2022-0{month}-01T00:00:00Z" for month in range(1, 5)]
    for _ in range(12):
        decisions = [
            {"status": choose.choice(("granted", "revoked")), "decided_at": choose.choice(times)} for _ in range(6)
        ]
        last = max(decisions, key=lambda one: (one["decided_at"], one["status"] == "revoked"))
        expected = (last["status"], last["decided_at"].replace("Z", ".000000Z"))
        for order in (decisions, decisions[::-1], choose.sample(decisions, 6)):
            name, half = new(), choose.randrange(1, 6)
            rows = [row(name, **one) for one in order]
            send(rest, *rows[:half])
            send(rest, *rows)
            assert state(rest, name) == expected
            before = rest.written()
            assert {*words(send(rest, *rows))} <= {"unchanged", "superseded"}
            assert rest.written() == before


def test_a_decision_older_than_one_that_the_log_holds_is_superseded(rest: Rest) -> None:
    name = new()
    send(rest, row(name, status="", purpose="surveys"), row(name, channel="email"))
    consent = consents(rest, name)["marketing", "sms"]["id"]
    ok(rest.decide("revoke", consent))
    assert words(send(rest, row(name), row(name, status="revoked"))) == ["superseded"] * 2
    assert consents(rest, name)["marketing", "sms"]["version"] == 1
    assert rest.history(consent)[0]["data"]["method"] == "rest"


def test_a_validity_that_has_run_out_is_recorded_and_expires(rest: Rest) -> None:
    name = new()
    assert words(send(rest, row(name, purpose="profiling", channel="push", decided_at=OLD))) == ["recorded"]
    consent = consents(rest, name)["profiling", "push"]
    assert (consent["status"], consent["expires_at"]) == ("expired", "2022-03-01T09:00:00.000000Z")
    rest.sql("SELECT consentfeed.expire_consents(1000)")
    assert [event["data"]["type"] for event in rest.history(consent["id"])] == ["granted", "expired"]
    assert words(send(rest, row(name, purpose="profiling", channel="push", decided_at=OLD))) == ["unchanged"]
    # That time ran out was nobody's decision: a later one counts, though it is older than that.
    assert words(send(rest, row(name, purpose="profiling", channel="push", decided_at=MIDDLE))) == ["recorded"]
    assert rest.database.verify() == []


def test_what_is_known_is_not_changed_and_what_is_not_known_is_filled_in(rest: Rest) -> None:
    name = new()
    full = {"name": "First Name", "email": "first@example.com", "msisdn": "+94771230001"}
    send(rest, row(name, customer=full))
    send(rest, row(name, decided_at=NEW, customer={"name": "Second", "email": "", "msisdn": "+94771230002"}))
    customer = consents(rest, name)["marketing", "sms"]["customer"]
    assert (customer["name"], customer["email"], customer["msisdn"]) == tuple(full.values())
    bare = new()
    send(rest, row(bare, customer={"name": None}), row(bare, channel="email", customer={"name": "Later Known"}))
    customer = consents(rest, bare)["marketing", "sms"]["customer"]
    assert (customer["name"], customer["email"]) == ("Later Known", None)
    registered = rest.customer("No Reference Yet")
    given = new()
    assert words(send(rest, row(given, customer={"id": registered}))) == ["recorded"]
    assert consents(rest, given)["marketing", "sms"]["customer_id"] == registered


def test_each_problem_is_that_of_its_row_alone(rest: Rest) -> None:
    one, two, closed = new(), new(), rest.purpose()
    identity, other = rest.customer(), str(uuid4())
    send(rest, row(one, customer={"id": identity}), row(two))
    rest.sql("UPDATE consentfeed.purposes SET offered = false WHERE key = %s", closed)
    wrong = [
        (row(new(), decided_at="2999-01-01T00:00:00Z"), "invalid decided_at"),
        (row(new(), decided_at="yesterday"), "invalid decided_at"),
        (row(new(), decided_at="2022-01-01T00:00:00"), "invalid decided_at"),
        (row(new(), purpose="nothing"), "invalid purpose"),
        (row(new(), channel="pigeon"), "invalid channel"),
        (row(new(), status="maybe"), "invalid status"),
        (row(new(), purpose=closed), "not-offered"),
        (row(new(), notice_version=99), "no-notice notice_version"),
        (row(new(), notice_version=1, language="fr"), "no-such-language"),
        (row(new(), customer={"msisdn": "9.47713E+10"}), "invalid msisdn"),
        (row(new(), customer={"msisdn": "12"}), "invalid msisdn"),
        (row(new(), customer={"email": "nobody"}), "invalid email"),
        (row(new(), customer={"language": "?"}), "invalid language"),
        (row("", customer={"reference": None}), "invalid customer"),
        (row(new(), customer={"id": identity}), "reference-taken reference"),
        (row(two, customer={"id": identity}), "reference-taken reference"),
        (row(two, customer={"id": other}), "reference-taken reference"),
        ({"purpose": "marketing"}, "invalid"),
        (row(new(), more=1), "invalid"),
        (row(new(), status=7), "invalid status"),
    ]
    before = rest.written()
    outcomes = words(send(rest, *(bad for bad, _ in wrong)))
    for (_, expected), found in zip(wrong, outcomes, strict=True):
        assert found == expected
    assert rest.written() == before
    good = row(new())
    outcomes = words(send(rest, *(bad for bad, _ in wrong[:10]), good, *(bad for bad, _ in wrong[10:])))
    assert outcomes[10] == "recorded"
    assert len(rest.sql("SELECT 1 FROM consentfeed.customers WHERE reference = %s", good["customer"]["reference"])) == 1


def test_one_customer_under_two_references_and_two_under_one_in_one_request(rest: Rest) -> None:
    identity, first, second = str(uuid4()), new(), new()
    rows = [row(first, customer={"id": identity}), row(second, customer={"id": identity}, channel="email")]
    assert words(send(rest, *rows)) == ["recorded", "reference-taken reference"]
    shared, known = new(), [rest.customer(), rest.customer()]
    rows = [row(shared, customer={"id": one}) for one in known]
    assert words(send(rest, *rows)) == ["recorded", "reference-taken reference"]


def test_a_notice_that_was_published_is_bound(rest: Rest) -> None:
    name = new()
    rows = [row(name, notice_version=1, language="si_LK"), row(name, channel="email", notice_version=1)]
    assert words(send(rest, *rows)) == ["recorded"] * 2
    found = consents(rest, name)
    assert (found["marketing", "sms"]["notice"]["language"], found["marketing", "email"]["notice"]["language"]) == (
        "si", "en",
    )  # fmt: skip
    send(rest, row(name, status="revoked", decided_at=NEW, notice_version=99))
    assert consents(rest, name)["marketing", "sms"]["notice"]["version"] == 1


def test_a_revocation_is_taken_for_a_closed_purpose(rest: Rest) -> None:
    closed, name = rest.purpose(), new()
    rest.sql("UPDATE consentfeed.purposes SET offered = false WHERE key = %s", closed)
    assert words(send(rest, row(name, purpose=closed, status="revoked"))) == ["recorded"]


def erase(rest: Rest, reference: str) -> str:
    customer: str = consents(rest, reference)["marketing", "sms"]["customer_id"]
    answer = rest.call("POST", f"/customers/{customer}/erase", "admin", json={"reason": {"code": "asked"}})
    assert answer.is_success
    return customer


@pytest.mark.parametrize("by", ["msisdn", "email", "reference", "id"])
def test_who_was_erased_does_not_come_back_with_an_old_decision(rest: Rest, by: str) -> None:
    name, mark = new(), uuid4().hex[:8]
    known = {"name": "To Be Erased", "msisdn": f"+9471{int(mark, 16) % 10**7:07d}", "email": f"É{mark}@Example.com"}
    send(rest, row(name, customer=known))
    customer = erase(rest, name)
    now = rest.sql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")[0][0]
    say = {"msisdn": known["msisdn"], "email": known["email"].lower(), "id": customer}.get(by)
    again = row(name if by == "reference" else new(), customer={by: say} if say else {})
    before = rest.written()
    assert words(send(rest, again, {**again, "status": "revoked"})) == ["erased"] * 2
    assert rest.written() == before
    later = words(send(rest, {**again, "decided_at": now}))
    assert later == ["erased" if by == "id" else "recorded"]


def test_a_family_that_shares_a_number_with_the_erased_goes_on(rest: Rest) -> None:
    gone, stays = new(), new()
    for name in (gone, stays):
        send(rest, row(name, customer={"msisdn": "+94711119999"}))
    erase(rest, gone)
    assert words(send(rest, row(stays, decided_at=NEW, customer={"msisdn": "+94711119999"}))) == ["recorded"]


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(rest: Rest) -> None:
    name, there = new(), new()
    send(rest, row(there))
    rows = [row(name), row(name, status="revoked", decided_at=NEW), row(there), row(there, purpose="no")]
    before = rest.written()
    imports = rest.sql("SELECT count(*), sum(recorded) FROM consentfeed.imports")
    answer = ok(rest.call("POST", PATH, "admin", json={"source": "crm-2026", "rows": rows, "dry_run": True}))
    assert words(answer["outcomes"]) == ["recorded", "recorded", "unchanged", "invalid purpose"]
    assert answer["import_id"] is None
    assert (rest.written(), rest.sql("SELECT count(*), sum(recorded) FROM consentfeed.imports")) == (before, imports)
    assert words(send(rest, *rows)) == words(answer["outcomes"])


def test_what_somebody_holds_is_that_rows_problem(rest: Rest) -> None:
    held, free = new(), new()
    send(rest, row(held), row(free))
    with rest.database.connect() as holder:
        consent = consents(rest, held)["marketing", "sms"]["id"]
        holder.execute("SELECT FROM consentfeed.consents WHERE id = %s FOR UPDATE", (consent,))
        later = [row(one, status="revoked", decided_at=NEW) for one in (held, free)]
        assert words(send(rest, *later)) == ["busy", "recorded"]
    assert words(send(rest, *later)) == ["recorded", "unchanged"]


def test_many_at_once_register_a_customer_once(rest: Rest) -> None:
    names = [new() for _ in range(20)]
    body: dict[str, Any] = {"source": "crm", "rows": [row(name) for name in names]}
    for answer in rest.at_once(4, lambda: rest.call("POST", PATH, "service", json=body)):
        assert {*words(ok(answer)["outcomes"])} <= {"recorded", "unchanged", "busy"}
    send(rest, *body["rows"])
    assert len(rest.sql("SELECT 1 FROM consentfeed.customers WHERE reference = ANY (%s)", names)) == 20
    assert rest.database.verify() == []


def test_imports_are_listed_with_counts_and_a_report_of_rows(rest: Rest) -> None:
    identity, name = str(uuid4()), new()
    more = {"source": "counted", "import_id": identity}
    send(rest, row(name), row(name, purpose="no"), first_row=1, **more)
    send(rest, row(name), row(name, decided_at=OLD), row(name, status=""), first_row=3, **more)
    page = ok(rest.get("/imports", "admin"), ImportPage)
    found = next(one for one in page["imports"] if one["id"] == identity)
    assert found["source"] == "counted"
    assert found["counts"] == {
        "recorded": 1, "unchanged": 1, "superseded": 1, "skipped": 1, "erased": 0, "refused": 1,
    }  # fmt: skip
    report = ok(rest.get(f"/imports/{identity}/report", "admin"), Report)
    assert report["lines"] == [
        {"row": 2, "code": "invalid", "member": "purpose"}, {"row": 4, "code": "superseded", "member": None},
    ]  # fmt: skip
    problem(rest.call("POST", PATH, "admin", json={"source": "counted", "rows": [row(name)], **more}), "invalid")
    first = rest.json("/imports?limit=1", "admin")
    assert rest.json(f"/imports?limit=1&cursor={first['next']}", "admin")["imports"][0] != first["imports"][0]
    for role in ("csr", "service", "customer"):
        problem(rest.get("/imports", role), "forbidden")
    for role in ("csr", "customer"):
        problem(rest.call("POST", PATH, role, json={"source": "x", "rows": [row(name)]}), "forbidden")


def test_a_request_that_is_none_is_refused_whole(rest: Rest) -> None:
    good = row(new())
    for body in (
        {"source": "crm", "rows": []}, {"source": "crm", "rows": [good] * 1001}, {"rows": [good]},
        {"source": "Nimal's list", "rows": [good]}, {"source": "crm", "rows": [good], "more": 1},
    ):  # fmt: skip
        problem(rest.call("POST", PATH, "service", json=body), "invalid")


def test_the_trail_says_about_whom_something_was_told(rest: Rest) -> None:
    name = new()
    send(rest, row(name))
    customer = consents(rest, name)["marketing", "sms"]["customer_id"]
    line = "SELECT count(*) FROM consentfeed.access_trail WHERE action = 'import-rows' AND %s = ANY (customers)"
    assert rest.sql(line, customer) == [(0,)]
    send(rest, row(name))
    assert rest.sql(line, customer) == [(1,)]
