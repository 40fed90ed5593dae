"""Decisions over REST: one by one over many connections, and many in one request."""

from __future__ import annotations

import json
import sys

from benchmarks.bench import Bench
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.cluster import DEMO
from benchmarks.error import BenchError
from benchmarks.load import Load
from benchmarks.meters import CpuMeter, postmaster
from benchmarks.node import Node
from benchmarks.peers import SERVERS, served
from benchmarks.publish import some_consents
from tests.support.database import Sql
from tests.support.ports import free_port
from tests.support.tokens import SECRET, bearer

CONNECTIONS = 64
CONSENTS_EACH = 8
BULK_CONNECTIONS = 4
BULK_SIZE = 1000
NOTHING = "GET /healthz"
SINGLE = "WRITE_BATCH=1"
FIRST = "the service one would write first"
REVOKE_ALL = """
    UPDATE consentfeed.consents SET status = 'revoked'
    WHERE status = 'granted' AND id = ANY(%s::uuid[])
"""


def decisions(ids: list[str], connections: int) -> list[str]:
    """For each connection a slice: it grants each of its own consents, then revokes each."""
    each = len(ids) // connections
    return [
        f"POST /api/v1/customer/consents/{id_}/{action} {{}}"
        for first in range(0, each * connections, each)
        for action in ("grant", "revoke")
        for id_ in ids[first : first + each]
    ]


def change_all(bench: Bench, node: Node, ids: list[str], connections: int = CONNECTIONS) -> dict[str, float]:
    """What comes of real changes, back to back; each answer must be an event."""
    if len(ids) < connections:
        raise BenchError(f"{len(ids)} consents are too few for {connections} connections.")
    node.database.run(REVOKE_ALL, ids)
    before = node.database.head()
    own, postgres = CpuMeter(node.pid), CpuMeter(postmaster(node.database))
    figures = bench.requests(node.port, bearer("service"), decisions(ids, connections), connections)
    return figures | {
        "node CPU µs per decision": 1e6 * own.read() / figures["answers"],
        "PostgreSQL CPU µs per decision": 1e6 * postgres.read() / figures["answers"],
        "requests without a change": figures["answers"] - (node.database.head() - before),
    }


def one_by_one(bench: Bench, _load: Load) -> Sides:
    with bench.product() as node:
        ids = some_consents(node.database.url, CONNECTIONS * CONSENTS_EACH)
        batched = change_all(bench, node, ids)
        nothing = bench.requests(node.port, bearer("service"), [NOTHING], CONNECTIONS)
    with bench.product(settings={"write_batch": "1"}) as node:
        single = change_all(bench, node, some_consents(node.database.url, CONNECTIONS * CONSENTS_EACH))
    return {PRODUCT: batched, NOTHING: nothing, SINGLE: single, FIRST: _first(bench)}


def _first(bench: Bench) -> Figures:
    """The same requests to the service that one would write first, on the same tables."""
    port = free_port()
    with bench.cluster.database(DEMO) as database:
        ids = some_consents(database.url, CONNECTIONS * CONSENTS_EACH)
        database.run(REVOKE_ALL, ids)
        command = (sys.executable, SERVERS / "first.py", str(port), database.url, SECRET)
        with served(bench, *command, ports=(port,)):
            return bench.requests(port, bearer("service"), decisions(ids, CONNECTIONS), CONNECTIONS)


def _bodies(database: Sql, size: int) -> list[str]:
    """For each connection a request that grants its consents and one that revokes them."""
    ids = some_consents(database.url, BULK_CONNECTIONS * size)
    size = len(ids) // BULK_CONNECTIONS
    database.run(REVOKE_ALL, ids)
    return [
        "POST /api/v1/decisions "
        + json.dumps({"decisions": [{"action": action, "consent_id": id_} for id_ in ids[first : first + size]]})
        for first in range(0, size * BULK_CONNECTIONS, size)
        for action in ("grant", "revoke")
    ]


def bulk(bench: Bench, load: Load) -> Sides:
    with bench.product() as node:
        lines = _bodies(node.database, BULK_SIZE)
        size = lines[0].count("consent_id")
        answers = max(load.rows // size, 1)
        before = node.database.head()
        figures: Figures = bench.requests(
            node.port, bearer("service"), lines, BULK_CONNECTIONS, answers=answers, seconds=bench.patience
        )
        changes = node.database.head() - before
    return {
        PRODUCT: {
            "decisions/s": changes / figures["seconds"],
            "decisions": changes,
            "in one request": size,
            "p99 ms": figures["p99 ms"],
            "decisions without a change": answers * size - changes,
            "answers other than 200": figures["answers other than 200"],
        }
    }
