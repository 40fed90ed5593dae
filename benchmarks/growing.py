"""Databases that have grown: whether writing, resuming, listing and searching notice it."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.load import Load
from benchmarks.program import HERE
from benchmarks.writing import CONNECTIONS, CONSENTS_EACH, change_all
from tests.support.database import Sql
from tests.support.tokens import bearer

SMALL = 10_000
EACH_CALL = 100_000
REGISTER = """
    SELECT count(consentfeed.register_customer(
        gen_random_uuid(), 'Grown ' || md5(nth::text), 'grown' || nth || '@example.com', NULL, 'en'))
    FROM generate_series(1, %s) AS nth
"""
# Some of all, whatever their number: by the ids, which are random.
SOME = "SELECT id::text FROM consentfeed.consents ORDER BY md5(id::text) LIMIT %s"
ONE_EMAIL = "SELECT email FROM consentfeed.customers WHERE email NOT LIKE 'grown%' ORDER BY id LIMIT 1"
# The places asked for must be read from the table, however small it is.
COLD = {"memory_events": "100"}


def grown(bench: Bench, name: str, events: int, consents: int) -> Sql:
    """A database with at least so many events and consents; made once in a run."""
    database, new = bench.cluster.kept(name)
    if new:
        _add_consents(database, consents)
        add_events(database, events)
        database.run("VACUUM ANALYZE")
    return database


def _add_consents(database: Sql, least: int) -> None:
    have, customers = database.run("SELECT count(*), count(DISTINCT customer_id) FROM consentfeed.consents")[0]
    if least > have:
        database.run(REGISTER, (least - have) * customers // have + 1)


def add_events(database: Sql, least: int) -> None:
    """Copies of the events that are there, each with its own number and hash: nothing else is so fast."""
    with database.connect(autocommit=True) as connection:
        connection.execute((HERE / "grow.sql").read_bytes())
        while (missing := least - database.head()) > 0:
            connection.execute("SELECT pg_temp.grow(%s)", (min(missing, EACH_CALL),))
            connection.execute("SELECT consentfeed.add_event_partitions()")


def growth(bench: Bench, load: Load) -> Sides:
    small = grown(bench, "small", SMALL, SMALL)
    large = grown(bench, "large", load.rows, load.rows // 10)
    return {PRODUCT: _measure(bench, large), "10,000 of each": _measure(bench, small)}


def _measure(bench: Bench, database: Sql) -> Figures:
    token, seconds = bearer("service"), bench.seconds / 2
    middle = database.event_id(database.head() // 2)
    email = database.value(ONE_EMAIL)
    reads = {
        "resume": f"GET /api/v1/events?after={middle}&limit=1000",
        "list": "GET /api/v1/consents?limit=100",
        "search": f"GET /api/v1/consents?q={email.replace('@', '%40')}&limit=50",
    }
    figures = {
        "events": float(database.head()),
        "consents": float(database.value("SELECT count(*) FROM consentfeed.consents")),
    }
    with bench.product(settings=COLD, database=database) as node:
        for name, line in reads.items():
            answers = bench.requests(node.port, token, [line], 1, seconds=seconds)
            figures |= {f"{name} p50 ms": answers["p50 ms"], f"{name} p99 ms": answers["p99 ms"]}
            figures[f"{name}: answers other than 200"] = answers["answers other than 200"]
        ids = [str(row[0]) for row in database.run(SOME, CONNECTIONS * CONSENTS_EACH)]
        answers = change_all(bench, node, ids)
    figures |= {"writes/s": answers["requests/s"], "writes p50 ms": answers["p50 ms"]}
    return figures | {"writes without a change": answers["requests without a change"]}
