"""May I? Checks one by one over many connections and a thousand a request, beside PostgreSQL that is asked the same."""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from benchmarks.bench import Bench
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.growing import grown
from benchmarks.load import Load
from benchmarks.node import Node
from benchmarks.writing import CONNECTIONS, NOTHING
from tests.support.database import Sql
from tests.support.tokens import bearer

FEW = 4  # connections that leave the node half idle
THOUSAND = 1000
BULKS = 20
POSTGRES = "PostgreSQL alone"
SOME = """
    SELECT customer.email FROM consentfeed.customers AS customer WHERE customer.email IS NOT NULL
    ORDER BY md5(customer.id::text) LIMIT %s
"""
ALONE = """
    SELECT count(*) FROM consentfeed.check_consents(
        array_fill(NULL::uuid, ARRAY[{many}]), array_fill(NULL::text, ARRAY[{many}]), %s,
        array_fill(NULL::text, ARRAY[{many}]),
        array_fill('marketing'::text, ARRAY[{many}]), array_fill('sms'::text, ARRAY[{many}]), NULL
    )
"""


def checks(bench: Bench, load: Load) -> Sides:
    database = grown(bench, "checked", 1, load.rows)
    emails = [str(row[0]) for row in database.run(SOME, BULKS * THOUSAND)]
    with bench.product(database=database) as node:
        nothing = bench.requests(node.port, bearer("service"), [NOTHING], CONNECTIONS)
        figures = _single(bench, node, emails) | _bulk(bench, node, emails)
    return {PRODUCT: figures, NOTHING: nothing, POSTGRES: _alone(bench, database, emails)}


def _line(emails: list[str]) -> str:
    questions = [{"email": email, "purpose": "marketing", "channel": "sms"} for email in emails]
    return "POST /api/v1/checks " + json.dumps({"checks": questions})


def _single(bench: Bench, node: Node, emails: list[str]) -> dict[str, float]:
    lines = [_line([email]) for email in random.sample(emails, min(len(emails), 5000))]
    full = bench.requests(node.port, bearer("service"), lines, CONNECTIONS)
    few = bench.requests(node.port, bearer("service"), lines, FEW)
    return {
        "requests/s": full["requests/s"],
        "p99 ms": full["p99 ms"],
        "share of full speed with four": few["requests/s"] / full["requests/s"],
        "p99 ms with four": few["p99 ms"],
        "single: answers other than 200": full["answers other than 200"] + few["answers other than 200"],
    }


def _bulk(bench: Bench, node: Node, emails: list[str]) -> dict[str, float]:
    lines = [_line(emails[at : at + THOUSAND]) for at in range(0, len(emails), THOUSAND)]
    size = min(THOUSAND, len(emails))
    answers = bench.requests(node.port, bearer("service"), lines, FEW)
    return {
        "checks/s in bulk": answers["requests/s"] * size,
        "bulk: answers other than 200": answers["answers other than 200"],
    }


def _alone(bench: Bench, database: Sql, emails: list[str]) -> Figures:
    """The same questions on two connections, a thousand at once and one by one."""

    def ask(many: int) -> float:
        done, query = 0, ALONE.format(many=many)
        with psycopg.connect(database.url, autocommit=True) as connection:
            ends = time.monotonic() + bench.seconds
            while time.monotonic() < ends:
                at = done % max(len(emails) - many, 1)
                connection.execute(query.encode(), (emails[at : at + many],), prepare=True)
                done += many
        return done / bench.seconds

    size = min(THOUSAND, len(emails))
    with ThreadPoolExecutor(2) as pool:
        return {"checks/s in bulk": sum(pool.map(ask, [size, size])), "requests/s": sum(pool.map(ask, [1, 1]))}
