"""A client of the feed: it writes down what it was told, and judges nothing."""

import http.client
import random
import threading
from collections import Counter
from typing import Literal, NamedTuple
from urllib.parse import quote

import msgspec

from tests.oracle.content import content
from tests.oracle.sees import Sees

ORIGIN = "0-00000000"
SILENCE_SECONDS = 5.0  # several heartbeats

Consents = dict[str, tuple[int, str]]  # version and status by id


class Mark(NamedTuple):
    """What a reader was told: an event; a position alone, perhaps as the first block of a stream; or where it starts.

    It starts at the origin or with a list, also after a reset, which has a reason.
    """

    kind: Literal["start", "first", "event", "position"]
    id: str
    digest: bytes = b""
    consents: Consents | None = None
    reason: str | None = None


class ConnectionOver(Exception):
    """This connection is over."""


class Reader(threading.Thread):
    """Reads until it is stopped. position is the id it would go on from; consents, what it holds of each."""

    def __init__(self, name: str, ports: list[int], seed: str, sees: Sees, *, from_list: bool = False) -> None:
        super().__init__(name=name, daemon=True)
        self.sees, self.token = sees, sees.token()
        self.position = "" if from_list else ORIGIN
        self.marks: list[Mark] = [] if from_list else [Mark("start", ORIGIN)]
        self.consents: Consents = {}
        self.errors: list[str] = []
        self.counts: Counter[str] = Counter()
        self.random = random.Random(f"{seed}/{name}")
        self.starts_over = threading.Event()  # set: forgets everything
        self.quiet = threading.Event()  # set: asks for nothing
        self.steady = threading.Event()  # set: stays connected, so that it can be asked whether it has everything
        self.stopped = threading.Event()
        self._ports = ports

    def stop(self) -> None:
        """Returns when it has ended, or does not."""
        self.give_up()
        self.join(30)

    def give_up(self) -> None:
        """It is to end."""
        self.stopped.set()

    def run(self) -> None:
        """Lives."""
        while not self.stopped.is_set():
            try:
                if self.starts_over.is_set():
                    self._forget()
                if not self.position:
                    self.read_list()
                self.follow()
            except (OSError, http.client.HTTPException, ConnectionOver) as error:
                self.counts["silences"] += isinstance(error, TimeoutError)
                self.pause(0.2)
            except Exception as error:  # what is no error of the network is one of the service, or of the oracle
                self.errors.append(f"{type(error).__name__}: {error}")
                self.pause(0.5)

    def follow(self) -> None:
        """One connection's time."""
        raise NotImplementedError

    def leaves(self) -> bool:
        """Whether this connection is to end."""
        return self.stopped.is_set() or self.starts_over.is_set()

    def _forget(self) -> None:
        self.starts_over.clear()
        self.position, self.consents = ORIGIN, {}
        self.marks.append(Mark("start", ORIGIN))

    def read_list(self, reason: str | None = None, resume: str = "") -> None:
        """The list, page by page, at the beginning or after a reset. resume: the id to go on from, else the list's."""
        path = (
            "/api/v1/customer/consents"
            if self.sees.owner
            else f"/api/v1/consents?limit={self.random.choice((13, 200))}"
        )
        consents: Consents = {}
        position, cursor = "", ""
        while not position or cursor:
            response, body = self.get(path + (f"&cursor={quote(cursor)}" if cursor else ""))
            page = msgspec.json.decode(body)
            position = position or response.headers["Consentfeed-Position"]
            consents |= {consent["id"]: (consent["version"], consent["status"]) for consent in page["consents"]}
            cursor = page.get("next")
        self.consents = consents
        self.marks.append(Mark("start", resume or position, consents=dict(consents), reason=reason))
        self.position = resume or position  # the last: who sees it looks at the marks

    def take(self, id: str, event: str, data: bytes) -> None:
        """One block: an event, a reset, or a position."""
        if event == "reset":
            self._reset(id, msgspec.json.decode(data)["reason"])
            return
        if not id:
            raise ValueError(f"{event or 'block'} without an id")
        if event in ("consent-updated", "rights-request-updated"):
            digest, consent, version, status = content(data)
            self.marks.append(Mark("event", id, digest))
            if version > self.consents.get(consent, (0, ""))[0]:
                self.consents[consent] = version, status
            self.counts["events"] += 1
        elif id != self.position:
            self.marks.append(Mark("position", id))
        self.position = id

    def _reset(self, id: str, reason: str) -> None:
        """Reads the list, and stays, for the stream goes on from the reset's id; or comes back with the list's."""
        stays = bool(id) and self.random.random() < 0.5
        self.read_list(reason, id if stays else "")
        if not stays:
            raise ConnectionOver

    def get(self, path: str) -> tuple[http.client.HTTPResponse, bytes]:
        """An answer, also one that the position is lost; raises ConnectionOver where there is none now."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=SILENCE_SECONDS)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        check(response, body, 200, 410)
        return response, body

    def port(self) -> int:
        """One of the nodes."""
        return self.random.choice(self._ports)

    def pause(self, seconds: float) -> None:
        """So long at most, and not when it shall end."""
        self.stopped.wait(self.random.uniform(0, seconds))


def check(response: http.client.HTTPResponse, body: bytes, *good: int) -> None:
    """Raises ConnectionOver where there is no answer now, and an error for one that there should not be."""
    if response.status == 503:
        raise ConnectionOver
    if response.status not in good:
        raise ValueError(f"answer {response.status}: {body[:300]!r}")
