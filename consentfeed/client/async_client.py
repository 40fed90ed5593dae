"""The client for programs on an event loop: the same, with await."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import httpx
from httpx_sse import EventSource

from consentfeed.client import stream
from consentfeed.client.address import bearer, service_url
from consentfeed.client.calls import TIMEOUT, Attempts, Call, answer_of, check_end, checks_call, decisions_call, line_of
from consentfeed.client.errors import NotWhole, ProblemError
from consentfeed.client.shapes import Action, Answer, Consent, Decision, Event, Outcome, Question
from consentfeed.client.stream import PATH, Course, Note, check_stream, event_of, filters


class AsyncExport:
    """As Export, with async for."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()
        self.position: str = response.headers["consentfeed-position"]

    async def __aiter__(self) -> AsyncIterator[Consent]:
        """Raises NotWhole where the connection ended early."""
        rows, end = 0, None
        try:
            async for line in self._lines:
                row, is_end = line_of(line)
                if is_end:
                    end = row
                else:
                    rows += 1
                    yield row
        except (httpx.HTTPError, ValueError) as error:
            raise NotWhole(f"{rows} consents came, then {type(error).__name__} {error}") from None
        check_end(end, rows)


class AsyncClient:
    """As Client: the same methods, arguments and errors."""

    def __init__(self, url: str, token: str, *, patience: float = 30) -> None:
        self._url, self._patience = service_url(url), patience
        self._http = httpx.AsyncClient(base_url=self._url, headers=bearer(token), timeout=TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def decide(
        self, action: Action, consent_id: str | None = None, *, key: str | None = None, **more: Any
    ) -> Outcome:
        """As Client.decide()."""
        named = {"consent_id": consent_id} if consent_id else {}
        (outcome,) = await self.decide_many([{"action": action, **named, **more}], key=key)  # type: ignore[typeddict-item]
        if "problem" in outcome:
            raise ProblemError(outcome["problem"])
        return outcome

    async def decide_many(self, decisions: Sequence[Decision], *, key: str | None = None) -> list[Outcome]:
        """As Client.decide_many()."""
        outcomes: list[Outcome] = (await self._ask(decisions_call(decisions, key)))["outcomes"]
        return outcomes

    async def check(self, checks: Sequence[Question], *, at: str | None = None) -> list[Answer]:
        """As Client.check()."""
        answers: list[Answer] = (await self._ask(checks_call(checks, at)))["answers"]
        return answers

    async def customers(self, q: str = "") -> AsyncIterator[dict[str, Any]]:
        """As Client.customers(), with async for."""
        cursor: str | None = None
        while True:
            chosen = {"q": q, "cursor": cursor or "", "limit": "1000"}
            page = await self._ask(Call("GET", "/api/v1/customers", params=[one for one in chosen.items() if one[1]]))
            for customer in page["customers"]:
                yield customer
            cursor = page["next"]
            if cursor is None:
                return

    @asynccontextmanager
    async def export(
        self, *, purpose: Sequence[str] = (), channel: Sequence[str] = (), status: Sequence[str] = ()
    ) -> AsyncIterator[AsyncExport]:
        """As Client.export(), with async with and async for."""
        wanted = filters(purpose=purpose, channel=channel, status=status)
        headers = {"Accept": "application/x-ndjson"}
        path = "/api/v1/exports/consents"
        async with self._http.stream("GET", path, params=tuple(wanted), headers=headers) as response:
            if response.status_code != 200:
                await response.aread()
                Attempts(0).pause(answer_of(response))
            yield AsyncExport(response)

    async def follow(
        self,
        after: str | None = None,
        *,
        kind: Sequence[str] = (),
        purpose: Sequence[str] = (),
        channel: Sequence[str] = (),
        customer: Sequence[str] = (),
        note: Note = lambda _text: None,
    ) -> AsyncIterator[Event]:
        """As Client.follow(), with async for."""
        wanted, course = filters(kind=kind, purpose=purpose, channel=channel, customer=customer), Course(after, note)
        while True:
            try:
                async with self._http.stream(
                    "GET", PATH, headers=course.headers(), params=tuple(wanted), timeout=stream.TIMEOUT
                ) as response:
                    check_stream(response, b"" if response.status_code == 200 else await response.aread())
                    async for sse in EventSource(response).aiter_sse():
                        if message := course.take(sse):
                            yield event_of(message)
            except httpx.HTTPError as error:
                course.lost(error)
            await asyncio.sleep(course.pause())

    async def _ask(self, call: Call) -> Any:
        attempts = Attempts(self._patience)
        while True:
            try:
                response = await self._http.request(
                    call.method, call.path, json=call.body, params=tuple(call.params), headers=call.headers
                )
                answer = answer_of(response)
                if not isinstance(answer, httpx.Response):
                    return answer
                pause = attempts.pause(answer)
            except httpx.HTTPError as error:
                pause = attempts.pause(error)
            await asyncio.sleep(pause)
