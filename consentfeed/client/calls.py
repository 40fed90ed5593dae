"""A request and what its answer means, whoever sends it: no I/O."""

import json
import random
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from consentfeed.client.errors import NotWhole, ProblemError, Refused, Unavailable
from consentfeed.client.shapes import Decision, Question

TIMEOUT: Final = httpx.Timeout(10, read=60.0)
_TRY_AGAIN: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Call:
    """A request that may be sent again: it reads, or it has a key under which it is done once."""

    method: str
    path: str
    body: object = None
    params: Sequence[tuple[str, str]] = ()
    headers: dict[str, str] = field(default_factory=dict)


def decisions_call(decisions: Sequence[Decision], key: str | None) -> Call:
    """All of them in one request."""
    headers = {"Idempotency-Key": key or secrets.token_urlsafe(16)}
    return Call("POST", "/api/v1/decisions", {"decisions": list(decisions)}, headers=headers)


def checks_call(checks: Sequence[Question], at: str | None) -> Call:
    """All of them in one request."""
    return Call("POST", "/api/v1/checks", {"checks": list(checks)} | ({"at": at} if at else {}))


class Attempts:
    """How long a call is tried: until patience (seconds) is over."""

    def __init__(self, patience: float) -> None:
        self._end = time.monotonic() + patience
        self._failures = 0

    def pause(self, error: httpx.HTTPError | httpx.Response) -> float:
        """Seconds until the next attempt; raises what the caller has to act on where there is none."""
        self._failures += 1
        pause: float = min(0.2 * 2 ** min(self._failures, 5), 5) * random.uniform(0.5, 1)
        if isinstance(error, httpx.Response):
            pause = max(pause, float(error.headers.get("retry-after", 0)))
        if time.monotonic() + pause <= self._end:
            return pause
        if isinstance(error, httpx.Response):
            raise Unavailable(str(_problem(error)))
        raise Unavailable(f"{type(error).__name__} {error}".strip())


def answer_of(response: httpx.Response) -> Any:
    """The answer's JSON, or the response itself where it may be another one soon. Raises Refused."""
    if response.status_code in _TRY_AGAIN:
        return response
    if response.is_success:
        try:
            return response.json()
        except ValueError:
            raise Refused("this is no consentfeed: its answer is no JSON") from None
    raise _problem(response)


def line_of(line: str) -> tuple[Any, bool]:
    """A line of an export, and whether it is its end."""
    row = json.loads(line)
    return (row["end"], True) if "end" in row and "id" not in row else (row, False)


def check_end(end: Any, rows: int) -> None:
    """Raises NotWhole where fewer, or more, came than there are."""
    if end is None or end["rows"] != rows:
        raise NotWhole(f"{rows} consents came, and no end that fits them")


def _problem(response: httpx.Response) -> Refused:
    if response.is_redirect:
        return Refused(f"{response.status_code}: the service is at another URL, {response.headers.get('location')}")
    try:
        problem = response.json()
        return ProblemError(problem | {"status": response.status_code})
    except (ValueError, TypeError):
        return Refused(f"{response.status_code}: {response.reason_phrase}")
