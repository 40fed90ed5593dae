"""From a request by its commit to the frames: which spans there are, how they are linked, and what they never hold."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from consentfeed.errors import StatementFailed
from consentfeed.log.event import Row
from consentfeed.log.position import Position
from consentfeed.node.serve import check
from consentfeed.postgres.consents import Outcome, Recorded
from consentfeed.settings import Settings, SettingsError
from consentfeed.tracing import switch
from consentfeed.tracing.otel import Tracer
from consentfeed.writes.queue import Decision
from consentfeed.writes.writer import Writer
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode
from tests.support.rest import GRANT
from tests.support.seed import CUSTOMER, PASSWORD
from tests.support.tokens import SECRET
from tests.support.waiting import wait_until

TRACE, PARENT = "ab" * 16, "cd" * 8
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
# All that a span may hold.
KEYS = {
    "http.request.method", "http.route", "http.response.status_code", "consentfeed.decisions", "consentfeed.events",
    "consentfeed.position.first", "consentfeed.position.last", "consentfeed.streams",
}  # fmt: skip


class Spans:
    """What has been exported so far."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = Tracer(provider)

    @property
    def all(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.all if span.name == name]

    def one(self, name: str, **attributes: Any) -> ReadableSpan:
        """The only span of this name with these attributes, when it has come."""

        def found() -> list[ReadableSpan]:
            return [span for span in self.named(name) if attributes.items() <= dict(span.attributes or {}).items()]

        wait_until(found, what=name)
        (span,) = found()
        return span


@pytest.fixture
def spans() -> Iterator[Spans]:
    """Traces are on, and end in memory."""
    ours = Spans()
    switch.tracer = ours.tracer
    yield ours
    switch.tracer = None


def context_of(span: ReadableSpan) -> SpanContext:
    context: SpanContext = span.context
    return context


def linked(span: ReadableSpan) -> list[int]:
    return [link.context.span_id for link in span.links]


def test_from_a_request_by_its_commit_to_the_frames(spans: Spans, start_node: StartNode, database: Sql) -> None:
    node = start_node()
    tail = node.tail()
    consent = database.consents()[0]
    assert node.client("csr").post(f"/api/v1/consents/{consent}/grant", json=GRANT).status_code == 200
    tail.wait(lambda t: t.seqs)
    seq = tail.seqs[0]
    request = spans.one("POST /api/v1/consents/{id}/grant")
    assert (request.kind, request.parent) == (SpanKind.SERVER, None)
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST", "http.route": "/api/v1/consents/{id}/grant", "http.response.status_code": 200,
    }  # fmt: skip
    waited = spans.one("wait for the commit")
    assert waited.parent
    assert (waited.parent.span_id, dict(waited.attributes or {})) == (
        context_of(request).span_id, {"consentfeed.decisions": 1},
    )  # fmt: skip
    position = {"consentfeed.position.first": seq, "consentfeed.position.last": seq, "consentfeed.events": 1}
    commit = spans.one("commit")
    assert commit.parent is None
    assert dict(commit.attributes or {}) == position | {"consentfeed.decisions": 1}
    read = spans.one("read events")
    assert dict(read.attributes or {}) == position
    # Whichever came second knows of the other.
    assert context_of(request).span_id in linked(commit)
    assert context_of(read).span_id in linked(commit) or context_of(commit).span_id in linked(read)
    over = spans.one("hand over frames")
    assert over.parent
    assert over.parent.span_id == context_of(read).span_id
    assert dict(over.attributes or {}) == position | {"consentfeed.streams": 1}
    starts = [span.start_time or 0 for span in (request, waited, commit)]
    assert starts == sorted(starts)
    assert (request.end_time or 0) >= (waited.end_time or 0)


def test_a_stream_has_no_span_and_a_page_has_one(spans: Spans, node: RunningNode, database: Sql) -> None:
    tails = [node.tail() for _ in range(3)]
    database.set(database.consents()[0], "granted")
    for tail in tails:
        tail.wait(lambda t: t.events)
    over = spans.one("hand over frames")
    assert (over.attributes or {})["consentfeed.streams"] == 3
    for tail in tails:
        tail.close()
    assert node.client("csr").get("/api/v1/events").status_code == 200
    spans.one("GET /api/v1/events")
    assert {span.name for span in spans.all} == {"read events", "hand over frames", "GET /api/v1/events"}


