"""Logs: one JSON object a line; for people at a terminal a plain line."""

import logging
from typing import Any

import structlog


def configure(level: str, worker: int | None = None) -> None:
    """One line for each on stderr, ours and the libraries' alike: JSON, or what people read where it is a terminal.

    worker: the number that each line has, where there are several.
    """

    def with_worker(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
        return line if worker is None else {**line, "worker": worker}

    shared: list[Any] = [
        with_worker,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
                if handler.stream.isatty()
                else structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    hush()


def hush() -> None:
    """Nothing below warning from libraries that log what passes through them."""
    for name in ("sse_starlette", "asyncio", "httpx", "httpcore", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
