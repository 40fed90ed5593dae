"""One run of the benchmark: where its files are, what it cuts, and what it has found out about this machine."""

from __future__ import annotations

import resource
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cluster import DEMO, Cluster
from benchmarks.error import BenchError
from benchmarks.load import Cut
from benchmarks.node import Node, node
from benchmarks.program import Program
from tests.support.database import Sql

DRAIN_SECONDS = 60
READY_SECONDS = 120


@dataclass
class Bench:
    home: Path
    cluster: Cluster
    seconds: float
    cut: Cut
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)  # of the case under way, by side

    def file(self, name: str, text: str) -> Path:
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def patience(self) -> float:
        """How long one measurement may take at most, a backlog included."""
        return 5 * self.seconds + DRAIN_SECONDS

    @contextmanager
    def product(
        self, template: str = DEMO, settings: Mapping[str, str] = {}, database: Sql | None = None
    ) -> Iterator[Node]:
        """A node, on a fresh copy of a database or on the one given."""
        where = nullcontext(database) if database else self.cluster.database(template)
        with where as there, node(there, self.home, settings) as running:
            yield running

    def load(self, port: int, heads: str, streams: int, **options: object) -> Program:
        """The streams; it says "ready" when all are open."""
        settings = {"seconds": 2 * self.patience, **options}
        return Program(
            *(self.home / "sse_load", "--port", str(port), "--streams", str(streams)),
            *("--heads", self.file(f"heads-{secrets.token_hex(4)}", heads)),
            *(word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", str(value))),
        )

    def requests(
        self, port: int, token: str, lines: list[str], connections: int, **options: object
    ) -> dict[str, float]:
        """What rest_load says of these requests; the share of answers with each status is in `statuses`."""
        settings = {"seconds": self.seconds, **options}
        with Program(
            *(self.home / "rest_load", "--port", str(port), "--connections", str(connections)),
            *("--requests", self.file("requests", "\n".join(lines)), "--token-file", self.file("token", token)),
            *(word for name, value in settings.items() for word in (f"--{name}", str(value))),
        ) as load:
            result = load.result(float(str(settings["seconds"])) + DRAIN_SECONDS)
        if result["latency_ms"] is None:
            raise BenchError(f"No request was answered: {result}")
        return {
            "requests/s": result["requests_per_second"],
            "p50 ms": result["latency_ms"]["p50"],
            "p99 ms": result["latency_ms"]["p99"],
            "answers": result["answers"],
            "seconds": result["seconds"],
            "answers other than 200": result["answers"] - result["statuses"].get("200", 0),
            "connections failed": result["failures"] + result["unanswered"],
        }


def feed_head(port: int, token: str, *more: str, path: str = "/api/v1/events") -> str:
    """A request for a stream, as the load generator takes it."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: text/event-stream"]
    return "\n".join([*lines, f"Authorization: Bearer {token}", *more]) + "\n\n"


def raise_file_limit(needed: int) -> None:
    """For this process and all that it starts, the product among them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchError(f"{needed} open files are needed; the hard limit (ulimit -Hn) is {hard}.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
