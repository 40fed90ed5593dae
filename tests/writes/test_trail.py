"""The access trail: what staff and services are shown leaves a line before the answer, without the data itself."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import psycopg
import pytest

from consentfeed import metrics
from consentfeed.api.accesses import AccessPage
from consentfeed.errors import DatabaseAway, Problem
from consentfeed.permissions import Principal
from consentfeed.writes import trail
from consentfeed.writes.trail import Action, Trail
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.rest import REASON, Rest, ok, problem
from tests.support.seed import CUSTOMER, NOBODY, PASSWORD, STAFF
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

NAME, EMAIL, MSISDN = "Zuleika Wickramasinghe", "zuleika.w@example.com", "+94777654321"
STREAM = {"Accept": "text/event-stream"}


class Someone:
    """A member of staff or a service whom no other test knows, and what the trail says of them."""

    def __init__(self, rest: Rest, role: str) -> None:
        self.rest, self.role, self.id = rest, role, str(uuid4())

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.rest.call(method, path, self.role, self.id, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", path, **options)

    def decide(self, action: str, consent: str, **options: Any) -> httpx.Response:
        return self.rest.decide(action, consent, self.role, self.id, **options)

    def lines(self) -> list[tuple[str, set[str], dict[str, Any], int]]:
        """Action, customers, filters and rows of each line, oldest first."""
        return [
            (action, set(customers), filters, rows)
            for action, customers, filters, rows in self.rest.sql(
                "SELECT action, customers::text[], filters, rows FROM consentfeed.access_trail"
                " WHERE actor = %s AND actor_role = %s AND session IS NULL ORDER BY id",
                self.id,
                self.role,
            )
        ]

    def opens(self, query: str = "", after: str | None = None) -> None:
        """Opens a stream, and lets go of it."""
        headers = STREAM | ({"Last-Event-ID": after} if after else {})
        headers["Authorization"] = f"Bearer {bearer(self.role, self.id)}"
        with httpx.stream("GET", f"{self.rest.node.url}/api/v1/events{query}", headers=headers) as answer:
            assert answer.status_code == 200
            next(answer.iter_lines())


@pytest.fixture(params=["csr", "admin", "service"])
def someone(rest: Rest, request: pytest.FixtureRequest) -> Someone:
    return Someone(rest, request.param)


@pytest.fixture
def csr(rest: Rest) -> Someone:
    return Someone(rest, "csr")


@pytest.fixture
def admin(rest: Rest) -> Someone:
    return Someone(rest, "admin")


# What leaves a line


def test_looking_at_a_consent_and_its_history(rest: Rest, someone: Someone) -> None:
    consent = rest.consent()
    owner = rest.owner(consent)
    rest.decide("grant", consent)
    ok(someone.get(f"/consents/{consent}"))
    ok(someone.get(f"/consents/{consent}/history"))
    assert someone.lines() == [("read-consent", {owner}, {}, 1), ("read-history", {owner}, {}, 1)]


def test_listing_consents(rest: Rest, someone: Someone) -> None:
    one, other = rest.customer(), rest.customer()
    filters = f"customer={one}&customer={other}&purpose=marketing&channel=sms&channel=email&status=pending"
    assert len(ok(someone.get(f"/consents?{filters}&limit=3"))["consents"]) == 3
    kept = {
        "customer": [one, other],
        "purpose": ["marketing"],
        "channel": ["sms", "email"],
        "status": ["pending"],
    }
    ok(someone.get(f"/consents?q={one}"))
    assert someone.lines() == [("list-consents", {one, other}, kept, 3), ("list-consents", {one}, {"search": True}, 4)]


def test_a_page_of_a_list_names_those_whom_it_shows_and_not_the_next_one(rest: Rest, csr: Someone) -> None:
    page = ok(csr.get("/consents?limit=1&sort=customer"))
    further = ok(csr.get(f"/consents?limit=1&sort=customer&cursor={page['next']}"))
    shown = [{one["consents"][0]["customer_id"]} for one in (page, further)]
    assert [line[1] for line in csr.lines()] in (shown, shown[:1])


def test_looking_customers_up(rest: Rest, someone: Someone) -> None:
    customer = rest.customer("Unique" + uuid4().hex[:12])
    name = ok(someone.get(f"/customers/{customer}"))["name"]
    ok(someone.get("/customers", params={"q": name}))
    assert someone.lines() == [
        ("read-customer", {customer}, {}, 1),
        ("list-customers", {customer}, {"search": True}, 1),
    ]


@pytest.mark.parametrize("role", ["admin", "service"])
def test_registering_and_changing_a_customer(rest: Rest, role: str) -> None:
    someone, customer = Someone(rest, role), str(uuid4())
    assert someone.call("PUT", f"/customers/{customer}", json={"name": NAME, "email": EMAIL}).status_code == 201
    assert someone.lines() == [("register-customer", {customer}, {}, 1)]
    other = Someone(rest, role)
    ok(other.call("PUT", f"/customers/{customer}", json={"name": NAME}))
    assert other.lines() == [("register-customer", {customer}, {}, 1)]
    (newest, *_) = accesses(rest, f"?customer={customer}&action=register-customer")["accesses"]
    assert newest["actor"]["id"] == other.id


def test_opening_a_stream(rest: Rest, someone: Someone) -> None:
    customer = rest.customer()
    someone.opens()
    someone.opens(f"?customer={customer}&purpose=marketing&channel=sms&type=revoked", "0-00000000")
    ((origin,),) = rest.sql("SELECT '0-' || left(encode(hash, 'hex'), 8) FROM consentfeed.events WHERE seq = 0")
    filters = {
        "customer": [customer],
        "purpose": ["marketing"],
        "channel": ["sms"],
        "type": ["revoked"],
        "after": origin,
    }
    assert someone.lines() == [("open-stream", set(), {}, 0), ("open-stream", {customer}, filters, 0)]


def test_exporting_the_feed(rest: Rest, someone: Someone) -> None:
    before = rest.database.head_id()
    consents = rest.consents(2)
    for consent in consents:
        rest.decide("grant", consent)
    rest.decide("revoke", consents[0])
    page = ok(someone.get(f"/events?after={before}"))
    owners = {event["data"]["user"]["id"] for event in page["events"]}
    assert owners >= {rest.owner(consent) for consent in consents}
    assert someone.lines() == [("read-events", owners, {"after": before}, len(page["events"]))]


def test_a_place_that_is_none_is_not_kept(csr: Someone) -> None:
    csr.opens(after=NAME.replace(" ", ""))
    ((_, _, filters, _),) = csr.lines()
    assert filters["after"].partition("-")[0].isdigit()


def test_accounts_and_sessions_of_customers(rest: Rest, admin: Someone) -> None:
    customer = rest.customer()
    account = {"email": f"{uuid4()}@example.com", "role": "customer", "customer_id": customer}
    assert admin.call("POST", "/users", json=account).status_code == 201
    ok(admin.get("/users", params={"q": account["email"]}))
    rest.sql(
        "INSERT INTO consentfeed.sessions (user_id, token_sha256, expires_at)"
        " SELECT id, sha256(id::text::bytea), now() + interval '100 days'"
        " FROM consentfeed.users WHERE id = ANY (%s::uuid[])",
        [customer, STAFF["csr"]],
    )
    assert len(ok(admin.get("/sessions?limit=2"))["sessions"]) == 2
    assert admin.lines() == [
        ("read-account", {customer}, {}, 1),
        ("list-accounts", {customer}, {"search": True}, 1),
        ("list-sessions", {customer}, {}, 1),
    ]


def test_accounts_of_staff_are_no_customers_data(admin: Someone) -> None:
    ok(admin.get("/users?q=csr@example.com"))
    assert admin.lines() == []


def test_a_decision_that_changed_nothing_shows_what_no_event_tells_of(rest: Rest, someone: Someone) -> None:
    consent = rest.consent()
    assert ok(someone.decide("grant", consent))["event"]
    assert someone.lines() == [], "the log says who it was"
    assert ok(someone.decide("grant", consent))["event"] is None
    assert someone.lines() == [("repeat-decision", {rest.owner(consent)}, {}, 1)]


def test_of_many_decisions_those_that_changed_nothing(rest: Rest, someone: Someone) -> None:
    old, new = rest.consents(2)
    rest.decide("revoke", old)
    asked = [{"action": "revoke", "consent_id": one, **REASON} for one in (old, new, NOBODY)]
    assert len(ok(someone.call("POST", "/decisions", json={"decisions": asked}))["outcomes"]) == 3
    assert someone.lines() == [("repeat-decision", {rest.owner(old)}, {}, 1)]


def test_reading_the_trail(rest: Rest, admin: Someone) -> None:
    customer = rest.customer()
    ok(admin.get(f"/accesses?customer={customer}&action=read-customer&until=2026-01-01T05:30:00%2B05:30"))
    kept = {"customer": customer, "action": "read-customer", "until": "2026-01-01T00:00:00.000000Z"}
    assert admin.lines() == [("read-trail", set(), kept, 0)]


def test_a_session_is_named(rest: Rest) -> None:
    customer = rest.customer()
    with httpx.Client(base_url=rest.node.url) as browser:
        told = {"email": "csr@example.com", "password": PASSWORD}
        assert browser.post("/api/v1/auth/login", json=told).status_code == 200
        assert browser.get(f"/api/v1/customers/{customer}").status_code == 200
    ((actor, role, session),) = rest.sql(
        "SELECT actor::text, actor_role, session FROM consentfeed.access_trail WHERE customers = ARRAY[%s::uuid]",
        customer,
    )
    assert (actor, role) == (STAFF["csr"], "csr")
    assert rest.sql("SELECT user_id::text FROM consentfeed.sessions WHERE id = %s", session) == [(STAFF["csr"],)]


# What leaves none


def test_what_customers_see_of_their_own_leaves_no_line(rest: Rest) -> None:
    consent = rest.consent()
    customer = rest.owner(consent)
    everything = "SELECT count(*) FROM consentfeed.access_trail"
    before = rest.sql(everything)
    for path in ("/customer/consents", f"/consents/{consent}", f"/consents/{consent}/history", "/auth/me"):
        ok(rest.get(path, "customer", subject=customer))
    for _ in range(2):
        ok(rest.decide("grant", consent, "customer", customer))
    ok(rest.get("/events?after=0-00000000", "customer", subject=customer))
    rest.node.tail("customer", subject=customer).close()
    assert rest.sql(everything) == before


@pytest.mark.parametrize("told", [{"name": " "}, {"name": "A", "msisdn": "x"}, {"nmae": "A"}])
def test_what_is_not_registered_leaves_no_line(rest: Rest, admin: Someone, told: dict[str, str]) -> None:
    problem(admin.call("PUT", f"/customers/{uuid4()}", json=told), "invalid")
    assert admin.lines() == []


def test_what_is_refused_or_shows_nobody_leaves_no_line(rest: Rest, csr: Someone) -> None:
    refused = {
        f"/consents/{NOBODY}": 404,
        f"/consents/{NOBODY}/history": 404,
        f"/customers/{NOBODY}": 404,
        "/customers?limit=0": 422,
        "/consents?nothing=1": 422,
        "/events?type=nothing": 422,
        f"/events?after={10**9}-00000000": 410,
        "/accesses": 403,
        "/users": 403,
        f"/consents?customer={NOBODY}": 200,
        "/customers?q=nobodyiscalledthis": 200,
        f"/consents/{rest.consent()}/history": 200,
        "/events": 200,
    }
    assert {path: csr.get(path).status_code for path in refused} == refused
    assert csr.decide("grant", NOBODY).status_code == 404
    assert csr.get("/events?purpose=nothing", headers=STREAM).status_code == 422
    assert csr.lines() == []


def test_a_service_that_polls_the_feed_leaves_lines_for_what_it_gets_alone(rest: Rest) -> None:
    service = Someone(rest, "service")
    place = rest.database.head_id()
    for _ in range(20):
        place = ok(service.get(f"/events?after={place}"))["next"]
    assert service.lines() == []
    rest.decide("grant", rest.consent())
    for _ in range(20):
        place = ok(service.get(f"/events?after={place}"))["next"]
    ((action, _, _, rows),) = service.lines()
    assert (action, rows) == ("read-events", 1)


IDS_AND_TIMES = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+-[0-9a-f]{8}|[\d-]{10}T[\d:.]+\+00:00")


def strings(value: Any) -> Iterator[str]:
    """All values that are text."""
    if isinstance(value, str):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(member)


def test_nothing_of_a_name_a_number_or_a_search_gets_into_the_trail(rest: Rest, admin: Someone) -> None:
    customer = rest.customer(NAME, EMAIL, MSISDN)
    texts = ["Zuleika", "wickrama", EMAIL, MSISDN, "077 765 4321"]
    for text in texts:
        for path in ("/customers", "/consents", "/users"):
            assert admin.get(path, params={"q": text}).status_code == 200
        assert admin.get("/consents", params={"purpose": ["marketing", text], "limit": 1}).status_code == 200
        assert admin.get("/consents", params={"channel": ["sms", text], "limit": 1}).status_code == 200
        assert admin.get("/events", params={"after": text}).status_code == 410
        admin.opens(f"?after={text.strip('+ ').replace(' ', '')}")
        assert admin.get("/accesses", params={"actor": text}).status_code == 422
    ok(admin.get(f"/customers/{customer}"))
    page = ok(admin.get("/customers", params={"q": "Zuleika", "limit": 1}))
    ok(admin.get("/customers", params={"cursor": page["next"]} if page["next"] else {}))
    sorted_by_name = ok(admin.get("/consents", params={"q": "Zuleika", "sort": "customer", "limit": 1}))
    ok(admin.get("/consents", params={"q": "Zuleika", "sort": "customer", "cursor": sorted_by_name["next"]}))
    found = rest.sql("SELECT to_jsonb(line) FROM consentfeed.access_trail AS line WHERE actor = %s", admin.id)
    assert sum(customer in line["customers"] for (line,) in found) >= 5
    texts_kept = {text for (line,) in found for text in strings(line) if not IDS_AND_TIMES.fullmatch(text)}
    assert texts_kept <= {*Action.__args__, "admin", "marketing", "sms"}  # type: ignore[attr-defined]


# Before the answer


@contextmanager
def held(rest: Rest) -> Iterator[psycopg.Connection]:
    """Nobody can write to the trail; reading goes on."""
    with rest.database.connect() as holder:
        holder.execute("LOCK TABLE consentfeed.access_trail IN SHARE MODE")
        yield holder


def waits(rest: Rest) -> bool:
    """Whether the trail's commit waits for the lock."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%record_accesses%'"
    )
    return bool(Sql.run_as(rest.database.admin_url, statement)[0][0])


