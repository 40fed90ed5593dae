"""The client for programs that wait."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from consentfeed.client.address import bearer, service_url
from consentfeed.client.calls import TIMEOUT, Attempts, Call, answer_of, check_end, checks_call, decisions_call, line_of
from consentfeed.client.errors import NotWhole, ProblemError
from consentfeed.client.following import follow
from consentfeed.client.shapes import Action, Answer, Consent, Decision, Event, Outcome, Question
from consentfeed.client.stream import Note, event_of, filters


class Export:
    """Every consent that fits, once. position: a stream after it goes on where the export ends."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()
        self.position: str = response.headers["consentfeed-position"]

    def __iter__(self) -> Iterator[Consent]:
        """Raises NotWhole where the connection ended early: then what came is not everything."""
        rows, end = 0, None
        try:
            for line in self._lines:
                row, is_end = line_of(line)
                if is_end:
                    end = row
                else:
                    rows += 1
                    yield row
        except (httpx.HTTPError, ValueError) as error:
            raise NotWhole(f"{rows} consents came, then {type(error).__name__} {error}") from None
        check_end(end, rows)


class Client:
    """One service, and who asks it. Requests are tried again for patience seconds; a decision is made once even so.

    All methods raise Refused (ProblemError where the service says why) and Unavailable.
    """

    def __init__(self, url: str, token: str, *, patience: float = 30) -> None:
        self._url, self._token, self._patience = service_url(url), token, patience
        self._http = httpx.Client(base_url=self._url, headers=bearer(token), timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def decide(self, action: Action, consent_id: str | None = None, *, key: str | None = None, **more: Any) -> Outcome:
        """Grants or revokes one consent: by its id, or by customer_id, purpose and channel. more: as in Decision.

        Raises ProblemError where it was not done. key: an Idempotency-Key, for who sends it again later.
        """
        named = {"consent_id": consent_id} if consent_id else {}
        (outcome,) = self.decide_many([{"action": action, **named, **more}], key=key)  # type: ignore[typeddict-item]
        if "problem" in outcome:
            raise ProblemError(outcome["problem"])
        return outcome

    def decide_many(self, decisions: Sequence[Decision], *, key: str | None = None) -> list[Outcome]:
        """At most 1,000; one outcome each, in their order: some may fail while others are made."""
        outcomes: list[Outcome] = self._ask(decisions_call(decisions, key))["outcomes"]
        return outcomes

    def check(self, checks: Sequence[Question], *, at: str | None = None) -> list[Answer]:
        """May I? At most 1,000 questions; one answer each, in their order. at: a time in the past (RFC 3339)."""
        answers: list[Answer] = self._ask(checks_call(checks, at))["answers"]
        return answers

    def customers(self, q: str = "") -> Iterator[dict[str, Any]]:
        """Customers that fit, all of them, page by page."""
        cursor: str | None = None
        while True:
            chosen = {"q": q, "cursor": cursor or "", "limit": "1000"}
            page = self._ask(Call("GET", "/api/v1/customers", params=[pair for pair in chosen.items() if pair[1]]))
            yield from page["customers"]
            cursor = page["next"]
            if cursor is None:
                return

    @contextmanager
    def export(
        self, *, purpose: Sequence[str] = (), channel: Sequence[str] = (), status: Sequence[str] = ()
    ) -> Iterator[Export]:
        """with client.export() as export: for consent in export: …"""
        wanted = filters(purpose=purpose, channel=channel, status=status)
        headers = {"Accept": "application/x-ndjson"}
        with self._http.stream("GET", "/api/v1/exports/consents", params=tuple(wanted), headers=headers) as response:
            if response.status_code != 200:
                response.read()
                Attempts(0).pause(answer_of(response))
            yield Export(response)

    def follow(
        self,
        after: str | None = None,
        *,
        kind: Sequence[str] = (),
        purpose: Sequence[str] = (),
        channel: Sequence[str] = (),
        customer: Sequence[str] = (),
        note: Note = lambda _text: None,
    ) -> Iterator[Event]:
        """Every event after an id (None: from now on), for ever, whatever restarts. Raises PositionLost and Refused."""
        wanted = filters(kind=kind, purpose=purpose, channel=channel, customer=customer)
        for message in follow(self._url, self._token, after, note, wanted):
            yield event_of(message)

    def _ask(self, call: Call) -> Any:
        attempts = Attempts(self._patience)
        while True:
            try:
                answer = answer_of(
                    self._http.request(
                        call.method, call.path, json=call.body, params=tuple(call.params), headers=call.headers
                    )
                )
                if not isinstance(answer, httpx.Response):
                    return answer
                pause = attempts.pause(answer)
            except httpx.HTTPError as error:
                pause = attempts.pause(error)
            time.sleep(pause)
