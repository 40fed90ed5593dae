"""One stream: who reads it, what, from where, and until when."""

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from consentfeed.feed.filter import Filter
from consentfeed.log.ids import Ids
from consentfeed.log.position import Position
from consentfeed.permissions import Principal
from consentfeed.stream.readers import Reader


class Start(NamedTuple):
    """Where a stream begins.

    position: what comes after it is sent. resume_position: what the client is told as its own. generation: the feed's,
    when the position was found to be in the log. lost: the reason of the reset that it begins with, or "".
    """

    position: Position
    resume_position: Position
    generation: int
    lost: str


class Stream(Response):
    """The answer that is a stream; while it is served, `reader` is what the pump knows of it."""

    reader: Reader

    def __init__(
        self,
        serve: Callable[["Stream", Scope, Receive, Send], Awaitable[None]],
        principal: Principal,
        filter: Filter,
        ids: Ids,
        start: Start,
    ) -> None:
        # Not Response's own: it would render a body, and keep headers for each open stream.
        self.status_code = 200
        self.background = None
        self._serve = serve
        self.principal = principal
        self.filter = filter
        self.ids = ids
        self.start = start
        self.ends_at = float("inf")  # time.monotonic()
        self.expires_at = principal.expires_at.timestamp()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        """Serves it until either side ends it."""
        return self._serve(self, scope, receive, send)

    def live_for(self, seconds: float) -> None:
        """Sets the time after which the client is asked to connect again."""
        self.ends_at = time.monotonic() + seconds

    @property
    def ending(self) -> bool:
        """Whether the client has been told that it ends, and why."""
        return self.expires_at == float("inf")

    def end(self) -> None:
        """The client is being told that it ends: no other reason is to be given after this one."""
        self.ends_at = self.expires_at = float("inf")
