"""What a caller of the client has to act on."""

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base of all errors of the client."""


class Refused(ClientError):
    """The service cannot be used so: URL, token, id or request is wrong, and trying again does not help."""


class ProblemError(Refused):
    """The service answered with a problem (RFC 9457). code is the last part of its type, as in "not-found"; members
    is all that it says."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem.get('status')}: {problem.get('detail') or problem.get('title')}")
        self.code = str(problem.get("type", "")).rpartition("/")[2]
        self.status = problem.get("status")
        self.members = dict(problem)


class Unavailable(ClientError):
    """No answer came, as often as it was tried. A decision may have been made all the same: the same key finds out."""


class NotWhole(ClientError):
    """An export ended before its end: what came is not everything."""


class PositionLost(ClientError):
    """The place to go on from is not in this log any more: take an export, and follow after its position.

    reason is unknown, forked or pruned; id is the place from which the feed goes on.
    """

    def __init__(self, reason: str, id: str) -> None:
        super().__init__(f"the position is lost ({reason}): take an export, and follow after its position")
        self.reason = reason
        self.id = id
