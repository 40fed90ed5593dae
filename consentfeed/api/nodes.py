"""The nodes that serve now, and their numbers."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.shapes import Nodes
from consentfeed.http.endpoint import Endpoint, json_answer
from consentfeed.identity.sessions import Principal
from consentfeed.postgres.operations import Administration


class NodeApi:
    """What the nodes report."""

    def __init__(self, administration: Administration) -> None:
        self._administration = administration

    def endpoints(self) -> list[Endpoint]:
        """The route of this file."""
        return [Endpoint("GET", "/api/v1/nodes", self.all, "Nodes and their numbers", gives=Nodes)]

    async def all(self, _request: Request, _principal: Principal) -> Response:
        """All nodes that have reported lately."""
        rows = await self._administration.list_nodes()
        nodes = [{**row, "numbers": msgspec.Raw(row["numbers"].encode())} for row in rows]
        return json_answer({"nodes": nodes})
