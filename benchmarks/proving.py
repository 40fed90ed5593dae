"""Proofs and evidence of a long log, beside psql's way to the same rows."""

from __future__ import annotations

import random
import threading
import time

import httpx
import psycopg

from benchmarks.bench import Bench
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.error import BenchError
from benchmarks.growing import grown, watched
from benchmarks.load import Load
from benchmarks.node import Node
from benchmarks.publish import some_consents
from benchmarks.writing import CONNECTIONS, CONSENTS_EACH, decisions
from consentfeed.log.note import new_private_key
from tests.support.database import Sql
from tests.support.tokens import bearer

WRITE_SECONDS = 90
AGE = "consentfeed_checkpoint_age_seconds "
ROWS = "SELECT seq, hash, body FROM consentfeed.events WHERE consent_id = %s ORDER BY seq"


def proofs(bench: Bench, load: Load) -> Sides:
    database = grown(bench, f"proofs_{load.rows}", load.rows, 0)
    consents = watched(database)
    key = bench.home / "checkpoint-key"
    key.write_bytes(new_private_key())
    with bench.product(settings={"checkpoint_key": str(key)}, database=database) as node:
        seconds = _until_signed(bench, node)
        head = database.head()
        ids = [database.event_id(random.randrange(1, head)) for _ in range(200)]
        figures = {"events": float(head), "tree: events/s": head / seconds}
        figures |= _asked(bench, node, "inclusion", [f"GET /api/v1/proofs/inclusion?event={one}" for one in ids])
        figures |= _asked(bench, node, "evidence", [f"GET /api/v1/consents/{one}/evidence" for one in consents])
        # The last: the node has work left afterwards.
        figures["oldest checkpoint while writing s"] = _oldest(bench, node)
    return {PRODUCT: figures, "psql": _read(database, consents)}


def _until_signed(bench: Bench, node: Node) -> float:
    """Seconds until a checkpoint covers the whole log."""
    begin, head = time.monotonic(), node.database.head()
    while time.monotonic() - begin < 600 + bench.patience:
        answer = httpx.get(f"{node.url}/api/v1/checkpoint")
        if answer.is_success and int(answer.text.splitlines()[1]) > head:
            return time.monotonic() - begin
        time.sleep(0.1)
    raise BenchError("No checkpoint covers the log.")


def _oldest(bench: Bench, node: Node) -> float:
    """For how many seconds at most there were events that no checkpoint covered, at the full speed of decisions."""
    ages, stop = [], threading.Event()

    def look() -> None:
        while not stop.wait(0.5):
            text = httpx.get(f"{node.url}/metrics").text
            ages.append(float(next(line.split()[1] for line in text.splitlines() if line.startswith(AGE))))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        ids = some_consents(node.database.url, CONNECTIONS * CONSENTS_EACH)
        bench.requests(node.port, bearer("service"), decisions(ids, CONNECTIONS), CONNECTIONS, seconds=WRITE_SECONDS)
    finally:
        stop.set()
        looking.join()
    return max(ages)


def _asked(bench: Bench, node: Node, name: str, lines: list[str]) -> Figures:
    answers = bench.requests(node.port, bearer("csr"), lines, 1, seconds=bench.seconds)
    return {
        f"{name} p50 ms": answers["p50 ms"],
        f"{name} p99 ms": answers["p99 ms"],
        f"{name}: answers other than 200": answers["answers other than 200"],
    }


def _read(database: Sql, consents: list[str]) -> Figures:
    """The rows that evidence is made of, read one consent after the other."""
    taken = []
    with psycopg.connect(database.url, autocommit=True) as connection:
        for consent in consents:
            begin = time.monotonic()
            connection.execute(ROWS, (consent,)).fetchall()
            taken.append(1000 * (time.monotonic() - begin))
    taken.sort()
    return {"evidence p50 ms": taken[len(taken) // 2], "evidence p99 ms": taken[len(taken) * 99 // 100]}
