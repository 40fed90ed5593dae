"""The naive baseline: sse-starlette's response, with a queue for each client. What most services begin with.

python naive.py PORT
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import uvicorn
from sse_starlette.sse import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

queues: set[asyncio.Queue[dict[str, str]]] = set()


async def events(_request: Request) -> EventSourceResponse:
    queue: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    queues.add(queue)

    async def frames() -> AsyncIterator[dict[str, str]]:
        try:
            yield {"comment": "open"}
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)

    return EventSourceResponse(frames(), sep="\n")


async def publish(request: Request) -> Response:
    data, headers = (await request.body()).decode(), request.headers
    frame = {"id": headers["x-event-id"], "event": headers["x-eventsource-event"], "data": data}
    for queue in queues:
        queue.put_nowait(frame)
    return Response(status_code=204)


app = Starlette(routes=[Route("/events", events), Route("/publish", publish, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, backlog=4096)