@pytest.mark.parametrize(("role", "is_trusted"), [("service", True), ("csr", False), ("admin", False)])
def test_a_trace_goes_on_from_services_alone(spans: Spans, node: RunningNode, role: str, is_trusted: bool) -> None:
    node.client(role).get("/api/v1/consents", headers=TRACEPARENT | {"tracestate": "a=b"})
    span = spans.one("GET /api/v1/consents")
    assert (f"{context_of(span).trace_id:032x}" == TRACE) == is_trusted
    assert (span.parent is not None and f"{span.parent.span_id:016x}" == PARENT) == is_trusted
    assert not context_of(span).trace_state


def test_what_is_no_traceparent_begins_a_trace_and_so_does_who_is_refused(spans: Spans, node: RunningNode) -> None:
    service = node.client("service")
    assert service.get("/api/v1/purposes", headers={"traceparent": "00-zz-yy-01"}).status_code == 200
    assert spans.one("GET /api/v1/purposes").parent is None
    assert node.client().get("/api/v1/consents", headers=TRACEPARENT).status_code == 401
    refused = spans.one("GET /api/v1/consents")
    assert refused.parent is None
    assert (refused.attributes or {})["http.response.status_code"] == 401


def _decision(consent: str) -> Decision:
    return Decision(
        consent_id=consent, action="grant", actor_kind="service", actor_id="x", method="api", principal=consent,
        route="", note="a note",
    )  # fmt: skip


async def _decide(spans: Spans, record: Any, consents: list[str]) -> None:
    """A request for each consent, all in one commit."""
    writer = Writer(record, batch=10, waiting=10, busy_seconds=1)

    async def ask(consent: str) -> None:
        span = spans.tracer.request("POST", f"/{consent}")
        span.begin(None)
        await writer.decide([_decision(consent)])
        span.end(200)

    asking = [asyncio.create_task(ask(consent)) for consent in consents]
    await asyncio.sleep(0)
    running = asyncio.create_task(writer.run())
    await asyncio.gather(*asking)
    running.cancel()


def test_a_commit_is_linked_to_all_requests_in_it(spans: Spans) -> None:
    async def record(decisions: str) -> Recorded:
        count = decisions.count("consent_id")
        rows = [Row(7 + nth, b"", None, "{}", None, None) for nth in range(count)]
        return Recorded([(nth, Outcome(None, "{}", Position(7 + nth, b""))) for nth in range(count)], rows)

    asyncio.run(_decide(spans, record, ["one", "two", "three"]))
    commit = spans.one("commit")
    assert sorted(linked(commit)) == sorted(
        context_of(spans.one(f"POST /{one}")).span_id for one in ("one", "two", "three")
    )
    assert (commit.attributes or {})["consentfeed.position.first"] == 7
    assert (commit.attributes or {})["consentfeed.position.last"] == 9


def test_a_commit_that_fails_says_so_and_nothing_of_what_was_in_it(spans: Spans) -> None:
    async def record(decisions: str) -> Recorded:
        raise StatementFailed("22000", "of a note")

    asyncio.run(_decide(spans, record, ["one"]))
    commit = spans.one("commit")
    assert (commit.status.status_code, commit.status.description, commit.events) == (StatusCode.ERROR, None, ())


@pytest.mark.parametrize("faster", ["feed", "commit"])
def test_commit_and_read_are_linked_whichever_comes_first(spans: Spans, faster: str) -> None:
    spans.tracer.read(1, 4, 0)
    with spans.tracer.commit([], 2) as commit:
        if faster == "feed":
            spans.tracer.read(5, 9, 0)
        commit.made([6, 5])
    if faster == "commit":
        spans.tracer.read(5, 9, 0)
    read = spans.one("read events", **{"consentfeed.position.first": 5})
    done = spans.one("commit")
    assert (linked(done), linked(read)) == (
        ([context_of(read).span_id], []) if faster == "feed" else ([], [context_of(done).span_id])
    )


