"""Answers: JSON, problems, and the headers that all carry."""

import traceback
from collections.abc import Mapping
from typing import Final

import msgspec
import structlog
from starlette.responses import Response

from consentfeed.errors import Problem

logger = structlog.get_logger()
# What every answer carries, the strictest of each; an answer that has its own keeps it, as pages do.
HEADERS: Final = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
# Cache-Control of an answer that must arrive byte for byte, such as one that a strong tag belongs to.
AS_IT_IS: Final = "no-store, no-transform"
OVER_HTTPS: Final = [*HEADERS, (b"strict-transport-security", b"max-age=31536000")]


class Json(Response):
    """JSON that is encoded already."""

    media_type = "application/json"


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Json(msgspec.json.encode(value), status, headers)


def problem_answer(problem: Problem, more: Mapping[str, str] | None = None) -> Response:
    """A problem as RFC 9457 has it, with Retry-After where trying again may help."""
    headers = dict(more or {})
    if problem.retry_after:
        headers["retry-after"] = str(problem.retry_after)
    if problem.challenge:
        headers["www-authenticate"] = problem.challenge
    if problem.status == 415:
        headers["accept-encoding"] = "identity"  # what is read here (RFC 9110, 12.5.3)
    body = msgspec.json.encode(problem.as_dict())
    return Response(body, problem.status, headers, "application/problem+json")


def failed(route: str, error: Exception) -> Response:
    """The answer to a request that met a fault of ours, which is logged."""
    # Where, but not the message: it may quote what somebody sent.
    where = traceback.format_tb(error.__traceback__)
    logger.error("request failed", route=route, error=type(error).__name__, where=where)
    return problem_answer(Problem("internal"))