@pytest.mark.parametrize(
    "request_",
    [
        lambda admin, consent: admin.get(f"/consents/{consent}"),
        lambda admin, consent: admin.get(f"/consents/{consent}/history"),
        lambda admin, consent: admin.get(f"/consents?customer={admin.rest.owner(consent)}"),
        lambda admin, consent: admin.get(f"/customers/{admin.rest.owner(consent)}"),
        lambda admin, consent: admin.get(f"/customers?q={admin.rest.owner(consent)}"),
        lambda admin, consent: admin.get("/events?after=0-00000000"),
        lambda admin, consent: admin.opens(),
        lambda admin, consent: admin.decide("grant", consent),
        lambda admin, consent: admin.get("/users?q=customer@example.com"),
        lambda admin, consent: admin.get("/accesses"),
    ],
    ids=["one", "history", "list", "customer", "customers", "page", "stream", "decision", "accounts", "trail"],
)
def test_no_answer_leaves_before_its_line_is_committed(
    rest: Rest, admin: Someone, request_: Callable[[Someone, str], Any]
) -> None:
    consent = rest.consent()
    rest.decide("grant", consent)
    with ThreadPoolExecutor(1) as pool, held(rest) as holder:
        answer = pool.submit(request_, admin, consent)
        wait_until(lambda: waits(rest) or answer.done())
        assert not answer.done()
        holder.rollback()
        answer.result(10)
    assert len(admin.lines()) == 1


