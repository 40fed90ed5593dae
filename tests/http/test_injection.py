"""What somebody writes into a text never becomes anything but that text: not a line of a stream, a header, a log.

Each text is either refused and nothing is written, or comes out as it went in, at every place that shows it.
"""

import base64
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.node_process import NodeProcess
from tests.support.rest import GRANT, REASON, Rest, problem
from tests.support.seed import CUSTOMER, PASSWORD
from tests.support.sql import PASSWORD as SQL_PASSWORD
from tests.support.tokens import bearer

SETTINGS = {  # an identity provider that is away
    "issuer": "http://127.0.0.1:1",
    "client_id": "consentfeed",
    "passwords": "true",
    "log_level": "debug",
}
MARK = "zq9x"  # in every text, so that it can be looked for where it must not be
TEXTS = {
    name: text.replace("*", MARK)
    for name, text in {
        "line feed": "*\n*",
        "carriage return": "*\r*",
        "both": "*\r\n*",
        "a block of its own": '*\n\nid: 9-00000000\nevent: reset\ndata: {"reason":"forked"}\n\n',
        "a line at the end": "*\n",
        "NUL": "*\0*",
        "half of a surrogate pair": "*\ud83d*",
        "the end of a script": "*</script><script>alert(1)</script>",
        "markup": "*<img src=x onerror=alert(1)>&amp;",
        "line and paragraph separators": "*\u2028*\u2029*",
        "next line, vertical tab, form feed": "*\x85*\v*\f*",
        "a right-to-left mark": "*\u200f*",
        "right-to-left overrides": "*\u202e*\u2066*\u2069",
        "a byte order mark": "\ufeff*\ufeff",
        "composed and combining": "*\u00e9e\u0301\u0323",
        "joined emoji": "*\U0001f469\u200d\U0001f469\u200d\U0001f467\U0001d11e",
        "a field of a block": "data: *",
        "an id": "id: *",
        "an event": "event: *",
        "a comment": ": *",
        "a folded header": "*\r\n X-Injected: *",
        "a header, percent-encoded": "*%0d%0aX-Injected:%20*",
        "quotes and backslashes": "*\"'\\\\n\\u0000{}$1;--",
        "terminal codes": "*\x1b[31m*\x9b2J*\x7f",
    }.items()
}
KEPT_BY_SQL = {name: text for name, text in TEXTS.items() if name not in ("NUL", "half of a surrogate pair")}


@pytest.fixture(scope="module")
def served(shared_database: Sql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """The service as it is run."""
    log = tmp_path_factory.mktemp("injection") / "log"
    with NodeProcess(shared_database.app_url, log, SETTINGS) as served:
        served.start()
        yield served


@pytest.fixture(scope="module")
def rest(served: NodeProcess, shared_database: Sql) -> Iterator[Rest]:
    """That node as its clients see it."""
    rest = Rest(cast(RunningNode, served), shared_database)
    yield rest
    rest.close()


@pytest.fixture(autouse=True)
def nothing_of_it_is_logged(served: NodeProcess) -> Iterator[None]:
    """The log is one JSON object a line, and holds nothing of what these tests send."""
    before = served.log.stat().st_size
    yield
    logged = served.log.read_bytes()[before:]
    assert MARK.encode() not in logged
    for line in logged.split(b"\n")[:-1]:
        assert isinstance(json.loads(line), dict)


def sent(value: Any) -> bytes:
    """JSON; half of a surrogate pair is written as an escape."""
    return json.dumps(value).encode()


# One event in, one event out


def raw_blocks(rest: Rest, after: str, customer: str, upto: str, role: str = "csr") -> list[bytes]:
    """What the wire holds between a place and an event, block by block, without heartbeats."""
    token = bearer(role, customer if role == "customer" else None)
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}", "Last-Event-ID": after}
    wire = b""
    with rest.stream(f"/events?customer={customer}", headers) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_raw():
            wire += chunk
            if re.search(rb"(?:^|\n)id: %b\n[^\n]+\n[^\n]+\n\n" % upto.encode(), wire):
                break
    assert b"\r" not in wire
    return [block for block in wire.split(b"\n\n")[:-1] if b"event: heartbeat\n" not in block]


