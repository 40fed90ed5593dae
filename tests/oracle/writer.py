"""Somebody who changes consents, and writes down what he was told of it."""

import random
import threading
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

# The first history in which it may be now, and the last: they differ while a fault leaves one for another.
Eras = Callable[[], tuple[int, int]]
LAST_TRIES_SECONDS = 30.0


class Claim(NamedTuple):
    """What was told of one decision: by its reference, or without one by the version it made of a consent.

    owner: to whom the id was told, empty for staff. since, until: the histories in which the answer may have been made.
    """

    outcome: Literal["done", "nothing", "refused", "unknown"]
    since: int
    until: int
    reference: str = ""
    owner: str = ""
    id: str = ""
    consent: str = ""
    version: int = 0
    status: str = ""


class Writer(threading.Thread):
    """Writes until it is stopped; can be held for a while. successes: how many decisions it was told are done."""

    def __init__(self, name: str, seed: str, consents: dict[str, list[str]], eras: Eras, pace: float) -> None:
        super().__init__(name=name, daemon=True)
        self.random = random.Random(f"{seed}/{name}")
        self.consents = consents
        self.all = [consent for own in consents.values() for consent in own]
        self.eras = eras
        self.claims: list[Claim] = []
        self.errors: list[str] = []
        self.successes = 0
        self.pause, self.idle = threading.Event(), threading.Event()
        self._stopped = threading.Event()
        self._pace = pace
        self._tries_until = float("inf")

    def stop(self) -> None:
        """Returns when it has ended, what it had begun being known; or when it does not end."""
        self._tries_until = time.monotonic() + LAST_TRIES_SECONDS
        self._stopped.set()
        self.join(LAST_TRIES_SECONDS + 20)

    def give_up(self) -> None:
        """It is to end, whatever becomes of what it had begun."""
        self._tries_until = time.monotonic()
        self._stopped.set()

    def run(self) -> None:
        """Lives."""
        while not self._stopped.is_set():
            if self.pause.is_set():
                self.idle.set()
                self._stopped.wait(0.02)
                continue
            self.idle.clear()
            try:
                self.write()
            except Exception as error:
                self.error(f"{type(error).__name__}: {error}")
            self._stopped.wait(self.random.expovariate(self._pace))
        self.idle.set()

    def write(self) -> None:
        """One change, or several together."""
        raise NotImplementedError

    def claim(self, claim: Claim) -> None:
        """Writes down what was told."""
        self.claims.append(claim)
        self.successes += claim.outcome == "done"

    def error(self, what: str) -> None:
        """Writes down what should not be."""
        self.errors.append(what)

    def waits(self, seconds: float) -> bool:
        """Waits so long at most; False where it is time to give up."""
        self._stopped.wait(self.random.uniform(0, seconds))
        return time.monotonic() < self._tries_until