def test_no_span_holds_who_or_what_it_was_about(spans: Spans, start_node: StartNode, database: Sql) -> None:
    node = start_node()
    tail = node.tail("service")
    consent, customer = database.consents()[0], str(uuid4())
    service, csr, admin = (node.client(role) for role in ("service", "csr", "admin"))
    person = {"name": "Wimala Senanayake", "email": "wimala@example.com", "msisdn": "+94775557788"}
    service.put(f"/api/v1/customers/{customer}", json=person | {"reference": "ACC-991"}, headers=TRACEPARENT)
    csr.get("/api/v1/customers?q=wimala")
    csr.get(f"/api/v1/consents?q=0775557788&customer={customer}")
    csr.post(
        f"/api/v1/consents/{consent}/grant", json={**GRANT, "reason": {"code": "phone-call", "text": "her dog is ill"}}
    )
    service.post(
        "/api/v1/checks", json={"checks": [{"msisdn": "+94775557788", "purpose": "marketing", "channel": "sms"}]}
    )
    decisions = [{"action": "revoke", "consent_id": consent, "reason": {"code": "letter", "text": "her dog is well"}}]
    service.post("/api/v1/decisions", json={"decisions": decisions})
    csr.post("/api/v1/rights-requests", json={
        "kind": "access", "customer_id": customer, "text": "her dog asks", "reason": {"code": "phone-call"},
    })  # fmt: skip
    node.client().post("/api/v1/auth/login", json={"email": "csr@example.com", "password": PASSWORD})
    node.client().post("/api/v1/auth/login", json={"email": "wimala@example.com", "password": "a wrong one"})
    admin.get("/api/v1/customers/not-an-id/history?cursor=wimala")
    admin.get(f"/api/v1/customers/{customer}/history")
    csr.get("/api/v1/nowhere/wimala")
    assert service.get("/api/v1/exports/consents?q=wimala").status_code == 200
    tail.wait(lambda t: len(t.events) >= 2)
    spans.one("GET /api/v1/exports/consents")
    assert len({span.name for span in spans.all}) >= 12
    held = " ".join(span.to_json() for span in spans.all).casefold()
    for one in (
        *person.values(), "wimala", "senanayake", "775557788", "acc-991", "dog", customer, consent, CUSTOMER, SECRET,
        PASSWORD, "@example.com", "bearer", "127.0.0.1",
    ):  # fmt: skip
        assert one.casefold() not in held, one
    for span in spans.all:
        assert set(span.attributes or {}) <= KEYS, span.name
        assert span.events == ()
        assert all(not link.attributes for link in span.links)


def test_many_at_once_keep_their_own_spans(spans: Spans, node: RunningNode, database: Sql) -> None:
    consents = database.consents()
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda nth: node.client("service").post(f"/api/v1/customer/consents/{consents[nth % 4]}/revoke"),
                range(16),
            )
        )
    assert {answer.status_code for answer in answers} == {200}
    wait_until(lambda: len(spans.named("POST /api/v1/customer/consents/{id}/revoke")) == 16)
    requests = {context_of(span).span_id for span in spans.named("POST /api/v1/customer/consents/{id}/revoke")}
    waited = spans.named("wait for the commit")
    assert {span.parent.span_id for span in waited if span.parent} == requests
    assert {one for span in spans.named("commit") for one in linked(span)} >= requests


def test_nothing_is_imported_and_nothing_made_while_they_are_off() -> None:
    code = (
        "import sys, consentfeed.node.serve, consentfeed.tracing.switch as switch;"
        "assert switch.tracer is None and switch.now() == 0;"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_the_library_the_service_says_what_to_install(monkeypatch: pytest.MonkeyPatch, database: Sql) -> None:
    monkeypatch.delitem(sys.modules, "consentfeed.tracing.otel")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    settings = Settings(database_url=database.app_url, secret=SECRET, traces=True)
    with pytest.raises(SettingsError, match=r"CONSENTFEED_TRACES: .*consentfeed\[otel\]"):
        asyncio.run(check(settings))


def test_a_context_that_is_none_begins_a_trace(spans: Spans) -> None:
    spans.tracer.start("one", Context(), SpanKind.INTERNAL, {}).end()
    assert spans.one("one").parent is None