def one_event(rest: Rest, consent: str, decide: Callable[[], Any]) -> dict[str, Any]:
    """What one decision shows: the same data everywhere, in exactly one block of exactly three lines."""
    customer = rest.owner(consent)
    before = rest.database.head_id()
    decide()
    last = rest.decide("revoke", consent, "customer", customer, json={}).json()["event"]["id"]
    sentinel = rest.database.head_id()
    assert int(sentinel.split("-")[0]) == int(before.split("-")[0]) + 2
    blocks = raw_blocks(rest, before, customer, sentinel)
    assert [len(block.split(b"\n")) for block in blocks] == [2, 3, 3], blocks
    found = data_of(blocks[1])
    # A customer resumes from the zero id: places are sealed.
    own = raw_blocks(rest, "0-00000000", customer, last, "customer")
    assert data_of(own[-2]) == found
    page = rest.json(f"/events?after={before}&customer={customer}")["events"]
    history = rest.history(consent)
    assert [event["data"] for event in page] == [event["data"] for event in history[-2:]]
    assert page[0]["data"] == found
    (listed,) = [one for one in consents_of(rest, customer) if one["id"] == consent]
    assert listed["status"] == "revoked"
    return found


def data_of(block: bytes) -> dict[str, Any]:
    """The data of a block that is an event."""
    place, event, data = block.split(b"\n")
    assert place.startswith(b"id: ")
    assert event == b"event: consent-updated"
    found: dict[str, Any] = json.loads(data.removeprefix(b"data: "))
    return found


