"""The checks at the URL where clients find the service; each answers one finding."""

import json
from typing import Final

from consentfeed.doctor import probe
from consentfeed.doctor.finding import Finding, ok, problem, warning
from consentfeed.doctor.target import UrlTarget

_FIRST_SECONDS: Final = 5.0
_AT_ONCE: Final = 1.0
_CURES: Final = {
    "deaf": "See the check `listen`, and the service's log.",
    "behind": "See the checks of the database, and the service's log.",
    "damaged": "See the checks `guards` and `rights`; `consentfeed migrate` mends most.",
    "read-only": "See the checks `standby` and `settings`.",
    "draining": "Wait for it to end; another node should answer here meanwhile.",
}


async def ready(target: UrlTarget) -> Finding:
    """Whether /readyz at the URL answers that a node serves."""
    status, body = await probe.get(f"{target.url}/readyz", _FIRST_SECONDS)
    return ready_finding(target.url, status, body)


async def stream(target: UrlTarget) -> Finding:
    """Whether a stream there gets its first bytes at once, and as they are: no proxy holds or packs them."""
    if not target.token:
        return warning("not looked at: no token", "Give --token, or CONSENTFEED_SECRET to make one with.")
    return stream_finding(await probe.open_stream(target.url, target.token, _FIRST_SECONDS))


def ready_finding(url: str, status: int, body: bytes) -> Finding:
    """The finding about an answer to /readyz."""
    try:
        reasons = [str(reason) for reason in json.loads(body)["reasons"]]
    except (ValueError, LookupError, TypeError):
        return problem(
            f"something else than consentfeed answers {url}/readyz (status {status})",
            "Let the proxy pass /readyz and /api/ on to the service.",
        )
    if status == 200 and not reasons:
        return ok("ready")
    cures = [cure for start, cure in _CURES.items() if any(reason.startswith(start) for reason in reasons)]
    return problem(f"not ready: {'; '.join(reasons)}", " ".join(cures) or "See the service's log.")


def stream_finding(opened: probe.Opened) -> Finding:
    """The finding about a stream that has been opened."""
    if (refusal := _refusal(opened)) is not None:
        return refusal
    if not opened.content_type.startswith("text/event-stream"):
        return problem(
            f"what comes is {opened.content_type or 'of no type'}, not text/event-stream",
            "Let the proxy pass /api/v1/events on to the service, and leave Content-Type as it is.",
        )
    if opened.encoding:
        return problem(
            f"the stream comes packed ({opened.encoding}), which holds blocks back until there is enough to pack",
            "Turn compression off for text/event-stream in the proxy.",
        )
    seen = f"the first bytes came after {opened.first_seconds or 0:.2f} s"
    if (opened.first_seconds or 0) > _AT_ONCE:
        return warning(seen, "Look for a proxy that holds answers back for a while, and at the load of the node.")
    return ok(seen)


def _refusal(opened: probe.Opened) -> Finding | None:
    """Why there is no stream to look at, or None."""
    if opened.status is None or (opened.status == 200 and opened.first_seconds is None):
        return problem(
            f"no byte of the stream came within {_FIRST_SECONDS:g} s: a proxy collects it before passing it on",
            "Turn the proxy's buffering off for /api/v1/events (nginx: proxy_buffering off).",
        )
    if opened.status == 401:
        return problem("the token was refused", "Give the CONSENTFEED_SECRET of that deployment, or --token of it.")
    if opened.status == 421:
        return problem(
            "the service does not answer for the host of this URL",
            "Set CONSENTFEED_PUBLIC_URL to where browsers find the service, or name the host in CONSENTFEED_HOSTS.",
        )
    if opened.status != 200:
        return problem(f"a stream is refused with status {opened.status}", "See the service's log and metrics.")
    return None
