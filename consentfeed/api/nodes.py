"""The nodes that serve now, and their numbers."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.permissions import Principal
from consentfeed.postgres.operations import OperationQueries


class Numbers(Struct):
    """What a node counts: as it is now, per second since its last report, and resets since its start."""

    streams: int
    streams_behind: int
    lag_events: int
    lag_seconds: float
    listener_age: float
    writes_per_second: float
    events_per_second: float
    deliveries_per_second: float
    resets: int
    decisions_waiting: int


class Node(Struct):
    """A process that serves."""

    id: UUID
    host: str
    started_at: datetime
    seen_at: datetime
    numbers: Numbers


class Nodes(Struct):
    """The nodes that have reported within the last minute."""

    nodes: list[Node]


class NodeApi:
    """What the nodes report."""

    def __init__(self, operations: OperationQueries) -> None:
        self._operations = operations

    def endpoints(self) -> list[Endpoint]:
        """The route of this file."""
        return [Endpoint("GET", "/api/v1/nodes", self.all, "Nodes and their numbers", gives=Nodes)]

    async def all(self, _request: Request, _principal: Principal) -> Response:
        """All nodes that have reported lately."""
        rows = await self._operations.list_nodes()
        nodes = [{**row, "numbers": msgspec.Raw(row["numbers"].encode())} for row in rows]
        return json_answer({"nodes": nodes})
