"""Whether the log is whole, for whoever asks from a page."""

from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.shapes import Verification
from consentfeed.errors import Problem
from consentfeed.http.endpoint import Endpoint, json_answer
from consentfeed.identity.sessions import Principal
from consentfeed.log.event import format_id
from consentfeed.postgres.consents import Database


class VerificationApi:
    """Verifies the log, once at a time: it is read as a whole, and that may take minutes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._busy = False

    def endpoints(self) -> list[Endpoint]:
        """The route of this file."""
        return [
            Endpoint(
                "POST", "/api/v1/verify", self.verify, "Verify the log", gives=Verification, problems=("overloaded",)
            ),
        ]

    async def verify(self, _request: Request, _principal: Principal) -> Response:
        """The first position that does not fit, if there is one."""
        if self._busy:
            raise Problem("overloaded", "This node is verifying the log already. Try again when it is done.")
        self._busy = True
        try:
            # Before: what is told to be whole has been looked at.
            head, events = await self._database.log_head(), await self._database.kept_events()
            position, problem = await self._database.verify_log() or (None, None)
        finally:
            self._busy = False
        return json_answer(
            {
                "whole": problem is None,
                "head": format_id(head),
                "position": position,
                "problem": problem,
                "events": events,
            }
        )