def test_where_no_line_can_be_written_the_answer_is_busy_and_then_there_is_a_line(rest: Rest, csr: Someone) -> None:
    customer = rest.customer()
    with held(rest):
        answer = csr.get(f"/customers/{customer}")
        problem(answer, "busy")
        assert answer.headers["retry-after"]
    assert csr.lines() == []
    ok(csr.get(f"/customers/{customer}"))
    assert len(csr.lines()) == 1, "what failed is not taken for noted"


def test_where_no_line_can_be_written_a_customer_is_not_changed(rest: Rest, admin: Someone) -> None:
    customer = rest.customer(NAME)
    with held(rest):
        problem(admin.call("PUT", f"/customers/{customer}", json={"name": "Somebody Else"}), "busy")
    assert ok(rest.get(f"/customers/{customer}"))["name"] == NAME
    ok(admin.call("PUT", f"/customers/{customer}", json={"name": "Somebody Else"}))
    assert admin.lines() == [("register-customer", {customer}, {}, 1)]


def test_where_postgresql_goes_away_under_the_line_the_answer_says_so(rest: Rest, csr: Someone) -> None:
    customer = rest.customer()
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE '%record_accesses%' AND wait_event_type = 'Lock'"
    )
    with ThreadPoolExecutor(1) as pool, held(rest):
        answer = pool.submit(csr.get, f"/customers/{customer}")
        wait_until(lambda: Sql.run_as(rest.database.admin_url, kill))
        problem(answer.result(10), "database-away")
    assert csr.lines() == []