def consents_of(rest: Rest, customer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rest.json(f"/consents?customer={customer}")["consents"]
    return found


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("member", ["text", "reference", "code"])
@pytest.mark.parametrize("route", ["one", "many"])
def test_a_reason_is_refused_or_one_event_shows_it_as_it_was_sent(
    rest: Rest, route: str, member: str, text: str
) -> None:
    consent, before = rest.consent(), rest.written()
    before = rest.written()
    body: Any = {"notice_version": 1, "reason": {"code": "phone-call", member: text}}
    path = f"/consents/{consent}/grant"
    if route == "many":
        path, body = "/decisions", {"decisions": [{"action": "grant", "consent_id": consent, **body}]}
    became: list[str] = []

    def decide() -> None:
        answer = rest.call("POST", path, "csr", content=sent(body))
        problems = [answer.json()] if answer.status_code != 200 else answer.json().get("outcomes", [])
        became.extend(one["problem"]["type"] for one in problems if "problem" in one)
        if answer.status_code != 200:
            problem(answer, "invalid")
            became.append("/problems/invalid")

    if not fits(member, text):
        decide()
        assert became == ["/problems/invalid"]
        assert rest.written() == before
    else:
        assert one_event(rest, consent, decide)["reason"][member] == text
        assert not became


def test_what_is_written_in_a_request_is_refused_or_comes_out_as_it_went_in(rest: Rest) -> None:
    customer, kept = rest.customer(), []
    for text in TEXTS.values():
        before = rest.written()
        content = sent({"kind": "access", "text": text})
        answer = rest.call("POST", "/rights-requests", "customer", customer, content=content)
        if fits("text", text):
            request = answer.json()["request"]["id"]
            assert rest.json(f"/rights-requests/{request}")["texts"][0]["text"] == text
            assert MARK not in json.dumps(rest.json(f"/rights-requests/{request}/history"))
            kept.append((request, text))
        else:
            problem(answer, "invalid")
            assert rest.written() == before
    package = rest.json(f"/rights-requests/{kept[0][0]}/package")
    assert {one["texts"][0]["text"] for one in package["rights_requests"]} == {text for _, text in kept}
    page = rest.get(f"/rights-requests/{kept[0][0]}/package", headers={"Accept": "text/html"}).text
    assert page.count(MARK) >= len(kept)
    assert not re.search(rf"{MARK}[^<]*<(?!/pre>|/td>)|<(script|img)", page)


def fits(member: str, text: str) -> bool:
    """What each member of a reason promises to take."""
    if "\0" in text or "\ud83d" in text:
        return False
    return {
        "text": True,
        "reference": not re.search(r"[\x00-\x1f\x7f-\x9f]", text),
        "code": re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", text) is not None,
    }[member]


@pytest.mark.parametrize("text", KEPT_BY_SQL.values(), ids=KEPT_BY_SQL)
def test_what_sql_wrote_about_a_customer_is_shown_as_it_is_in_one_event(rest: Rest, text: str) -> None:
    consent = rest.consent()
    customer, email = rest.owner(consent), f"{text}@example.com"
    rest.sql("UPDATE consentfeed.customers SET name = %s, email = %s WHERE id = %s", text, email, customer)

    def decide() -> None:
        rest.sql("UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", consent)

    assert one_event(rest, consent, decide)["user"] == {"id": customer, "email": email}
    known = rest.json(f"/customers/{customer}")
    assert (known["id"], known["name"], known["email"], known["msisdn"]) == (customer, text, email, None)
    assert {(one["customer"]["name"], one["customer"]["email"]) for one in consents_of(rest, customer)} == {
        (text, email)
    }
    assert customer in {one["id"] for one in rest.json("/customers", params={"q": text})["customers"]}


@pytest.mark.parametrize(
    "name", ["line feed", "a block of its own", "right-to-left overrides", "quotes and backslashes"]
)
def test_an_sql_role_of_any_name_is_an_actor_and_nothing_else(rest: Rest, name: str) -> None:
    consent, role = rest.consent(), TEXTS[name][:60]
    quoted = psycopg.sql.Identifier(role)
    with psycopg.connect(rest.database.admin_url, autocommit=True) as admin:
        admin.execute(psycopg.sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(quoted, SQL_PASSWORD))
        admin.execute(psycopg.sql.SQL("GRANT USAGE ON SCHEMA consentfeed TO {}").format(quoted))
        admin.execute(psycopg.sql.SQL("GRANT SELECT, UPDATE ON consentfeed.consents TO {}").format(quoted))
    try:

        def decide() -> None:
            with psycopg.connect(rest.database.url, user=role, password=SQL_PASSWORD) as somebody:
                somebody.execute("UPDATE consentfeed.consents SET status = 'granted' WHERE id = %s", [consent])

        assert one_event(rest, consent, decide)["actor"] == {"kind": "database", "id": role}
    finally:
        with psycopg.connect(rest.database.admin_url, autocommit=True) as admin:
            admin.execute(psycopg.sql.SQL("DROP OWNED BY {}").format(quoted))
            admin.execute(psycopg.sql.SQL("DROP ROLE {}").format(quoted))


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40))
@settings(max_examples=40, derandomize=True, deadline=None, database=None)
def test_any_text_at_all_is_one_event(rest: Rest, text: str) -> None:
    consent = rest.consent()
    rest.sql("UPDATE consentfeed.customers SET name = %s WHERE id = %s", text, rest.owner(consent))
    body = {"notice_version": 1, "reason": {"code": "letter", "text": text}}
    shown = one_event(rest, consent, lambda: rest.decide("grant", consent, "admin", content=sent(body)))
    assert shown["reason"]["text"] == text
    assert consents_of(rest, rest.owner(consent))[0]["customer"]["name"] == text


