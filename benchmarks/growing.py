"""Databases that have grown: whether those who write, read, ask and prove notice it."""

from __future__ import annotations

import json
import statistics
import time

from benchmarks.bench import Bench
from benchmarks.case import PRODUCT, Figures, Sides
from benchmarks.load import Load
from benchmarks.program import HERE
from benchmarks.publish import TOGGLE
from benchmarks.writing import CONNECTIONS, CONSENTS_EACH, change_all
from consentfeed.log.note import new_private_key
from tests.support import checkpoints
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
# Consents with a few events each, far from one another in the log.
WATCHED = 300
PARTS = 10
FRESH = """
    SELECT consentfeed.register_customer(gen_random_uuid(), 'Watched', NULL, NULL, 'en') FROM generate_series(1, %s)
"""
THEIRS = """
    SELECT consent.id::text FROM consentfeed.consents AS consent
    JOIN consentfeed.customers AS customer ON customer.id = consent.customer_id
    WHERE customer.name = 'Watched' AND (consent.purpose, consent.channel) = ('marketing', 'sms')
"""
MIDDLE = "SELECT consentfeed.rfc3339(recorded_at) FROM consentfeed.events WHERE seq >= %s ORDER BY seq LIMIT 1"
CHECKPOINTS = 30
READS = ("resume", "list", "search", "check", "as-of", "evidence")


def grown(bench: Bench, name: str, events: int, consents: int) -> Sql:
    """A database with at least so many events and consents; made once in a run."""
    database, new = bench.cluster.kept(name)
    if new:
        _add_consents(database, consents)
        _add_history(database, events)
        database.run("VACUUM ANALYZE")
    return database


def watched(database: Sql) -> list[str]:
    """Consents whose events lie far from one another."""
    return [str(row[0]) for row in database.run(THEIRS)]


def _add_history(database: Sql, events: int) -> None:
    database.run(FRESH, WATCHED)
    consents = watched(database)
    for part in range(1, PARTS + 1):
        add_events(database, events * part // PARTS)
        database.run(TOGGLE, consents[part % 3 :: 3])


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
    figures = {
        "events": float(database.head()),
        "consents": float(database.value("SELECT count(*) FROM consentfeed.consents")),
    }
    # Before a node makes them: it would be the node's turn, and not ours.
    figures["checkpoint p50 ms"] = _checkpoint(database)
    key = bench.home / "growth-key"
    key.write_bytes(new_private_key())
    with bench.product(settings=COLD | {"checkpoint_key": str(key)}, database=database) as node:
        for name, lines in _reads(database).items():
            token = bearer("csr" if name == "evidence" else "service")  # services may not see that
            answers = bench.requests(node.port, token, lines, 1, seconds=bench.seconds / 2)
            figures |= {f"{name} p50 ms": answers["p50 ms"], f"{name} p99 ms": answers["p99 ms"]}
            figures[f"{name}: answers other than 200"] = answers["answers other than 200"]
        ids = [str(row[0]) for row in database.run(SOME, CONNECTIONS * CONSENTS_EACH)]
        answers = change_all(bench, node, ids)
    figures |= {"writes/s": answers["requests/s"], "writes p50 ms": answers["p50 ms"]}
    return figures | {"writes without a change": answers["requests without a change"]}


def _reads(database: Sql) -> dict[str, list[str]]:
    """What is asked for, as lines of requests."""
    middle = database.head() // 2
    email, at = database.value(ONE_EMAIL), database.value(MIDDLE, middle)
    question = {"email": email, "purpose": "marketing", "channel": "sms"}
    consents = watched(database)
    reads = (
        [f"GET /api/v1/events?after={database.event_id(middle)}&limit=1000"],
        ["GET /api/v1/consents?limit=100"],
        [f"GET /api/v1/consents?q={email.replace('@', '%40')}&limit=50"],
        ["POST /api/v1/checks " + json.dumps({"checks": [question]})],
        [f"GET /api/v1/consents/{one}?at={at}" for one in consents],
        [f"GET /api/v1/consents/{one}/evidence" for one in consents],
    )
    return dict(zip(READS, reads, strict=True))


def _checkpoint(database: Sql) -> float:
    """Milliseconds for a checkpoint over a few new events; the first one, over the whole log, does not count."""
    checkpoints.make_checkpoint(database)
    holder, taken = checkpoints.hold(database, seconds=600), []
    with database.connect(autocommit=True) as connection:
        for _ in range(CHECKPOINTS):
            checkpoints.add_events(database, 10)
            begin = time.monotonic()
            connection.execute("SELECT consentfeed.build_tiles(%s, 1000)", (holder,))
            connection.execute("SELECT * FROM consentfeed.add_checkpoint(%s)", (holder,))
            taken.append(1000 * (time.monotonic() - begin))
        connection.execute("SELECT consentfeed.release_follower('checkpoints', %s)", (holder,))
    return statistics.median(taken)
