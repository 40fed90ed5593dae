"""What a reader of the stream does with what comes, whoever reads: no I/O."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import httpx
from httpx_sse import ServerSentEvent

from consentfeed.client.address import HEADER
from consentfeed.client.errors import PositionLost, Refused
from consentfeed.client.shapes import Event

PATH: Final = "/api/v1/events"
TIMEOUT: Final = httpx.Timeout(10, read=40.0)  # two and a half heartbeats
_TRY_AGAIN: Final = frozenset({408, 425, 429})
Note = Callable[[str], None]


class Message(NamedTuple):
    """A block of the stream: its id, the event's name, and the data as JSON text."""

    id: str
    event: str
    data: str


class Course:
    """Where the reader is, and how often connecting has failed since something came."""

    def __init__(self, after: str | None, note: Note) -> None:
        """Raises Refused for an id that none can be."""
        if after is not None and not HEADER.fullmatch(after):
            raise Refused("the id to go on from is not like 42-9f2ab1c3")
        self.after = after
        self._note = note
        self._failures = 0

    def headers(self) -> dict[str, str]:
        """What asks for the stream, from where it was left."""
        return {"Accept": "text/event-stream"} | ({} if self.after is None else {"Last-Event-ID": self.after})

    def take(self, sse: ServerSentEvent) -> Message | None:
        """The message to hand out, if it is one. Raises Refused."""
        if sse.id and not HEADER.fullmatch(sse.id):
            raise Refused("this is no consentfeed: its ids cannot be sent back")
        self.after, self._failures = sse.id or self.after, 0
        if sse.event == "goodbye":
            self._part(sse.data)
        # A block with an id alone, and a heartbeat, are there for their ids.
        elif sse.data and sse.event != "heartbeat":
            return Message(sse.id, sse.event, sse.data)
        return None

    def lost(self, error: httpx.HTTPError) -> None:
        """The connection has ended."""
        self._note(f"the connection was lost: {type(error).__name__} {error}".strip())

    def pause(self) -> float:
        """Seconds until the next attempt."""
        self._failures += 1
        pause: float = min(0.25 * 2 ** min(self._failures, 6), 10) * random.uniform(0.5, 1)
        self._note(f"connecting again in {pause:.1f} s")
        return pause

    def _part(self, data: str) -> None:
        """The server closes the stream; raises Refused where it would not open another one."""
        try:
            reason = str(json.loads(data)["reason"])
        except (ValueError, LookupError, TypeError):
            reason = "no reason given"
        if reason == "signed-out":
            raise Refused("the token has expired or its account was disabled")
        self._note(f"goodbye: {reason}")


def check_stream(response: httpx.Response, body: bytes) -> None:
    """Raises Refused where this is no stream, and HTTPStatusError where the next attempt may get one. body: what was
    read of an answer that is none."""
    status, kind = response.status_code, response.headers.get("content-type", "")
    if status in _TRY_AGAIN or status >= 500:
        raise httpx.HTTPStatusError(f"status {status}", request=response.request, response=response)
    if response.is_redirect:
        raise Refused(f"{status}: the service is at another URL, {response.headers['location']}")
    if status != 200:
        raise Refused(f"{status}: {_detail(response, body)}")
    if not kind.startswith("text/event-stream"):
        raise Refused(f"this is no consentfeed: its /api/v1/events is {kind or 'of no type'}, not text/event-stream")


def event_of(message: Message) -> Event:
    """A message as an event; raises PositionLost for a reset, and Refused for what is none."""
    try:
        data = json.loads(message.data)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Refused(f"this is no consentfeed: the data of its event {message.event} is no JSON object")
    if message.event == "reset":
        raise PositionLost(str(data.get("reason")), message.id)
    return Event(message.id, message.event, data)


def filters(**values: Sequence[str]) -> list[tuple[str, str]]:
    """Parameters of the stream, each value once."""
    return list(_pairs(values))


def _pairs(values: dict[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    for name, chosen in values.items():
        for value in [chosen] if isinstance(chosen, str) else chosen:
            yield name, value


def _detail(response: httpx.Response, body: bytes) -> str:
    """Why a request was refused, in the words of the server where it has some."""
    try:
        problem: Any = json.loads(body)
        return str(problem.get("detail") or problem["title"])
    except (ValueError, LookupError, AttributeError):
        return response.reason_phrase
