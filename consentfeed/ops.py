"""Health, readiness, metrics, and the description of the API."""

from collections.abc import Callable, Sequence

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from consentfeed import metrics
from consentfeed.edge import Endpoint, json_answer
from consentfeed.openapi import describe
from consentfeed.shapes import Health, Readiness


class Ops:
    """What operators and their tools ask. `reasons` says why the node is not ready, nothing if it is."""

    def __init__(self, reasons: Callable[[], list[str]]) -> None:
        self._reasons = reasons
        self._openapi = b""

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        readiness = {200: "Ready", 503: "Not ready, and why"}
        return [
            Endpoint("GET", "/healthz", self.health, "Whether the process answers", gives=Health),
            Endpoint("GET", "/readyz", self.ready, "Whether the node serves", answers=readiness, gives=Readiness),
            Endpoint("GET", "/metrics", self.numbers, "Metrics for Prometheus"),
            Endpoint("GET", "/openapi.json", self.openapi, "This description"),
        ]

    def describe(self, endpoints: Sequence[Endpoint]) -> None:
        """Sets what /openapi.json answers."""
        self._openapi = msgspec.json.encode(describe(endpoints))

    async def health(self, _request: Request, _nobody: None) -> Response:
        """The process answers."""
        return json_answer({"status": "ok"})

    async def ready(self, _request: Request, _nobody: None) -> Response:
        """The feed is caught up, the listener hears, and the node is not shutting down."""
        reasons = self._reasons()
        return json_answer({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def numbers(self, _request: Request, _nobody: None) -> Response:
        """All metrics."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def openapi(self, _request: Request, _nobody: None) -> Response:
        """Every route."""
        return Response(self._openapi, media_type="application/json")
