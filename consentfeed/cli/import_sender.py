"""Sends the rows of an import, a thousand at a time, two requests at once; repeats what has no answer."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, Final, NamedTuple

import httpx

from consentfeed.cli.import_csv import Row
from consentfeed.cli.remote import cause, refusal
from consentfeed.client import Refused

_ROWS: Final = 1000
_AT_ONCE: Final = 2
_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_BUSY: Final = "/problems/busy"
_BUSY_TRIES: Final = 5


class Outcome(NamedTuple):
    """What became of a row; code: recorded, unchanged, superseded, skipped, erased, or that of a problem."""

    number: int
    line: int
    code: str
    detail: str = ""


class Sender:
    """Sends rows; body: what goes with them. patience: seconds for which a request is repeated that gets no answer."""

    def __init__(self, http: httpx.Client, body: dict[str, Any], patience: float, note: Callable[[str], None]) -> None:
        self._http, self._body, self._patience, self._note = http, body, patience, note
        self._ended = threading.Event()

    def send(self, rows: Iterator[Row]) -> Iterator[list[Outcome]]:
        """The outcomes, in the order of the rows. Raises Refused."""
        running: deque[Future[list[Outcome]]] = deque()
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            while batch := list(islice(rows, _ROWS)):
                if len(running) >= _AT_ONCE:
                    yield running.popleft().result()
                running.append(pool.submit(self._batch, batch))
            while running:
                yield running.popleft().result()
        finally:
            self._ended.set()  # nobody waits for what is still being repeated
            pool.shutdown(wait=False, cancel_futures=True)

    def _batch(self, batch: list[Row]) -> list[Outcome]:
        outcomes = self._ask(batch)
        for _ in range(_BUSY_TRIES):
            busy = [nth for nth, one in enumerate(outcomes) if one.get("problem", {}).get("type") == _BUSY]
            if not busy:
                break
            self._ended.wait(1)
            for nth in busy:
                (outcomes[nth],) = self._ask([batch[nth]])
        return [_outcome(row, said) for row, said in zip(batch, outcomes, strict=True)]

    def _ask(self, batch: list[Row]) -> list[dict[str, Any]]:
        """Until there is an answer: rows that were recorded, and whose answer was lost, are unchanged."""
        body = {**self._body, "first_row": batch[0].number, "rows": [row.body for row in batch]}
        began, pause = time.monotonic(), 0.5
        while True:
            try:
                answer = self._http.post("/api/v1/imports/rows", json=body)
                if answer.status_code == 200:
                    outcomes: list[dict[str, Any]] = answer.json()["outcomes"]
                    return outcomes
                why, wait = str(refusal(answer)), float(answer.headers.get("retry-after", 0))
                if answer.status_code not in _LATER:
                    raise refusal(answer)
            except httpx.HTTPError as error:
                why, wait = cause(error), 0.0
            if self._ended.is_set() or time.monotonic() - began > self._patience:
                raise Refused(
                    f"the import broke off at row {batch[0].number} ({why}); start it again: what is recorded is"
                    " then unchanged"
                )
            self._note(f"{why}; trying again")
            self._ended.wait(max(pause, wait))
            pause = min(2 * pause, 10)


def _outcome(row: Row, said: dict[str, Any]) -> Outcome:
    problem = said.get("problem")
    if problem is None:
        return Outcome(row.number, row.line, str(said["outcome"]))
    return Outcome(row.number, row.line, str(problem["type"]).rpartition("/")[2], str(problem.get("detail", "")))