def test_where_postgresql_refuses_the_line_the_answer_tells_nothing(rest: Rest, csr: Someone) -> None:
    customer = rest.customer("Somebody Secret")
    right = "EXECUTE ON FUNCTION consentfeed.record_accesses(jsonb)"
    rest.sql(f"REVOKE {right} FROM consentfeed_app")
    try:
        answer = csr.get(f"/customers/{customer}")
    finally:
        rest.sql(f"GRANT {right} TO consentfeed_app")
    problem(answer, "internal")
    assert "Secret" not in answer.text
    assert csr.lines() == []


def test_a_revocation_that_changes_something_does_not_wait_for_the_trail(rest: Rest, csr: Someone) -> None:
    consent = rest.consent()
    with held(rest):
        assert ok(csr.decide("revoke", consent))["event"]


def test_decisions_that_may_have_been_recorded_are_unknown_where_the_trail_fails(rest: Rest, csr: Someone) -> None:
    old, new = rest.consents(2)
    rest.decide("revoke", old)
    asked = {"decisions": [{"action": "revoke", "consent_id": one, **REASON} for one in (old, new)]}
    key = {"Idempotency-Key": str(uuid4())}
    with held(rest):
        problem(csr.call("POST", "/decisions", json=asked, headers=key), "outcome-unknown")
    outcomes = ok(csr.call("POST", "/decisions", json=asked, headers=key))["outcomes"]
    assert [one["event"] is None for one in outcomes] == [True, False]


