"""The product, and its database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

from benchmarks.error import BenchError
from tests.support.database import Sql
from tests.support.node_process import NodeProcess

START_SECONDS = 180.0


class Node(NodeProcess):
    def __init__(self, database: Sql, log: Path, settings: Mapping[str, str]) -> None:
        super().__init__(database.app_url, log, settings)
        self.database = database


@contextmanager
def node(database: Sql, logs: Path, settings: Mapping[str, str]) -> Iterator[Node]:
    """`consentfeed serve`, ready to serve."""
    log = logs / f"node-{database.name}.log"
    with Node(database, log, settings) as running:
        try:
            running.start("/readyz", START_SECONDS)
            yield running
        except (AssertionError, BenchError, psycopg.Error, httpx.HTTPError) as error:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
            raise BenchError(f"{error}\nThe last lines of `consentfeed serve`:\n{last}") from error
