"""A receiver of webhooks that fails, hangs, lies and restarts: what reached it is held against the table."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NamedTuple

import httpx
import msgspec

from tests.oracle.content import digest
from tests.oracle.sees import Sees
from tests.oracle.truth import History
from tests.support.ports import free_port
from tests.support.tokens import bearer

NAME: Final = "oracle"
_BATCH: Final = 50
_WELL_SECONDS: Final = 3.0  # between two of its failures, so that a run is not spent on waiting
_EVERYTHING: Final = Sees(all_kinds=True)
# The newest event that is not kept any more: an admin who sees that a place is lost goes on there.
_GO_ON: Final = (
    f"SELECT consentfeed.replay_webhook('{NAME}', last_seq, last_hash)"
    " FROM consentfeed.dropped_partitions ORDER BY last_seq DESC LIMIT 1"
)
_LOST: Final = f"SELECT FROM consentfeed.webhooks WHERE name = '{NAME}' AND disabled_at IS NOT NULL"
_PLACE: Final = f"SELECT position FROM consentfeed.followers WHERE name = 'webhook:{NAME}'"


class Arrival(NamedTuple):
    """An event that has come: its id, and a digest of what it says."""

    id: str
    digest: bytes


class Deliveries:
    """The receiver, which comes and goes on one port, and what it was sent."""

    def __init__(self, seed: str) -> None:
        self.port = free_port()
        self.count = 0
        self.failures = 0
        self.steady = threading.Event()  # set: it behaves
        self._random = random.Random(f"{seed}/receiver")
        self._lock = threading.Lock()
        self._arrivals: list[Arrival] = []
        self._failed_at = time.monotonic()
        # By the number of a history: up to which event all have arrived.
        self._reached: dict[int, int] = {}
        self._server = self._listen()

    def close(self) -> None:
        """It is gone."""
        self._server.shutdown()
        self._server.server_close()

    def register(self, url: str) -> None:
        """It is sent what happens from now on."""
        choice: dict[str, Any] = {
            "url": f"http://127.0.0.1:{self.port}/",
            "kinds": ["all"],
            "batch": _BATCH,
            "personal_data": True,
        }
        path, headers = f"{url}/api/v1/webhooks/{NAME}", {"Authorization": f"Bearer {bearer('admin')}"}
        answer = httpx.put(path, json=choice, headers=headers, timeout=30, trust_env=False)
        assert answer.status_code == 201, answer.text
        position = _EVERYTHING.position(answer.json()["place"])
        assert position
        self._reached = {0: position.seq}

    # What it does

    def _listen(self) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server

    def _restart(self) -> None:
        old = self._server
        old.shutdown()
        old.server_close()
        time.sleep(0.5)
        self._server = self._listen()

    def behave(self, body: bytes) -> int | None:
        """The status that is answered, None for no answer; what has come is noted, whatever it says about it."""
        way = self._way()
        if way == "forget":  # before it has read what it was sent
            return None
        value = msgspec.json.decode(body)
        with self._lock:
            self._arrivals += [Arrival(event["id"], digest(event["data"])) for event in value["events"]]
        if way == "hang":
            time.sleep(self._random.uniform(0.5, 2))
        elif way == "restart":
            threading.Thread(target=self._restart, daemon=True).start()
        return {"fail": self._random.choice((500, 503, 404)), "well": 204, "lie": 200}.get(way)

    def _way(self) -> str:
        with self._lock:
            if self.steady.is_set() or time.monotonic() - self._failed_at < _WELL_SECONDS:
                return "well"
            self._failed_at = time.monotonic()
            self.failures += 1
            return self._random.choice(("fail", "hang", "forget", "late", "lie", "restart"))

    # What is found out

    def behind(self, table: Any, head: int, seconds: float) -> bool:
        """Whether it is not told of everything up to this event after so long."""
        ends = time.monotonic() + seconds
        while int(table(_PLACE)[0][0]) < head:
            if table(_LOST):
                table(_GO_ON)
            if time.monotonic() > ends:
                return True
            time.sleep(0.05)
        return False

    def judge(self, all: dict[int, History], head: int) -> Iterator[tuple[str, str]]:
        """The kind and the words of what is wrong: each event came, none before those that are before it."""
        with self._lock:
            arrivals, self._arrivals = self._arrivals, []
        for number in sorted(all.keys() - self._reached.keys()):
            before = max(self._reached)
            self._reached[number] = _common(all[before], all[number], self._reached[before])
        for one in arrivals:
            self.count += 1
            there = {number: seq for number, history in all.items() if (seq := _EVERYTHING.seq_in(history, one.id)) > 0}
            if not there:
                yield "altered", f"event {one.id} is in no history"
            elif any(all[number].facts[seq - 1].digest != one.digest for number, seq in there.items()):
                yield "altered", f"event {one.id} is not what the table says"
            elif not self._take(all, there):
                yield "lost", f"event {one.id} came when not all before it had: {self._reached}"
        present = max(all)
        if max(self._reached[present], all[present].dropped) < head:
            yield "lost", f"events from {self._reached[present]} to {head}"
        self._reached = {present: max(self._reached[present], head)}

    def _take(self, all: dict[int, History], there: dict[int, int]) -> bool:
        """Whether it is the next one, or has come before, in one of the histories that it is in."""
        fits = False
        for number, seq in there.items():
            # What is no longer kept need not come.
            reached = max(self._reached[number], all[number].dropped)
            if seq <= reached + 1:
                self._reached[number] = max(reached, seq)
                fits = True
        return fits


def _common(one: History, other: History, upto: int) -> int:
    """How many of the first events are the same in both."""
    while upto and not (len(other.facts) >= upto and one.facts[upto - 1].hash == other.facts[upto - 1].hash):
        upto -= 1
    return upto


def _handler(deliveries: Deliveries) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = deliveries.behave(body)
            with suppress(OSError):  # the node has gone
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