# Many at once, and the same again


def opened(rest: Rest, token: str) -> socket.socket:
    """A connection that has asked for a stream, and not read the answer."""
    connection = socket.create_connection(("127.0.0.1", rest.node.port))
    head = (
        "GET /api/v1/events HTTP/1.1",
        "Host: localhost",
        "Accept: text/event-stream",
        f"Authorization: Bearer {token}",
    )
    connection.sendall("".join(f"{line}\r\n" for line in (*head, "")).encode())
    return connection


def test_two_hundred_streams_that_open_at_once_are_two_commits(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    record, all_wait = rest.node.node.trail._record, threading.Event()

    async def when_all_wait(lines: str) -> None:
        while not all_wait.is_set():
            await asyncio.sleep(0.01)
        await record(lines)

    monkeypatch.setattr(rest.node.node.trail, "_record", when_all_wait)
    subjects = [str(uuid4()) for _ in range(200)]
    commits = metrics.total(metrics.trail_commits)
    lines = metrics.total(metrics.trail_lines)
    connections = []
    try:
        connections = [opened(rest, bearer("csr", subject)) for subject in subjects]
        # Those that came first are in the first commit, all others wait for it.
        wait_until(lambda: metrics.total(metrics.trail_waiting) == 200)
        all_wait.set()
        for connection in connections:
            assert connection.recv(15).startswith(b"HTTP/1.1 200 OK")
    finally:
        for connection in connections:
            connection.close()
    assert metrics.total(metrics.trail_lines) - lines == 200
    assert metrics.total(metrics.trail_commits) - commits <= 2
    assert metrics.total(metrics.trail_waiting) == 0
    lines_of = "SELECT count(*) FROM consentfeed.access_trail WHERE actor = ANY (%s::uuid[]) AND action = 'open-stream'"
    assert rest.sql(lines_of, subjects) == [(200,)]


def test_the_same_again_within_a_minute_is_no_new_line(
    rest: Rest, csr: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, other = rest.customer(), rest.customer()
    for _ in range(10):
        ok(csr.get(f"/customers/{customer}"))
    assert len(csr.lines()) == 1
    ok(csr.get(f"/customers/{other}"))
    assert len(csr.lines()) == 2
    colleague = Someone(rest, "csr")
    ok(colleague.get(f"/customers/{customer}"))
    assert len(colleague.lines()) == 1
    monkeypatch.setattr(trail, "SAME_SECONDS", 0.0)
    ok(csr.get(f"/customers/{customer}"))
    assert len(csr.lines()) == 3


def test_a_list_that_shows_somebody_else_is_not_the_same_again(rest: Rest, csr: Someone) -> None:
    word = "W" + uuid4().hex[:12]
    shown: set[str] = set()
    for _ in range(3):
        shown.add(rest.customer(f"Somebody {word}"))
        for _ in range(2):
            ok(csr.get(f"/customers?q={word}"))
        assert csr.lines()[-1] == ("list-customers", shown, {"search": True}, len(shown))
    assert len(csr.lines()) == 3


def test_the_same_at_once_waits_for_the_one_line(rest: Rest, csr: Someone) -> None:
    customer = rest.customer()
    with ThreadPoolExecutor(5) as pool, held(rest) as holder:
        answers = [pool.submit(csr.get, f"/customers/{customer}") for _ in range(5)]
        wait_until(lambda: waits(rest))
        time.sleep(0.2)  # whoever does not wait would be through by now
        assert not any(answer.done() for answer in answers)
        holder.rollback()
        for answer in answers:
            ok(answer.result(10))
    assert len(csr.lines()) == 1


# The trail by itself


def principal() -> Principal:
    return Principal(str(uuid4()), "csr@example.com", "csr", datetime.now(UTC) + timedelta(hours=1), None)


def test_too_many_that_wait_are_overloaded_and_an_end_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "_WAITING", 3)
    begun = threading.Event()

    async def never(_lines: str) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def run() -> list[Any]:
        lines = Trail(never)
        notes = [asyncio.create_task(lines.note(principal(), "read-consent", [CUSTOMER])) for _ in range(3)]
        while not begun.is_set():
            await asyncio.sleep(0)
        # As many as may wait are being written: the next are too many.
        notes += [asyncio.create_task(lines.note(principal(), "read-consent", [CUSTOMER])) for _ in range(2)]
        await asyncio.sleep(0)
        lines.close()
        return await asyncio.gather(*notes, return_exceptions=True)

    became = asyncio.run(run())
    assert [error.code for error in became if isinstance(error, Problem)] == ["draining"] * 3 + ["overloaded"] * 2


def test_a_batch_holds_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "_BATCH_BYTES", 1000)
    batches: list[list[dict[str, Any]]] = []

    async def record(batch: str) -> None:
        batches.append(msgspec.json.decode(batch))

    async def run(ids: int, times: int) -> list[int]:
        batches.clear()
        lines = Trail(record)
        notes = [lines.note(principal(), "list-customers", [uuid4() for _ in range(ids)]) for _ in range(times)]
        await asyncio.gather(*notes)
        return [len(batch) for batch in batches]

    assert asyncio.run(run(1, 10)) == [6, 4], "a line of one id is some 200 bytes"
    assert asyncio.run(run(25, 3)) == [1, 1, 1], "one that is larger than a batch goes alone"


