"""Follows the feed from outside: connects for ever, and goes on by id. Knows nothing else of this package."""

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import httpx
from httpx_sse import EventSource, connect_sse

_SILENCE_SECONDS: Final = 40.0  # two and a half heartbeats
# With any other character in a header, each attempt would fail before it leaves this machine.
_HEADER: Final = re.compile(r"[!-~]+")
_TRY_AGAIN: Final = frozenset({408, 425, 429})


class Message(NamedTuple):
    """A block of the stream: its id, the event's name, and the data as JSON text."""

    id: str
    event: str
    data: str


class Refused(Exception):
    """The feed cannot be read so: URL, token, id or request is wrong, and trying again does not help."""


def follow(
    url: str, token: str, after: str | None = None, note: Callable[[str], None] = lambda _text: None
) -> Iterator[Message]:
    """Every event after an id, across restarts of the server, and every reset. Raises Refused.

    note: is called with what happens to the connection, one sentence at a time.
    """
    address, headers = service_url(url) + "/api/v1/events", bearer(token)
    if after is not None and not _HEADER.fullmatch(after):
        raise Refused("the id to go on from is not like 42-9f2ab1c3")
    failures = 0
    with httpx.Client(timeout=httpx.Timeout(10, read=_SILENCE_SECONDS)) as http:
        while True:
            resume = {} if after is None else {"Last-Event-ID": after}
            try:
                with connect_sse(http, "GET", address, headers=headers | resume) as source:
                    _check(source.response)
                    for message in _messages(source):
                        after, failures = message.id or after, 0
                        if message.event == "goodbye":
                            _part(message, note)
                        # A block with an id alone, and a heartbeat, are there for their ids.
                        elif message.data and message.event != "heartbeat":
                            yield message
            except httpx.HTTPError as error:
                note(f"the connection was lost: {_cause(error)}")
            failures += 1
            pause = min(0.25 * 2 ** min(failures, 6), 10) * random.uniform(0.5, 1)
            note(f"connecting again in {pause:.1f} s")
            time.sleep(pause)


def service_url(url: str) -> str:
    """The URL without a slash at its end; raises Refused where it is not like https://consents.example.com."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        parts = httpx.URL("")
    is_address = parts.scheme in ("http", "https") and parts.host and (parts.port is None or 0 < parts.port < 65536)
    # A name and password in it would take the token's place. It is not quoted: it may hold that password.
    if not is_address or parts.userinfo or parts.query or parts.fragment:
        raise Refused("the URL of the service is not like https://consents.example.com")
    return url.rstrip("/")


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token; raises Refused where no header can hold it."""
    if not _HEADER.fullmatch(token):
        raise Refused(
            "the token is not as `consentfeed token` prints it: it is empty, or holds a blank or a line break"
        )
    return {"Authorization": f"Bearer {token}"}


def _messages(source: EventSource) -> Iterator[Message]:
    for sse in source.iter_sse():
        if sse.id and not _HEADER.fullmatch(sse.id):
            raise Refused("this is no consentfeed: its ids cannot be sent back")
        yield Message(sse.id, sse.event, sse.data)


def _part(goodbye: Message, note: Callable[[str], None]) -> None:
    """The server closes the stream; raises Refused where it would not open another one."""
    try:
        reason = str(json.loads(goodbye.data)["reason"])
    except (ValueError, LookupError, TypeError):
        reason = "no reason given"
    if reason == "signed-out":
        raise Refused("the token has expired or its account was disabled")
    note(f"goodbye: {reason}")


def _check(response: httpx.Response) -> None:
    """Raises Refused where this is no stream, and HTTPStatusError where the next attempt may get one."""
    status, kind = response.status_code, response.headers.get("content-type", "")
    if status in _TRY_AGAIN or status >= 500:
        raise httpx.HTTPStatusError(f"status {status}", request=response.request, response=response)
    if response.is_redirect:
        raise Refused(f"{status}: the service is at another URL, {response.headers['location']}")
    if status != 200:
        raise Refused(f"{status}: {_detail(response)}")
    if not kind.startswith("text/event-stream"):
        raise Refused(f"this is no consentfeed: its /api/v1/events is {kind or 'of no type'}, not text/event-stream")


def _detail(response: httpx.Response) -> str:
    """Why a request was refused, in the words of the server where it has some."""
    response.read()
    try:
        problem = response.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, LookupError, AttributeError):
        return response.reason_phrase


def _cause(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
