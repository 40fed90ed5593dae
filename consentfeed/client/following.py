"""Follows the feed from outside: connects for ever, and goes on by id."""

import time
from collections.abc import Iterator, Sequence

import httpx
from httpx_sse import EventSource

from consentfeed.client.address import bearer, service_url
from consentfeed.client.stream import PATH, TIMEOUT, Course, Message, Note, check_stream


def follow(
    url: str,
    token: str,
    after: str | None = None,
    note: Note = lambda _text: None,
    filters: Sequence[tuple[str, str]] = (),
) -> Iterator[Message]:
    """Every event after an id, across restarts of the server, and every reset. Raises Refused.

    note: is called with what happens to the connection, one sentence at a time. filters: parameters of the stream.
    """
    address, headers, course = service_url(url) + PATH, bearer(token), Course(after, note)
    with httpx.Client(timeout=TIMEOUT) as http:
        while True:
            try:
                with http.stream("GET", address, headers=headers | course.headers(), params=tuple(filters)) as response:
                    check_stream(response, b"" if response.status_code == 200 else response.read())
                    for sse in EventSource(response).iter_sse():
                        if message := course.take(sse):
                            yield message
            except httpx.HTTPError as error:
                course.lost(error)
            time.sleep(course.pause())