def test_one_that_stops_waiting_does_not_stop_the_others_nor_the_line() -> None:
    async def run() -> list[Any]:
        written, go = [], asyncio.Event()

        async def record(batch: str) -> None:
            await go.wait()
            written.append(batch)

        lines, who = Trail(record), principal()
        first, second = (asyncio.create_task(lines.note(who, "read-consent", [CUSTOMER])) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        go.set()
        await second
        return written

    assert len(asyncio.run(run())) == 1


def test_a_failure_is_told_to_all_and_remembered_for_none() -> None:
    async def run() -> tuple[list[Any], int]:
        tries = 0

        async def record(_lines: str) -> None:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise DatabaseAway

        lines, who = Trail(record), principal()
        notes = [lines.note(who, "read-consent", [CUSTOMER]) for _ in range(3)]
        became = await asyncio.gather(*notes, return_exceptions=True)
        await lines.note(who, "read-consent", [CUSTOMER])
        await lines.note(who, "read-consent", [CUSTOMER])
        return became, tries

    became, tries = asyncio.run(run())
    assert [type(error) for error in became] == [DatabaseAway] * 3
    assert tries == 2


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "_REMEMBERED", 10)

    async def record(_lines: str) -> None: ...

    async def run() -> int:
        lines = Trail(record)
        for _ in range(50):
            await lines.note(principal(), "read-consent", [CUSTOMER])
        return len(lines._entries)

    assert asyncio.run(run()) <= 10


