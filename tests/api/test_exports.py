"""Everything out, once, from one snapshot: whole, or ended by an error."""

import csv
import gzip
import io
import json
import socket
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed import metrics
from consentfeed.api.shapes import ListedConsent
from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.rest import Rest, ok, problem
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

PATH = "/exports/consents"
CSV = {"Accept": "text/csv"}


def export(rest: Rest, query: str = "", role: str = "service", **options: Any) -> httpx.Response:
    answer = rest.get(f"{PATH}{query}", role, **options)
    assert answer.status_code == 200, answer.text
    return answer


def lines(answer: httpx.Response) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The consents, and what the end says."""
    *consents, end = [json.loads(line) for line in answer.text.rstrip("\n").split("\n")]
    return consents, end["end"]


def cells(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def person(rest: Rest, name: str, **known: Any) -> dict[str, Any]:
    customer = str(uuid4())
    body = {"name": name, "reference": f"A-{customer[:8]}", "email": f"{customer[:8]}@example.com", **known}
    assert rest.call("PUT", f"/customers/{customer}", "service", json=body).status_code == 201
    return {"id": customer, **body}


def test_every_consent_once_as_the_list_has_it_with_an_end_that_counts_them(rest: Rest) -> None:
    one = person(rest, 'Back\\slash "quoted" සිංහල', msisdn="+94771112223")
    rest.sql("UPDATE consentfeed.customers SET name = concat(name, E'\\n\\u2028\\x7f\\t') WHERE id = %s", one["id"])
    for consent in rest.sql("SELECT id::text FROM consentfeed.consents WHERE customer_id = %s LIMIT 2", one["id"]):
        ok(rest.decide("grant", consent[0]))
    answer = export(rest)
    consents, end = lines(answer)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert end["position"] == answer.headers["consentfeed-position"] == rest.database.head_id()
    assert end["rows"] == len(consents) == rest.sql("SELECT count(*) FROM consentfeed.consents")[0][0]
    listed = rest.json("/consents?limit=1000")["consents"]
    assert sorted(consents, key=lambda one: one["id"]) == sorted(listed, key=lambda one: one["id"])
    assert {*consents[0]} == {*ListedConsent.__struct_fields__}
    assert one["reference"] in {consent["customer"]["reference"] for consent in consents}


@pytest.mark.parametrize(
    "query",
    ["status=granted", "purpose=marketing&channel=sms", "channel=email&status=pending&status=revoked", "q=filtered",
     "customer={id}", "customer={id}&purpose=profiling", "updated_after={now}", "updated_before={now}", "q={id}",
     "q=8887", "purpose=none"],
)  # fmt: skip
def test_the_filters_are_those_of_the_list(rest: Rest, query: str) -> None:
    person(rest, "Earlier")
    now = rest.sql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")[0][0]
    one = person(rest, "Filtered Out", msisdn="+94771118887")
    ok(rest.decide("grant", rest.json(f"/consents?customer={one['id']}")["consents"][0]["id"]))
    query = query.format(id=one["id"], now=now)
    consents, end = lines(export(rest, f"?{query}", "admin"))
    listed = rest.json(f"/consents?{query}&limit=1000")["consents"]
    assert {consent["id"] for consent in consents} == {consent["id"] for consent in listed}
    assert end["rows"] == len(listed)
    assert bool(listed) == (query != "purpose=none")


def test_csv_is_as_rfc_4180_has_it_and_holds_no_formula(rest: Rest) -> None:
    bad = person(rest, '=HYPERLINK("http://x","y"), z', msisdn="+94771112224", reference="-1+1")
    rest.sql("UPDATE consentfeed.customers SET name = E'@two\\nlines\\tand\\rmore' WHERE id = %s", bad["id"])
    answer = export(rest, f"?customer={bad['id']}", headers=CSV)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.text.count("\r\n") == answer.text.count("\n") == 5
    assert "\r" not in answer.text.replace("\r\n", "")
    row = cells(answer)[0]
    assert (row["name"], row["msisdn"], row["reference"]) == ("'@two lines and more", "'+94771112224", "'-1+1")
    rest.sql("UPDATE consentfeed.customers SET name = %s WHERE id = %s", bad["name"], bad["id"])
    row = cells(export(rest, f"?customer={bad['id']}", headers=CSV))[0]
    assert row["name"] == "'" + bad["name"]
    listed = {one["id"]: one for one in rest.json(f"/consents?customer={bad['id']}")["consents"]}[row["id"]]
    for name in ("purpose", "channel", "status", "updated_at", "customer_id"):
        assert row[name] == listed[name]
    assert row["version"] == "0"
    assert row["granted_at"] == row["notice_version"] == ""


def test_it_is_packed_for_who_takes_that(rest: Rest) -> None:
    for accepted, packed in (("gzip", True), ("br, GZIP;q=0.5", True), ("gzip;q=0", False), ("identity", False)):
        with rest.stream(PATH, {"Authorization": f"Bearer {bearer('service')}", "Accept-Encoding": accepted}) as answer:
            raw = b"".join(answer.iter_raw())
        assert (answer.headers.get("content-encoding") == "gzip") == packed
        text = gzip.decompress(raw) if packed else raw
        assert json.loads(text.splitlines()[-1])["end"]["rows"] == text.count(b"\n") - 1
        assert "Accept-Encoding" in answer.headers["vary"]


def test_who_was_erased_is_null_in_it(rest: Rest) -> None:
    gone = person(rest, "Gone Tomorrow", msisdn="+94771112225")
    assert rest.call("POST", f"/customers/{gone['id']}/erase", "admin", json={"reason": {"code": "asked"}}).is_success
    answer = export(rest, f"?customer={gone['id']}")
    assert all(one["customer"]["name"] is None and one["customer"]["erased_at"] for one in lines(answer)[0])
    for known in (gone["name"], gone["email"], gone["msisdn"], gone["reference"]):
        assert known not in answer.text + export(rest, f"?customer={gone['id']}", headers=CSV).text


def test_one_line_of_the_trail_comes_before_the_answer(rest: Rest) -> None:
    one = person(rest, "Looked At")
    export(rest, f"?customer={one['id']}&purpose=marketing&q=secret")
    line = (
        "SELECT actor_role, filters, rows FROM consentfeed.access_trail"
        " WHERE action = 'export-consents' AND %s = ANY (customers)"
    )
    expected = {"customer": [one["id"]], "purpose": ["marketing"], "search": True}
    assert rest.sql(line, one["id"]) == [("service", expected, 0)]


def test_a_head_request_and_what_is_refused(rest: Rest) -> None:
    answer = rest.call("HEAD", PATH, "admin")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["consentfeed-position"]
    for query in (
        "?limit=9",
        "?cursor=x",
        "?sort=customer",
        "?at=2026-01-01T00:00:00Z",
        "?status=maybe",
        "?customer=x",
    ):
        problem(rest.get(PATH + query, "admin"), "invalid")
    problem(rest.get(PATH, "admin", headers={"If-None-Match": '"x"'}), "invalid")
    for role in ("csr", "customer"):
        problem(rest.get(PATH, role), "forbidden")


@pytest.fixture(scope="module")
def large(shared_database: Sql) -> Sql:
    """More than lies in the buffers between PostgreSQL and a client that does not read."""
    shared_database.run(
        "INSERT INTO consentfeed.customers (name) SELECT repeat('long', 50) FROM generate_series(1, 4000)"
    )
    for purpose in ("marketing", "profiling", "surveys"):
        shared_database.run(f"SELECT consentfeed.give_consents('{purpose}', NULL, 10000)")
    return shared_database


def unread(node: RunningNode, version: str, *headers: str) -> Iterator[socket.socket]:
    """A client that asks, and reads the head of the answer alone."""
    with socket.create_connection(("127.0.0.1", node.port), timeout=30) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lines = [f"GET /api/v1{PATH} HTTP/{version}", f"Host: 127.0.0.1:{node.port}", *headers]
        client.sendall("\r\n".join([*lines, f"Authorization: Bearer {bearer('service')}", "", ""]).encode())
        assert client.recv(12)[-3:] == b"200"
        yield client


def assert_reset(client: socket.socket) -> None:
    """That the connection ends in an error, once what was sent has been read."""
    while True:
        try:
            assert client.recv(1 << 16), "the answer has an end"
        except ConnectionResetError:
            return


def transactions(database: Sql) -> int:
    return int(
        Sql.run_as(
            database.admin_url,
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'consentfeed export'"
            " AND datname = current_database()",
        )[0][0]
    )


def test_a_slow_client_gets_an_error_and_not_a_short_answer_and_holds_no_transaction(
    large: Sql, shared_node: RunningNode, rest: Rest
) -> None:
    endpoint = next(one for one in shared_node.node.endpoints if one.path.endswith(PATH)).handle.__self__  # type: ignore[attr-defined]
    before, endpoint._seconds = endpoint._seconds, 1.0
    ended = metrics.total(metrics.exports, outcome="too-slow")
    try:
        for version in ("1.1", "1.0"):
            for client in unread(shared_node, version):
                assert transactions(large) == 1
                wait_until(lambda: transactions(large) == 0)
                assert_reset(client)
    finally:
        endpoint._seconds = before
    assert metrics.total(metrics.exports, outcome="too-slow") == ended + 2


def test_a_client_that_goes_away_ends_it_and_writes_go_on_meanwhile(
    large: Sql, shared_node: RunningNode, rest: Rest
) -> None:
    for client in unread(shared_node, "1.1"):
        ok(rest.decide("grant", rest.consent()))
        client.close()
    wait_until(lambda: transactions(large) == 0)


def test_no_more_run_at_once_than_may(large: Sql, shared_node: RunningNode, rest: Rest) -> None:
    for _first in unread(shared_node, "1.1"):
        for _second in unread(shared_node, "1.1"):
            assert "Try again" in problem(rest.get(PATH, "service"), "overloaded")["detail"]
    wait_until(lambda: transactions(large) == 0)
    assert export(rest).status_code == 200


def test_an_export_that_postgresql_breaks_off_ends_in_an_error(
    large: Sql, shared_node: RunningNode, rest: Rest
) -> None:
    for client in unread(shared_node, "1.1"):
        Sql.run_as(
            large.admin_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'consentfeed export'",
        )
        assert_reset(client)


def test_the_export_and_the_stream_after_it_are_the_table(rest: Rest) -> None:
    first, second = person(rest, "Before"), rest.consent()
    answer = export(rest)
    for consent in (second, rest.json(f"/consents?customer={first['id']}")["consents"][0]["id"]):
        ok(rest.decide("grant", consent))
    held = {one["id"]: one["version"] for one in lines(answer)[0]}
    page = rest.json(f"/events?after={answer.headers['consentfeed-position']}")
    for event in page["events"]:
        consent = event["data"]["consent"]
        assert consent["version"] == held.get(consent["id"], 0) + 1
        held[consent["id"]] = consent["version"]
    assert held == dict(rest.sql("SELECT id::text, version FROM consentfeed.consents"))
