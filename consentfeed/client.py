"""Follows the feed from outside: connects for ever, goes on by id, and says what it cannot know."""

import random
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import httpx
from httpx_sse import connect_sse

_SILENCE_SECONDS = 40.0  # two and a half heartbeats


class Message(NamedTuple):
    """A block of the stream: its id, the event's name, and the data as JSON text."""

    id: str
    event: str
    data: str


class Refused(Exception):
    """The server will not serve this client: the token or the request is wrong."""


def follow(
    url: str, token: str, after: str | None = None, note: Callable[[str], None] = lambda _text: None
) -> Iterator[Message]:
    """Every event from a place on, across restarts of the server; also reset and goodbye. Raises Refused."""
    failures = 0
    with httpx.Client(timeout=httpx.Timeout(10, read=_SILENCE_SECONDS)) as http:
        while True:
            headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
            if after is not None:
                headers["Last-Event-ID"] = after
            try:
                with connect_sse(http, "GET", url.rstrip("/") + "/api/v1/events", headers=headers) as source:
                    _check(source.response)
                    for sse in source.iter_sse():
                        failures = 0
                        # httpx-sse gives an empty message for an id-only block; its id counts all the same.
                        after = sse.id or after
                        if sse.data and sse.event != "heartbeat":
                            yield Message(sse.id, sse.event, sse.data)
                        if sse.event == "goodbye" and "signed-out" in sse.data:
                            raise Refused("the token has expired or its account was disabled")
            except httpx.HTTPError as error:
                note(f"lost: {type(error).__name__}")
            failures += 1
            pause = min(0.25 * 2 ** min(failures, 6), 10) * random.uniform(0.5, 1)
            note(f"connecting again in {pause:.1f} s")
            time.sleep(pause)


def _check(response: httpx.Response) -> None:
    """Goes on only with a stream; raises Refused where trying again cannot help."""
    if response.status_code in (400, 401, 403, 404, 422):
        response.read()
        try:
            problem = response.json()
        except ValueError:
            problem = {}
        detail = problem.get("detail") or problem.get("title") or response.reason_phrase
        raise Refused(f"{response.status_code}: {detail}")
    response.raise_for_status()


# What `consentfeed doctor` looks at


class Unreachable(Exception):
    """Nothing at this URL answers; the message says why."""


class Opened(NamedTuple):
    """How a stream began. status None: no answer in time; first_seconds None: no byte of its body."""

    status: int | None
    content_type: str = ""
    encoding: str = ""
    first_seconds: float | None = None


def get(url: str, seconds: float) -> tuple[int, bytes]:
    """Status and body; raises Unreachable."""
    try:
        answer = httpx.get(url, timeout=seconds)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"{type(error).__name__} {error}".strip()) from None
    return answer.status_code, answer.content


def open_stream(url: str, token: str, seconds: float) -> Opened:
    """Opens a stream as a browser does, waits for its first bytes, and closes it; raises Unreachable."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    opened, began = Opened(None), time.monotonic()
    try:
        with httpx.stream("GET", f"{url}/api/v1/events", headers=headers, timeout=seconds) as answer:
            said = answer.headers
            opened = Opened(answer.status_code, said.get("content-type", ""), said.get("content-encoding", ""))
            next(answer.iter_raw(), None)
            return opened._replace(first_seconds=time.monotonic() - began)
    except httpx.ReadTimeout:
        return opened
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"{type(error).__name__} {error}".strip()) from None
