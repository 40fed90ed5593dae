"""How `consentfeed doctor` asks a URL: as any client does, once, and with little patience."""

import time
from typing import NamedTuple

import httpx

from consentfeed.client import bearer


class Unreachable(Exception):
    """Nothing at this URL answers; the message says why."""


class Opened(NamedTuple):
    """How a stream began. status None: no answer in time; first_seconds None: no byte of its body."""

    status: int | None
    content_type: str = ""
    encoding: str = ""
    first_seconds: float | None = None


async def get(url: str, seconds: float) -> tuple[int, bytes]:
    """Status and body; raises Unreachable."""
    try:
        async with httpx.AsyncClient(timeout=seconds) as http:
            answer = await http.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unreachable(url, error) from None
    return answer.status_code, answer.content


async def open_stream(url: str, token: str, seconds: float) -> Opened:
    """Opens a stream as a browser does, waits for its first bytes, and closes it; raises Unreachable."""
    headers = bearer(token) | {"Accept": "text/event-stream"}
    opened, began = Opened(None), time.monotonic()
    try:
        async with (
            httpx.AsyncClient(timeout=seconds) as http,
            http.stream("GET", f"{url}/api/v1/events", headers=headers) as answer,
        ):
            kind, encoding = answer.headers.get("content-type", ""), answer.headers.get("content-encoding", "")
            opened = Opened(answer.status_code, kind, encoding)
            await anext(answer.aiter_raw(), None)
            return opened._replace(first_seconds=time.monotonic() - began)
    except httpx.ReadTimeout:
        return opened
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unreachable(url, error) from None


def _unreachable(url: str, error: Exception) -> Unreachable:
    return Unreachable(f"{url} cannot be reached: {type(error).__name__} {error}".strip())
