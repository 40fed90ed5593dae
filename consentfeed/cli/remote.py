"""The service as commands ask it: over HTTP, with a bearer token."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click
import httpx

from consentfeed import settings
from consentfeed.client import Refused, bearer, service_url

URL: Final = click.option("--url", default="http://127.0.0.1:3001", show_default=True, help="Where the service is.")
TOKEN: Final = click.option(
    "--token", help="A bearer token, as `token` prints; on a shared machine rather CONSENTFEED_TOKEN."
)
_SILENCE_SECONDS: Final = 60.0


@contextmanager
def service(url: str, token: str | None) -> Iterator[httpx.Client]:
    """A client of the service; raises Refused where URL or token cannot be used."""
    loaded = settings.load(token=token)
    settings.require(loaded, "token")
    headers = bearer(loaded.token or "")
    timeout = httpx.Timeout(10, read=_SILENCE_SECONDS)
    with httpx.Client(base_url=service_url(url), headers=headers, timeout=timeout) as http:
        yield http


def refusal(answer: httpx.Response) -> Refused:
    """Why a request was refused, in the words of the service where it has some."""
    if answer.is_redirect:
        return Refused(f"{answer.status_code}: the service is at another URL, {answer.headers.get('location')}")
    try:
        problem = answer.json()
        text = str(problem.get("detail") or problem["title"])
    except (ValueError, LookupError, AttributeError):
        text = answer.reason_phrase
    return Refused(f"{answer.status_code}: {text}")


def cause(error: httpx.HTTPError) -> str:
    """What became of the connection."""
    return f"{type(error).__name__} {error}".strip()
