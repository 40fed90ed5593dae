"""Whether the log is whole, for whoever asks from a page."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.errors import EmptyLog, Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.log.ids import PLAIN
from consentfeed.log.position import ORIGIN
from consentfeed.permissions import Principal
from consentfeed.postgres.log import LogQueries, Verified


class Verification(Struct):
    """Whether the log is whole up to its head, else the first position that does not fit, and why."""

    whole: bool
    head: str
    position: int | None
    problem: str | None
    events: int


class VerifyApi:
    """Verifies the log, once at a time in a node: it is read as a whole, and that may take minutes."""

    def __init__(self, log: LogQueries) -> None:
        self._log = log
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
            verified = await self._log.verify_log()
        except EmptyLog as error:
            verified = Verified(0, ORIGIN, 0, str(error))
        finally:
            self._busy = False
        return json_answer(
            {
                "whole": verified.problem is None,
                "head": PLAIN.write(verified.head),
                "position": verified.position,
                "problem": verified.problem,
                "events": verified.events,
            }
        )