def test_tail_prints_a_line_for_each_event_and_nothing_a_terminal_would_obey(rest: Rest) -> None:
    before, consents = rest.database.head_id(), [rest.consent() for _ in KEPT_BY_SQL]
    for consent, text in zip(consents, KEPT_BY_SQL.values(), strict=True):
        body = {"notice_version": 1, "reason": {"code": "letter", "text": text}}
        assert rest.decide("grant", consent, "csr", content=sent(body)).status_code == 200
    url, token = rest.node.url, bearer("csr")
    command = [sys.executable, "-m", "consentfeed", "tail", "--url", url, "--after", before, "--json"]
    environment = os.environ | {"CONSENTFEED_TOKEN": token, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as tail:
        assert tail.stdout is not None
        lines = [tail.stdout.readline() for _ in consents]
        tail.terminate()
    assert [json.loads(line)["data"]["reason"]["text"] for line in lines] == list(KEPT_BY_SQL.values())
    assert [line.decode().splitlines(keepends=True) for line in lines] == [[line.decode()] for line in lines]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", b"".join(lines).decode())


# Texts that are kept beside the feed


class Field(NamedTuple):
    """A text that can be written: with which request, and where it is read again."""

    write: Callable[[Rest, str], httpx.Response]
    read: Callable[[Rest, httpx.Response], Any]
    exact: Callable[[str], str] = str


def put_customer(member: str, **more: Any) -> Callable[[Rest, str], httpx.Response]:
    def write(rest: Rest, text: str) -> httpx.Response:
        body = {"name": "Somebody New", **more, member: text}
        return rest.call("PUT", f"/customers/{uuid4()}", "service", content=sent(body))

    return write


def customer_member(member: str) -> Callable[[Rest, httpx.Response], Any]:
    def read(rest: Rest, answer: httpx.Response) -> Any:
        customer = answer.json()["id"]
        one = rest.json(f"/customers/{customer}")
        del one["shared"]
        assert {tuple(consent["customer"].items()) for consent in consents_of(rest, customer)} == {tuple(one.items())}
        assert one[member] == answer.json()[member]
        return one[member]

    return read


def put_purpose(member: str) -> Callable[[Rest, str], httpx.Response]:
    def write(rest: Rest, text: str) -> httpx.Response:
        body = {"title": "A purpose", "channels": ["sms"], "offered": False, member: text}
        body["channels"] = [text] if member == "channels" else ["sms"]
        return rest.call("PUT", f"/purposes/p-{uuid4().hex[:12]}", "admin", content=sent(body))

    return write


def purpose_member(member: str) -> Callable[[Rest, httpx.Response], Any]:
    def read(rest: Rest, answer: httpx.Response) -> Any:
        (found,) = [one for one in rest.json("/purposes")["purposes"] if one["key"] == answer.json()["key"]]
        return found[member]

    return read


def put_draft(rest: Rest, text: str) -> httpx.Response:
    return rest.call("PUT", f"/purposes/{rest.purpose()}/notices/7/en", "admin", content=sent({"text": text}))


def draft(rest: Rest, answer: httpx.Response) -> Any:
    path = answer.request.url.path.removeprefix("/api/v1")
    rest.call("POST", path.removesuffix("/en") + "/publish", "admin")
    return rest.json(path.replace("purposes", "notices", 1).replace("/notices/7", "/7"))["text"]


def add_user(rest: Rest, text: str) -> httpx.Response:
    return rest.call("POST", "/users", "admin", content=sent({"email": f"{text}@example.com", "role": "csr"}))


def user(rest: Rest, answer: httpx.Response) -> Any:
    (found,) = rest.json("/users", "admin", params={"q": answer.json()["id"]})["users"]
    return found["email"]


def choose(rest: Rest, text: str) -> httpx.Response:
    return rest.call("PUT", "/preferences", "csr", content=sent({"preferences": {text: [text]}}))


def chosen(rest: Rest, _answer: httpx.Response) -> Any:
    ((name, (value,)),) = rest.json("/preferences")["preferences"].items()
    assert name == value
    return value


def set_password(rest: Rest, text: str) -> httpx.Response:
    add = "SELECT consentfeed.add_user(%s, 'csr', NULL, NULL)"
    account = rest.sql(add, f"{uuid4()}@example.com")[0][0]
    return rest.call("POST", f"/users/{account}/password", "admin", content=sent({"password": f"{text}0123456789"}))


def password(rest: Rest, answer: httpx.Response) -> Any:
    """The very text signs in, byte for byte."""
    sent_password = json.loads(answer.request.content)["password"]
    account = answer.request.url.path.split("/")[-2]
    email = rest.sql("SELECT email FROM consentfeed.users WHERE id = %s", account)[0][0]
    login = {"email": email, "password": sent_password}
    assert rest.call("POST", "/auth/login", content=sent(login)).status_code == 200
    return sent_password.removesuffix("0123456789")


FIELDS = {
    "a customer's name": Field(put_customer("name"), customer_member("name"), lambda text: text.strip("\ufeff")),
    "a customer's e-mail address": Field(
        lambda rest, text: put_customer("email")(rest, f"{text}@example.com"),
        customer_member("email"),
        "{}@example.com".format,
    ),
    "a customer's number": Field(put_customer("msisdn"), customer_member("msisdn")),
    "a customer's language": Field(put_customer("language"), lambda *_: None),
    "a purpose's title": Field(put_purpose("title"), purpose_member("title")),
    "a purpose's description": Field(put_purpose("description"), purpose_member("description")),
    "a purpose's channel": Field(put_purpose("channels"), purpose_member("channels")),
    "a notice": Field(put_draft, draft),
    "an account's address": Field(add_user, user, "{}@example.com".format),
    "a password": Field(set_password, password),
    "a preference": Field(choose, chosen),
}
ANY_TEXT = {"a purpose's description", "a notice", "a password", "a preference"}
ONE_LINE = {"a customer's name", "a purpose's title"}
ADDRESS = {"a customer's e-mail address", "an account's address"}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_text_is_refused_or_kept_as_it_is(rest: Rest, field: str, text: str) -> None:
    write, read, exact = FIELDS[field]
    if field == "a notice":
        rest.purpose()
    before = rest.written()
    answer = write(rest, text)
    kept = field in ANY_TEXT | ONE_LINE | ADDRESS and "\0" not in text and "\ud83d" not in text
    if field in ONE_LINE:
        kept = kept and not re.search(r"[\x00-\x1f\x7f-\x9f]", text)
    if field == "a customer's name":
        kept = kept and not re.search("[\u200f\u2028\u202e\u2066]", text)
    if field in ADDRESS:
        kept = kept and not re.search(r"[\s\x00-\x1f\x7f-\x9f@:<>\\\"\u200d\u200f\u202e\ufeff]", text)
    if kept:
        assert answer.status_code in (200, 201, 204), answer.text
        assert read(rest, answer) == exact(text)
    else:
        assert MARK not in json.dumps(problem(answer, "invalid"))
        if field not in ("a notice", "a password"):  # its purpose, or account, has just been made
            assert rest.written() == before
    assert MARK.encode() not in head(answer)


@pytest.mark.parametrize(
    "number", ["+94771234567\r\ndata: x", "\u202e+94771234567", "+94771234567\0", "\ufeff077 123 4567"]
)
def test_a_number_is_refused_or_kept_as_a_number_alone(rest: Rest, number: str) -> None:
    answer = put_customer("msisdn")(rest, number)
    if answer.is_success:
        assert answer.json()["msisdn"] == "+94771234567"
    else:
        problem(answer, "invalid")


def head(answer: httpx.Response) -> bytes:
    return b"\r\n".join(b": ".join(header) for header in answer.headers.raw)


# What stands in a request's line and headers


def exchange(port: int, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of the one answer to a request as it is, byte by byte."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        wire, whole = b"", None
        while not (whole and len(wire) >= whole):
            chunk = connection.recv(65536)
            assert chunk, wire
            wire += chunk
            head, ended, _ = wire.partition(b"\r\n\r\n")
            if ended and (length := re.search(rb"\ncontent-length: (\d+)", head, re.IGNORECASE)):
                whole = len(head) + 4 + int(length[1])
    assert head.startswith(b"HTTP/1.1 ")
    assert len(wire) == whole, "more than the one answer"
    return head, wire[len(head) + 4 :]


def ask(port: int, path: str, *headers: bytes, method: str = "GET", body: bytes = b"") -> tuple[int, bytes, bytes]:
    """Status, head and body of an answer."""
    length = b"Content-Length: %d" % len(body)
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: localhost", b"Connection: close", length, *headers]
    head, answer = exchange(port, b"\r\n".join(lines) + b"\r\n\r\n" + body)
    return int(head.split(b" ")[1]), head, answer


def names(head: bytes) -> set[str]:
    """The headers of an answer."""
    return {line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n")[1:]}


IN_HEADERS = {
    "line feed": b"*\nX-Injected: *",
    "carriage return": b"*\rX-Injected: *",
    "a folded line": b"*\r\n X-Injected: *",
    "NUL": b"*\0*",
    "not ASCII": "*\u2028\u202e\ufeff\U0001f600".encode(),
    "not UTF-8": b"*\xff\xfe\xed\xa0\xbd",
    "terminal codes": b"*\x1b[31m\x7f",
    "percent-encoded": b"*%0d%0aX-Injected:%20*",
    "a field of a block": b'*, data: *; id: "*"',
    "long": b"*" * 4000,
}
HEADERS = [
    "Idempotency-Key", "Last-Event-ID", "If-Match", "User-Agent", "Consentfeed-User", "Origin", "Referer", "Cookie",
    "Authorization", "Accept", "Accept-Language", "Content-Type", "X-Forwarded-For", "X-Forwarded-Proto",
    "X-Request-Id", "Sec-Fetch-Site", "Access-Control-Request-Method", "*",
]  # fmt: skip


@pytest.mark.parametrize("text", IN_HEADERS.values(), ids=IN_HEADERS)
@pytest.mark.parametrize("header", HEADERS)
def test_nothing_of_a_header_comes_back(rest: Rest, served: NodeProcess, header: str, text: bytes) -> None:
    name, value = (part.replace(b"*", MARK.encode()) for part in (header.encode(), text))
    token = f"Authorization: Bearer {bearer('csr')}".encode()
    own = [] if header in ("Authorization", "Cookie") else [token]
    consent, before = rest.consent(), rest.written()
    before = rest.written()
    requests = [
        ("GET", "/api/v1/events?limit=1", b""),
        ("GET", "/api/v1/consents?limit=1", b""),
        ("GET", "/", b""),
        ("OPTIONS", "/api/v1/events", b""),
        ("POST", f"/api/v1/consents/{consent}/grant", sent({"reason": {"code": "x\n"}})),
    ]
    for method, path, body in requests:
        status, head, answer = ask(served.port, path, *own, name + b": " + value, method=method, body=body)
        assert status < 500, answer
        assert MARK.encode() not in head + answer
        assert "x-injected" not in names(head)
    assert rest.written() == before


@pytest.mark.parametrize("text", IN_HEADERS.values(), ids=IN_HEADERS)
def test_the_place_of_a_stream_is_never_repeated_to_it(served: NodeProcess, text: bytes) -> None:
    token, value = f"Authorization: Bearer {bearer('csr')}".encode(), text.replace(b"*", MARK.encode())
    lines = [
        b"GET /api/v1/events HTTP/1.1", b"Host: localhost", b"Accept: text/event-stream", token,
        b"Last-Event-ID: " + value,
    ]  # fmt: skip
    with socket.create_connection(("127.0.0.1", served.port), 10) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        wire = b""
        while not (b"event: reset" in wire and wire.endswith(b"\n\n\r\n")) and b"HTTP/1.1 4" not in wire:
            chunk = connection.recv(65536)
            assert chunk, wire
            wire += chunk
    assert MARK.encode() not in wire
    assert "x-injected" not in names(wire.partition(b"\r\n\r\n")[0])


@pytest.mark.parametrize(
    "agent", [f"{MARK}\x1b[31m\x7f", f"{MARK}\u202e\u2028\ufeff\U0001f600", f"{MARK}\x9b2J", MARK * 100]
)
def test_what_a_browser_calls_itself_is_shown_as_text_of_one_line(rest: Rest, served: NodeProcess, agent: str) -> None:
    body = sent({"email": "csr@example.com", "password": PASSWORD})
    header = b"User-Agent: " + agent.encode()
    status, head, answer = ask(served.port, "/api/v1/auth/login", header, method="POST", body=body)
    if status == 400:  # no header can hold it
        return
    assert status == 200, answer
    assert MARK.encode() not in head + answer
    shown = rest.json("/sessions", "admin", params={"limit": 1000})["sessions"]
    agents = [one["agent"] for one in shown if one["agent"] and MARK in one["agent"]]
    assert agents
    for one in agents:
        assert one.isprintable()
        assert len(one) <= 200


def token(**claims: Any) -> str:
    """A token that is signed with the mark, and by a key of that name."""
    parts = ({"alg": "RS256", "kid": MARK, "typ": MARK}, claims | {MARK: MARK})
    return ".".join([*(base64.urlsafe_b64encode(sent(part)).decode().rstrip("=") for part in parts), MARK])


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:1", "consentfeed", f"{MARK}\n{MARK}", None])
def test_nothing_of_a_token_comes_back(served: NodeProcess, issuer: str | None) -> None:
    forged = token(iss=issuer, aud=MARK, sub=f"{MARK}\r\n", exp=4_000_000_000, email=f"{MARK}\n", role=MARK)
    as_bearer = ask(served.port, "/api/v1/auth/me", f"Authorization: Bearer {forged}".encode())
    form = f"logout_token={forged}&{MARK}%0d%0a=1".encode()
    as_logout = ask(served.port, "/api/v1/auth/sso/logout", method="POST", body=form)
    assert (as_bearer[0], as_logout[0]) == (401, 400)
    for _, head, answer in (as_bearer, as_logout):
        assert MARK.encode() not in head + answer


# What stands in an address


IN_ADDRESSES = {name: text for name, text in TEXTS.items() if name != "half of a surrogate pair"}
QUERIES = {
    "/api/v1/consents": ["customer", "purpose", "channel", "status", "q", "sort", "limit", "cursor", "*"],
    "/api/v1/customers": ["q", "limit", "cursor", "*"],
    "/api/v1/events": ["customer", "purpose", "channel", "type", "after", "limit", "*"],
    "/api/v1/users": ["q", "limit", "cursor"],
    "/api/v1/sessions": ["limit", "cursor"],
    "/api/v1/accesses": ["customer", "actor", "action", "since", "until", "limit", "cursor"],
    "/api/v1/auth/sso": ["to", "*"],
    "/api/v1/auth/sso/callback": ["code", "state", "error", "error_description", "iss"],
    "/": ["problem", "to"],
    "/csr": ["q", "*"],
}


@pytest.mark.parametrize("text", IN_ADDRESSES.values(), ids=IN_ADDRESSES)
@pytest.mark.parametrize("path", QUERIES)
def test_nothing_of_a_query_comes_back_in_a_header(rest: Rest, served: NodeProcess, path: str, text: str) -> None:
    token, before = f"Authorization: Bearer {bearer('admin')}".encode(), rest.written()
    for name in QUERIES[path]:
        address = f"{path}?{quote(name.replace('*', text), safe='')}={quote(text, safe='')}"
        status, head, answer = ask(served.port, address, token)
        assert status < 500, answer
        assert MARK.encode() not in head
        assert "x-injected" not in names(head)
        if status >= 400:
            assert json.loads(answer)["status"] == status
    assert rest.written() == before


PATHS = [
    "/*", "/web/*", "/web/../*", "/api/v1/*", "/api/v1/consents/*", "/api/v1/consents/*/history",
    "/api/v1/customers/*", "/api/v1/notices/*/1/en", "/api/v1/notices/marketing/*/en",
    "/api/v1/notices/marketing/1/*", "/api/v1/purposes/*/notices", "/csr/*",
]  # fmt: skip
UNSAFE_PATHS = [
    ("PUT", "/api/v1/customers/*", {"name": "x"}),
    ("PUT", "/api/v1/purposes/*", {"title": "x", "channels": ["sms"]}),
    ("PUT", "/api/v1/purposes/*/notices/7/en", {"text": "x"}),
    ("PUT", "/api/v1/purposes/marketing/notices/*/en", {"text": "x"}),
    ("PUT", "/api/v1/purposes/marketing/notices/7/*", {"text": "x"}),
    ("POST", "/api/v1/purposes/marketing/notices/*/publish", {}),
    ("POST", "/api/v1/consents/*/grant", GRANT),
    ("POST", "/api/v1/consents/*/revoke", REASON),
    ("POST", "/api/v1/users/*/disable", {}),
    ("POST", "/api/v1/sessions/*/end", {}),
    ("POST", "/api/v1/auth/sessions/*/end", {}),
]


@pytest.mark.parametrize("text", IN_ADDRESSES.values(), ids=IN_ADDRESSES)
def test_a_path_of_any_text_leads_nowhere_and_does_not_come_back(rest: Rest, served: NodeProcess, text: str) -> None:
    token, before, quoted = f"Authorization: Bearer {bearer('admin')}".encode(), rest.written(), quote(text, safe="")
    for method, path, body in [*(("GET", path, None) for path in PATHS), *UNSAFE_PATHS]:
        content = b"" if body is None else sent(body)
        status, head, answer = ask(served.port, path.replace("*", quoted), token, method=method, body=content)
        assert status in (404, 422), (path, answer)
        assert MARK.encode() not in head + answer
        assert "x-injected" not in names(head)
    assert rest.written() == before


@pytest.mark.parametrize(
    "id",
    [
        CUSTOMER.replace("0001", "0_01"),  # digits of Python's
        CUSTOMER.replace("0001", "000\uff11"),  # of full width
        CUSTOMER.replace("c0000000-", "c-0000000"),
        "{" + CUSTOMER[:-2] + "}",
    ],
)
def test_an_id_is_in_its_usual_form_or_is_none(rest: Rest, id: str) -> None:
    before = rest.written()
    problem(rest.get(f"/customers/{quote(id)}"), "not-found")
    problem(rest.call("PUT", f"/customers/{quote(id)}", "service", json={"name": "Somebody New"}), "invalid")
    assert rest.written() == before
    assert rest.get(f"/customers/{CUSTOMER.upper()}").json()["id"] == CUSTOMER


@pytest.mark.parametrize(
    "key", ["\u2028\u202e", "\n\ndata: x", "\0", "\ud83d", "'; DROP TABLE consentfeed.customers; --", "\U0001f600" * 50]
)
@pytest.mark.parametrize(
    ("path", "sort"),
    [("/consents", "-updated_at"), ("/consents?sort=customer", "customer"), ("/customers", "name"), ("/users", "email"),
     ("/sessions", "expires_at")],
)  # fmt: skip
def test_a_forged_cursor_is_refused_or_a_place_like_any_other(rest: Rest, path: str, sort: str, key: str) -> None:
    forged = base64.urlsafe_b64encode(sent([sort, key + MARK, CUSTOMER])).decode().rstrip("=")
    answer = rest.call("GET", path, "admin", params={"cursor": forged})
    if answer.status_code != 200:
        assert MARK not in json.dumps(problem(answer, "invalid"))
    assert MARK.encode() not in head(answer)
