"""Makes events at a steady rate with plain SQL: one UPDATE, one transaction, one event at a time.

    python publish.py RATE SECONDS          with the database URL as one line on stdin

A process of its own, so that neither the driver nor the load is disturbed. What cannot be made in
time is not made: the JSON object at the end says how many events there were, and at what rate.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg

CONNECTIONS = 4
CONSENTS = 400
SOME = "SELECT id FROM consentfeed.consents ORDER BY id LIMIT %s"
TOGGLE = """
    UPDATE consentfeed.consents
    SET status = CASE WHEN status = 'granted' THEN 'revoked' ELSE 'granted' END
    WHERE id = %s
"""


@dataclass(frozen=True)
class Plan:
    url: str
    rate: float
    seconds: float
    ids: list[object]
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(CONNECTIONS))


def publish(plan: Plan, first: int) -> list[float]:
    """Makes every CONNECTIONS-th event, beginning with the `first`; when each was committed."""
    ids, number = plan.ids[first::CONNECTIONS], first  # no two want the same row
    made: list[float] = []
    with psycopg.connect(plan.url, autocommit=True) as connection:
        plan.together.wait(timeout=30)
        begin = time.monotonic()
        while (due := number / plan.rate) < plan.seconds:
            time.sleep(max(0.0, begin + due - time.monotonic()))
            if time.monotonic() - begin >= plan.seconds:
                break
            connection.execute(TOGGLE, (ids[len(made) % len(ids)],))
            made.append(time.monotonic())
            number += CONNECTIONS
    return made


def main() -> None:
    rate, seconds, url = float(sys.argv[1]), float(sys.argv[2]), sys.stdin.readline().strip()
    with psycopg.connect(url) as connection:
        rows = connection.execute(SOME, (CONSENTS,)).fetchall()
    if len(rows) < CONNECTIONS:
        sys.exit(f"{len(rows)} consents are too few.")
    plan = Plan(url, rate, seconds, [row[0] for row in rows])
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = pool.map(publish, [plan] * CONNECTIONS, range(CONNECTIONS))
        made = [at for part in parts for at in part]
    took = max(made) - min(made) if len(made) > 1 else seconds
    print(json.dumps({"events": len(made), "seconds": took, "rate": (len(made) - 1) / took}))


if __name__ == "__main__":
    main()
