"""Asks for decisions over REST at a steady rate; each carries the time at which it was asked into its event.

    python -m benchmarks.ask RATE SECONDS PORT      with a JSON object on stdin: token, consents ([id, granted]…)

The JSON object at the end says how many decisions there were, and at what rate.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

CONNECTIONS = 4


@dataclass(frozen=True)
class Plan:
    port: int
    rate: float
    seconds: float
    token: str
    consents: list[tuple[str, bool]]
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(CONNECTIONS))


class Asker:
    """Grants and revokes its own consents in turn, over one kept connection."""

    def __init__(self, plan: Plan, number: int) -> None:
        self._plan = plan
        self._granted = dict(plan.consents[number::CONNECTIONS])
        self._connection = http.client.HTTPConnection("127.0.0.1", plan.port, timeout=60)
        self._connection.request("GET", "/healthz")
        self._connection.getresponse().read()

    def decide(self, nth: int) -> None:
        consent = list(self._granted)[nth % len(self._granted)]
        action = "revoke" if self._granted[consent] else "grant"
        self._granted[consent] = not self._granted[consent]
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        body = json.dumps({"reason": {"code": "benchmark", "reference": now}})
        headers = {"Authorization": f"Bearer {self._plan.token}", "Content-Type": "application/json"}
        self._connection.request("POST", f"/api/v1/customer/consents/{consent}/{action}", body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {text[:500]!r}")


def ask(plan: Plan, number: int) -> list[float]:
    """Every CONNECTIONS-th decision, beginning with this one; when each was answered."""
    asker, times = Asker(plan, number), list[float]()
    plan.together.wait(timeout=30)
    begin = time.monotonic()
    while (due := number / plan.rate) < plan.seconds:
        time.sleep(max(0.0, begin + due - time.monotonic()))
        if time.monotonic() - begin >= plan.seconds:
            break
        asker.decide(len(times))
        times.append(time.monotonic())
        number += CONNECTIONS
    return times


def main() -> None:
    rate, seconds, port = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    order = json.loads(sys.stdin.readline())
    plan = Plan(port, rate, seconds, order["token"], [(id_, granted) for id_, granted in order["consents"]])
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = pool.map(ask, [plan] * CONNECTIONS, range(CONNECTIONS))
        times = [at for part in parts for at in part]
    took = max(times) - min(times) if len(times) > 1 else seconds
    print(json.dumps({"events": len(times), "rate": (len(times) - 1) / took}))


if __name__ == "__main__":
    main()
