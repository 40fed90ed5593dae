"""Whoever changes consents by REST: customers, CSRs and services, one by one and many at once."""

import http.client
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from tests.oracle.requests import OPPOSITE, Request, Requests
from tests.oracle.writer import Claim, Eras, Writer

# What a definite refusal looks like: nothing was written, and that is a promise.
REFUSED: Final = ("database-away", "read-only", "overloaded", "busy", "draining")
_NOBODY: Final = str(UUID(int=0))


class Answer(NamedTuple):
    """What became of a request; status 0: it was never known. since, until: the histories in which it may have been."""

    status: int
    body: Any
    since: int
    until: int


class RestWriter(Writer):
    """Decides by REST; what was left unknown is asked again under the same key until it is known."""

    def __init__(
        self, name: str, seed: str, consents: dict[str, list[str]], eras: Eras, pace: float,
        ports: list[int], bulk: int,
    ) -> None:  # fmt: skip
        super().__init__(name, seed, consents, eras, pace)
        self._requests = Requests(self.random, consents)
        self._ports = ports
        self._bulk = bulk
        # Where many are at once a thousand, they are to be most of what happens.
        self._shares = (7, 2, 1) if bulk < 500 else (4, 5, 1)

    def write(self) -> None:
        """One decision, many at once, or one that is asked about again after somebody thought better of it."""
        (write,) = self.random.choices((self._decide, self._decide_many, self._ask_again), self._shares)
        write()

    def _decide(self) -> None:
        consent = self.random.choice(self.all)
        request = self._requests.one(consent, self._requests.action())
        self._note(request, self._until_known(request), consent)

    def _ask_again(self) -> None:
        """What was decided is decided once, and answered the same, whatever has been decided since."""
        consent, action = self.random.choice(self.all), self._requests.action()
        first, second = self._requests.one(consent, action), self._requests.one(consent, OPPOSITE[action])
        before = self._until_known(first) if self.random.random() < 0.5 else self._hangs_up(first)
        self._note(second, self._until_known(second), consent)
        after = self._until_known(first, unsure=True)
        self._note(first, after, consent)
        if before.status == after.status == 200 and before.since == after.until and before.body != after.body:
            self.error(f"another answer under the same key: {before.body}, then {after.body}")

    def _decide_many(self) -> None:
        references = [self._requests.key() for _ in range(self.random.randint(1, self._bulk))]
        consents = self.random.choices(self.all, k=len(references))
        if self.random.random() < 0.3:
            # A decision that cannot be made, among the others: it harms none of them.
            consents[self.random.randrange(len(consents))] = _NOBODY
        request = self._requests.many(references, consents)
        answer = self._until_known(request)
        outcomes = answer.body["outcomes"] if answer.status == 200 else [None] * len(references)
        for reference, consent, outcome in zip(references, consents, outcomes, strict=True):
            problem = outcome and outcome.get("problem")
            one = answer._replace(status=problem["status"] if problem else 200, body=problem or outcome)
            self._note_one(request, one if outcome else answer, reference, consent)

    # Asking

    def _until_known(self, request: Request, *, unsure: bool = False) -> Answer:
        """The answer; asked again where it was lost on the way, or the service does not know."""
        since = self.eras()[0]
        while True:
            try:
                status, body = self._ask(request)
            except (OSError, http.client.HTTPException):
                unsure = True
            else:
                # After an answer that was lost, "nothing was written" speaks of this try alone.
                if not _says(body, "outcome-unknown") and not (unsure and _says(body, *REFUSED)):
                    return Answer(status, body, since, self.eras()[1])
                unsure = unsure or _says(body, "outcome-unknown")
            if not self.waits(0.3):
                return Answer(0, None, since, self.eras()[1])

    def _ask(self, request: Request) -> tuple[int, Any]:
        connection = self._send(request)
        try:
            response = connection.getresponse()
            return response.status, msgspec.json.decode(response.read())
        finally:
            connection.close()

    def _hangs_up(self, request: Request) -> Answer:
        """Sends it, and does not stay for the answer."""
        since = self.eras()[0]
        try:
            self._send(request).close()
        except OSError:
            pass
        return Answer(0, None, since, self.eras()[1])

    def _send(self, request: Request) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.random.choice(self._ports), timeout=15)
        headers = {"Authorization": f"Bearer {request.token}", "Idempotency-Key": request.key}
        try:
            connection.request("POST", request.path, request.body, headers | {"Content-Type": "application/json"})
        except OSError:
            connection.close()
            raise
        return connection

    # What was told

    def _note(self, request: Request, answer: Answer, consent: str) -> None:
        self._note_one(request, answer, request.key, consent)

    def _note_one(self, request: Request, answer: Answer, reference: str, consent: str) -> None:
        claim = Claim("unknown", answer.since, answer.until, reference, request.owner)
        body = answer.body
        if answer.status == 200:
            consent_after, event = body["consent"], body["event"]
            if consent_after["id"] != consent:
                self.error(f"asked for consent {consent}, answered {body}")
            claim = claim._replace(
                outcome="done" if event else "nothing", id=event["id"] if event else "",
                consent=consent, version=consent_after["version"], status=consent_after["status"],
            )  # fmt: skip
        elif answer.status:
            claim = claim._replace(outcome="refused")
            if not (_says(body, *REFUSED) or (consent == _NOBODY and _says(body, "not-found"))):
                self.error(f"refused without cause: {body}")
        self.claim(claim)


def _says(body: Any, *codes: str) -> bool:
    """Whether this answer, or one of its outcomes, is one of these problems."""
    problems = [body, *((outcome.get("problem") or {}) for outcome in body.get("outcomes", ()))]
    return any(problem.get("type", "").rsplit("/", 1)[-1] in codes for problem in problems)
