"""A node of the product, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from benchmarks.case import BenchError
from benchmarks.cluster import Cluster, Database
from benchmarks.program import ROOT, free_port

START_SECONDS = 180.0


@dataclass(frozen=True)
class Node:
    port: int
    pid: int
    database: Database = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def node(running: Cluster, database: Database, logs: Path, settings: Mapping[str, str] | None = None) -> Iterator[Node]:
    """`consentfeed serve`, ready to serve. Its settings are those given here, whatever this shell has set."""
    port = free_port()
    log = logs / f"node-{port}.log"
    environment = {key: text for key, text in os.environ.items() if not key.startswith("CONSENTFEED_")}
    environment |= {
        "CONSENTFEED_DATABASE_URL": database.app_url,
        "CONSENTFEED_SECRET": running.secret,
        "CONSENTFEED_PORT": str(port),
        **(settings or {}),
    }
    command = [sys.executable, "-m", "consentfeed", "serve"]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        _await_ready(process, port)
        yield Node(port, process.pid, database)
    except (BenchError, psycopg.Error, httpx.HTTPError) as error:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
        raise BenchError(f"{error}\nThe last lines of `consentfeed serve`:\n{last}") from error
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await_ready(process: subprocess.Popen[bytes], port: int) -> None:
    until, answer = time.monotonic() + START_SECONDS, "no answer"
    while time.monotonic() < until:
        if process.poll() is not None:
            raise BenchError(f"The product ended with status {process.returncode} at its start.")
        try:
            response = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False)
            if response.status_code == 200:
                return
            answer = str(response.status_code)
        except httpx.HTTPError as error:
            answer = repr(error)
        time.sleep(0.05)
    raise BenchError(f"The product was not ready after {START_SECONDS:.0f} s (/readyz: {answer}).")
