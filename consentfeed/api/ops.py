"""Health, readiness, metrics, and the description of the API."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from hmac import compare_digest
from typing import Final, Literal

import msgspec
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.feed_shapes import BLOCKS, EVENTS
from consentfeed.api.webhook_shapes import SENT
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.asyncapi import describe_events
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.fields import find
from consentfeed.http.hosts import host_name, is_loopback
from consentfeed.http.openapi import describe

# What proxies add to what they pass on.
_FORWARDED: Final = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
)


class Health(Struct):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Struct):
    """Whether the node serves, and why it does not."""

    ready: bool
    reasons: list[str]


class OpsApi:
    """What operators and their tools ask.

    reasons: why the node is not ready, nothing if it is. exposition: the metrics, as text. Both speak for all workers.
    """

    def __init__(
        self,
        reasons: Callable[[], Awaitable[list[str]]],
        exposition: Callable[[], Awaitable[bytes]],
        metrics_token: str | None,
    ) -> None:
        self._reasons = reasons
        self._exposition = exposition
        self._metrics_token = metrics_token
        self._described: Sequence[Endpoint] = ()

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        readiness = {200: "Ready", 503: "Not ready, and why"}
        return [
            Endpoint("GET", "/healthz", self.health, "Whether the process answers", gives=Health),
            Endpoint("GET", "/readyz", self.ready, "Whether the node serves", answers=readiness, gives=Readiness),
            Endpoint(
                "GET", "/metrics", self.metrics, "Metrics for Prometheus",
                gives=str, media=("text/plain",), problems=("signed-out",),
            ),
            Endpoint("GET", "/openapi.json", self.openapi, "This description", gives=dict),
            Endpoint("GET", "/asyncapi.json", self.asyncapi, "The same of events: the feed and webhooks", gives=dict),
        ]  # fmt: skip

    def describe(self, endpoints: Sequence[Endpoint]) -> None:
        """Sets what /openapi.json tells of."""
        self._described = endpoints

    async def health(self, _request: Request, _nobody: None) -> Response:
        """The process answers."""
        return json_answer({"status": "ok"})

    async def ready(self, _request: Request, _nobody: None) -> Response:
        """The feed is caught up, the listener hears, and the node is not shutting down."""
        reasons = await self._reasons()
        return json_answer({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def metrics(self, request: Request, _nobody: None) -> Response:
        """All metrics, for who has the token, or without one for this machine alone: they tell how much goes on."""
        if not (_has_token(request, self._metrics_token) if self._metrics_token else _is_local(request)):
            raise Problem("signed-out", "Send the bearer token of CONSENTFEED_METRICS_TOKEN.")
        return Response(await self._exposition(), media_type=CONTENT_TYPE_LATEST)

    async def openapi(self, _request: Request, _nobody: None) -> Response:
        """Every route. Written when it is first asked for: it takes longer than all else of a start."""
        return Response(await asyncio.to_thread(lambda: self._openapi), media_type="application/json")

    async def asyncapi(self, _request: Request, _nobody: None) -> Response:
        """Every kind of event, as streams and webhooks send it."""
        return json_answer(describe_events(EVENTS, BLOCKS))

    @cached_property
    def _openapi(self) -> bytes:
        return msgspec.json.encode(describe(self._described, SENT))


def _has_token(request: Request, token: str) -> bool:
    return compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())


def _is_local(request: Request) -> bool:
    """Whether this machine asks for itself: not for others, as a proxy on it does, and not for another host's page."""
    if request.client is None or not is_loopback(request.client.host) or not _FORWARDED.isdisjoint(request.headers):
        return False
    host = find(request.scope, b"host")
    return host is None or is_loopback(host_name(host) or "")