# Reading it


def accesses(rest: Rest, query: str = "", **options: Any) -> Any:
    return ok(rest.get(f"/accesses{query}", "admin", **options), AccessPage)


def test_the_trail_is_read_by_admins_newest_first(rest: Rest) -> None:
    customer = rest.customer()
    csr, service = Someone(rest, "csr"), Someone(rest, "service")
    ok(csr.get(f"/consents?customer={customer}&purpose=marketing"))
    ok(service.get(f"/customers/{customer}"))
    ok(rest.get(f"/customers/{customer}", "csr"))
    found = accesses(rest, f"?customer={customer}")
    assert found["next"] is None
    lines = found["accesses"]
    assert [(line["actor"], line["action"], line["filters"], line["rows"]) for line in lines] == [
        ({"id": STAFF["csr"], "role": "csr", "email": "csr@example.com", "name": None}, "read-customer", {}, 1),
        ({"id": service.id, "role": "service", "email": None, "name": None}, "read-customer", {}, 1),
        ({"id": csr.id, "role": "csr", "email": None, "name": None}, "list-consents",
         {"customer": [customer], "purpose": ["marketing"]}, 2),
    ]  # fmt: skip
    assert all(line["customers"] == [customer] for line in lines)
    assert lines[0]["id"] > lines[1]["id"] > lines[2]["id"]
    for line in lines:
        assert abs(datetime.fromisoformat(line["at"]) - datetime.now(UTC)) < timedelta(minutes=1)
        assert line["at"].endswith("Z")
        assert len(line["at"]) == 27


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_pages_hold_each_line_once(rest: Rest, limit: int) -> None:
    csr = Someone(rest, "csr")
    customers = [rest.customer() for _ in range(7)]
    for customer in customers:
        ok(csr.get(f"/customers/{customer}"))
    seen: list[str] = []
    further: str | None = ""
    while further is not None:
        page = accesses(rest, f"?actor={csr.id}&limit={limit}{further}")
        assert len(page["accesses"]) <= limit
        seen += [line["customers"][0] for line in page["accesses"]]
        further = page["next"] and f"&cursor={page['next']}"
    assert seen == customers[::-1]


