"""The door to OpenTelemetry: the spans that there are, how they are linked, and where they go."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_STOP_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.02
# Commits and reads that may still be linked to what comes.
_REMEMBERED: Final = 256
_PARENT: Final = "traceparent"
_propagator: Final = TraceContextTextMapPropagator()


class Stretch(NamedTuple):
    """Events of the log that one span was about."""

    first: int
    last: int
    span: SpanContext

    def meets(self, first: int, last: int) -> bool:
        """Whether one of these events is among them."""
        return self.first <= last and first <= self.last


class RequestSpan:
    """A request that has arrived. It begins when it is known who sent it: whose trace it belongs to hangs on that."""

    def __init__(self, tracer: "Tracer", method: str, route: str) -> None:
        self._tracer = tracer
        self._name = f"{method} {route}"
        self._attributes: dict[str, str | int] = {"http.request.method": method, "http.route": route}
        self._at = time.time_ns()
        self._span: Span | None = None

    def begin(self, traceparent: str | None) -> None:
        """traceparent: of a caller who is trusted, else None."""
        parent = _propagator.extract({_PARENT: traceparent}, Context()) if traceparent else Context()
        self._span = self._tracer.start(self._name, parent, SpanKind.SERVER, self._attributes, at=self._at)
        context.attach(set_span_in_context(self._span))  # of this request's task alone, and gone with it

    def end(self, status: int) -> None:
        """The answer is there."""
        if self._span is None:
            self.begin(None)
        assert self._span is not None
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()

    def leave_out(self) -> None:
        """It is a stream: a span that does not end is not exported. What the stream does is not part of it."""
        context.attach(Context())


class CommitSpan:
    """A commit under way."""

    def __init__(self, tracer: "Tracer", span: Span) -> None:
        self._tracer = tracer
        self._span = span

    def made(self, positions: Iterable[int]) -> None:
        """The events that it made."""
        if seqs := sorted(positions):
            self._span.set_attributes(_events(seqs[0], seqs[-1], len(seqs)))
            self._tracer.committed(self._span, seqs[0], seqs[-1])


class Tracer:
    """Makes the spans of this process."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("consentfeed")
        self._commits: deque[Stretch] = deque(maxlen=_REMEMBERED)
        self._reads: deque[Stretch] = deque(maxlen=_REMEMBERED)

    def start(
        self, name: str, parent: Context, kind: SpanKind, attributes: dict[str, str | int],
        links: Iterable[SpanContext] = (), at: int | None = None,
    ) -> Span:  # fmt: skip
        """A span that has begun."""
        return self._tracer.start_span(
            name, parent, kind, attributes, [Link(one) for one in links], at, record_exception=False
        )

    def request(self, method: str, route: str) -> RequestSpan:
        """A request that has just arrived; route: its template."""
        return RequestSpan(self, method, route)

    @contextmanager
    def waiting(self, decisions: int) -> Iterator[SpanContext]:
        """The wait of a request's decisions, in the request's span."""
        attributes: dict[str, str | int] = {"consentfeed.decisions": decisions}
        span = self.start("wait for the commit", context.get_current(), SpanKind.INTERNAL, attributes)
        try:
            yield get_current_span().get_span_context()
        finally:
            span.end()

    @contextmanager
    def commit(self, requests: Iterable[object], decisions: int) -> Iterator[CommitSpan]:
        """One transaction for the decisions of several requests, to which it is linked; a trace of its own."""
        links = {one.span_id: one for one in requests if isinstance(one, SpanContext) and one.is_valid}
        attributes: dict[str, str | int] = {"consentfeed.decisions": decisions}
        span = self.start("commit", Context(), SpanKind.INTERNAL, attributes, links.values())
        try:
            yield CommitSpan(self, span)
        except BaseException:
            span.set_status(StatusCode.ERROR)  # without its message, which may hold a value
            raise
        finally:
            span.end()

    def committed(self, span: Span, first: int, last: int) -> None:
        """The feed may have been faster: what comes second has the link."""
        for read in self._reads:
            if read.meets(first, last):
                span.add_link(read.span)
        self._commits.append(Stretch(first, last, span.get_span_context()))

    def read(self, first: int, last: int, at: int) -> None:
        """A batch of the log has been read, since this time (time.time_ns())."""
        links = [commit.span for commit in self._commits if commit.meets(first, last)]
        attributes = _events(first, last, last - first + 1)
        span = self.start("read events", Context(), SpanKind.INTERNAL, attributes, links, at)
        span.end()
        self._reads.append(Stretch(first, last, span.get_span_context()))

    def handed_over(self, first: int, last: int, streams: int, at: int) -> None:
        """A batch was handed to the streams that may see some of it: part of the trace of the read that brought it."""
        read = next((one.span for one in reversed(self._reads) if one.meets(last, last)), None)
        parent = set_span_in_context(NonRecordingSpan(read), Context()) if read else Context()
        attributes = _events(first, last, last - first + 1) | {"consentfeed.streams": streams}
        self.start("hand over frames", parent, SpanKind.INTERNAL, attributes, at=at).end()

    async def stop(self) -> None:
        """Exports what is left. A collector that does not answer holds up nobody's end for long."""
        thread = threading.Thread(target=self._provider.shutdown, daemon=True)
        thread.start()
        ends = time.monotonic() + _STOP_SECONDS
        while thread.is_alive() and time.monotonic() < ends:
            await asyncio.sleep(_LOOK_SECONDS)


def exporting() -> Tracer:
    """Sends spans by OTLP over HTTP, in batches, as the OTEL_ variables say."""
    # Nothing of the machine, and nothing of the command line: it may hold a URL.
    resource = Resource({SERVICE_NAME: "consentfeed"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracer(provider)


def _events(first: int, last: int, count: int) -> dict[str, str | int]:
    return {"consentfeed.position.first": first, "consentfeed.position.last": last, "consentfeed.events": count}
