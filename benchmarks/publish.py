"""Makes events at a steady rate with plain SQL: an UPDATE in a transaction of its own for each burst.

    python -m benchmarks.publish RATE SECONDS BURST      with a JSON object on stdin: url, and ids if not any will do

A process of its own, so that neither the driver nor the load is disturbed. What cannot be made in time is not made:
the JSON object at the end says how many events there were, and at what rate.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg

from tests.support.database import Sql

CONNECTIONS = 4
CONSENTS = 400
TOGGLE = """
    UPDATE consentfeed.consents
    SET status = CASE WHEN status = 'granted' THEN 'revoked' ELSE 'granted' END
    WHERE id = ANY(%s::uuid[])
"""


@dataclass(frozen=True)
class Plan:
    url: str
    rate: float
    seconds: float
    burst: int
    ids: list[str]
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(CONNECTIONS))

    def bursts_of(self, connection: int) -> list[list[str]]:
        """What this connection changes, burst by burst; no two connections want the same row."""
        own = self.ids[connection::CONNECTIONS]
        return [own[at : at + self.burst] for at in range(0, len(own) - self.burst + 1, self.burst)]


def publish(plan: Plan, number: int) -> list[float]:
    """Makes every CONNECTIONS-th burst, beginning with this one; when each was committed."""
    bursts, every = plan.bursts_of(number), plan.burst / plan.rate
    times: list[float] = []
    with psycopg.connect(plan.url, autocommit=True) as connection:
        plan.together.wait(timeout=30)
        begin = time.monotonic()
        while (due := number * every) < plan.seconds:
            time.sleep(max(0.0, begin + due - time.monotonic()))
            if time.monotonic() - begin >= plan.seconds:
                break
            connection.execute(TOGGLE, (bursts[len(times) % len(bursts)],))
            times.append(time.monotonic())
            number += CONNECTIONS
    return times


def some_consents(url: str, limit: int) -> list[str]:
    query = "SELECT id::text FROM consentfeed.consents ORDER BY id LIMIT %s"
    return [row[0] for row in Sql.run_as(url, query, limit)]


def main() -> None:
    rate, seconds, burst = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    order = json.loads(sys.stdin.readline())
    ids = order.get("ids") or some_consents(order["url"], CONSENTS)
    if len(ids) < CONNECTIONS * burst:
        sys.exit(f"{len(ids)} consents are too few.")
    plan = Plan(order["url"], rate, seconds, burst, ids)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = pool.map(publish, [plan] * CONNECTIONS, range(CONNECTIONS))
        times = [at for part in parts for at in part]
    took = max(times) - min(times) if len(times) > 1 else seconds
    print(json.dumps({"events": len(times) * burst, "rate": (len(times) - 1) * burst / took}))


if __name__ == "__main__":
    main()