def test_the_trail_is_filtered_by_actor_action_and_time(rest: Rest) -> None:
    csr, customer = Someone(rest, "csr"), rest.customer()
    ok(csr.get(f"/customers/{customer}"))
    ok(csr.get(f"/consents?customer={customer}"))
    newest, oldest = accesses(rest, f"?actor={csr.id}")["accesses"]

    def found(query: str) -> list[int]:
        return [line["id"] for line in accesses(rest, f"?actor={csr.id}&{query}")["accesses"]]

    assert found("action=read-customer") == [oldest["id"]]
    assert found("action=read-history") == []
    assert found(f"since={newest['at']}") == [newest["id"]]
    assert found(f"until={newest['at']}") == [oldest["id"]]
    there = datetime.fromisoformat(newest["at"]).astimezone(datetime.strptime("+0530", "%z").tzinfo)
    assert found(f"since={there.isoformat().replace('+', '%2B')}") == [newest["id"]]
    assert found(f"since={newest['at']}&until={newest['at']}") == []
    assert found("since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z") == [newest["id"], oldest["id"]]


@pytest.mark.parametrize(
    "query",
    [
        "customer=me",
        "customer=",
        "since=",
        "until=",
        "action=",
        f"customer={CUSTOMER}&customer={NOBODY}",
        "actor=csr@example.com",
        "action=look",
        "since=yesterday",
        "since=2026-01-01T00:00:00",
        "since=2026-01-01",
        "until=0001-01-01T00:00:00%2B14:00",
        "limit=0",
        "limit=1001",
        "cursor=x",
        "cursor=WyJhdCIsIm5vdyIsImZmZmZmZmZmLWZmZmYtZmZmZi1mZmZmLWZmZmZmZmZmZmZmZiJd",
        "cursor=WyJhdCIsInhZWiIsIjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMSJd",
        "who=me",
    ],
)
def test_what_cannot_be_asked_of_the_trail_is_invalid(rest: Rest, query: str) -> None:
    assert problem(rest.get(f"/accesses?{query}", "admin"), "invalid")["detail"]


@pytest.mark.parametrize(("role", "code"), [("csr", "forbidden"), ("service", "forbidden"), ("customer", "forbidden")])
def test_the_trail_is_for_admins(rest: Rest, role: str, code: str) -> None:
    problem(rest.get("/accesses", role), code)


# How long it is kept


def test_a_node_forgets_what_is_older_than_the_setting_says(database: Sql, start_node: StartNode) -> None:
    database.run(
        "INSERT INTO consentfeed.access_trail (at, actor, actor_role, action, customers, filters, rows)"
        " SELECT now() - age * interval '1 day', gen_random_uuid(), 'csr', 'read-trail', '{}', '{}', age"
        " FROM unnest('{39,41,400}'::int[]) AS age"
    )
    start_node(trail_days=40)
    left = "SELECT array_agg(rows) FROM consentfeed.access_trail"
    wait_until(lambda: database.run(left) != [([39, 41, 400],)])
    assert database.run(left) == [([39],)]


def test_names_of_customers_are_told_where_they_are_asked_for_and_that_is_a_look_at_them(rest: Rest) -> None:
    known, csr = rest.customer("Somebody Known"), Someone(rest, "csr")
    ok(csr.get(f"/customers/{known}"))
    plain = accesses(rest, f"?customer={known}")
    assert plain["names"] == {}
    assert [line["action"] for line in plain["accesses"]] == ["read-customer"]
    named = accesses(rest, f"?customer={known}&names=true")
    assert named["names"] == {known: "Somebody Known"}
    looks = accesses(rest, f"?customer={known}&action=read-trail")["accesses"]
    assert [line["customers"] for line in looks] == [[known]]


def test_a_line_names_who_asked_by_the_accounts_name(rest: Rest) -> None:
    add = "SELECT consentfeed.add_user(gen_random_uuid() || '@example.com', 'csr', NULL, NULL, 'Ishara Silva')::text"
    ((account,),) = rest.sql(add)
    ok(rest.call("GET", f"/customers/{rest.customer()}", "csr", account))
    (line,) = accesses(rest, f"?actor={account}")["accesses"]
    assert line["actor"]["name"] == "Ishara Silva"
