"""The client library asks a real node: once with waiting, once on an event loop."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest

from consentfeed.client import (
    AsyncClient,
    Client,
    Event,
    NotWhole,
    PositionLost,
    ProblemError,
    Refused,
    Unavailable,
)  # fmt: skip
from tests.support.database import Sql
from tests.support.http_server import Answer, fixed, http_server, stream
from tests.support.node import RunningNode, StartNode
from tests.support.seed import CUSTOMER, OTHER
from tests.support.tokens import bearer

SMS = {"purpose": "marketing", "channel": "sms"}
END = b'{"end":{"rows":1,"position":"1-a"}}\n'
CONSENT = b'{"id":"c","customer":{"email":"end@example.com"}}\n'


@pytest.fixture
def client(node: RunningNode) -> Iterator[Client]:
    with Client(node.url, bearer("service")) as client:
        yield client


def test_it_decides_and_checks_and_takes_everything_out_and_follows_on(client: Client, database: Sql) -> None:
    outcome = client.decide("grant", customer_id=CUSTOMER, notice_version=1, **SMS)
    assert (outcome["consent"]["status"], outcome["event"]) == ("granted", {"id": outcome["event"]["id"]})  # type: ignore[index]
    again = client.decide("grant", outcome["consent"]["id"], notice_version=1)
    assert again["event"] is None
    answers = client.check([{"customer_id": CUSTOMER, **SMS}, {"msisdn": "+94700000000", **SMS}])  # type: ignore[typeddict-item]
    assert [(one["allowed"], one["status"]) for one in answers] == [(True, "granted"), (False, "unknown")]
    assert {one["id"] for one in client.customers()} >= {CUSTOMER, OTHER}
    assert [one["name"] for one in client.customers("nimal")] == ["Nimal Perera"]
    with client.export(status=["granted"]) as export:
        assert [consent["id"] for consent in export] == [outcome["consent"]["id"]]
    database.set(outcome["consent"]["id"], "revoked")
    event = next(client.follow(export.position))
    assert (event.kind, event.data["type"], event.data["actor"]["kind"]) == ("consent-updated", "revoked", "database")
    assert next(client.follow("0-00000000")).data["type"] == "granted"


def test_of_many_each_has_its_outcome_and_of_one_the_problem_is_raised(client: Client, database: Sql) -> None:
    consents = database.consents()
    good, bad = client.decide_many(
        [{"action": "revoke", "consent_id": consents[0]}, {"action": "revoke", "consent_id": CUSTOMER}]
    )
    assert (good["consent"]["id"], bad["problem"]["type"]) == (consents[0], "/problems/not-found")
    with pytest.raises(ProblemError) as raised:
        client.decide("revoke", CUSTOMER)
    assert (raised.value.code, raised.value.status) == ("not-found", 404)
    with Client(client._url, bearer("customer", CUSTOMER)) as own, pytest.raises(ProblemError, match="403"):
        own.decide("revoke", consents[0])
    with Client(client._url, "nonsense") as nobody, pytest.raises(Refused, match="401"):
        list(nobody.customers())


def test_the_same_on_an_event_loop(node: RunningNode, database: Sql) -> None:
    async def run() -> list[Any]:
        async with AsyncClient(node.url, bearer("service")) as client:
            outcome = await client.decide("grant", customer_id=CUSTOMER, notice_version=1, **SMS)
            (answer,) = await client.check([{"customer_id": CUSTOMER, **SMS}])  # type: ignore[typeddict-item]
            names = [one["name"] async for one in client.customers("nimal")]
            async with client.export(status=["granted"]) as export:
                exported = [one["id"] async for one in export]
            event = await anext(client.follow("0-00000000"))
            with pytest.raises(ProblemError):
                await client.decide("revoke", CUSTOMER)
            return [outcome["consent"]["id"], answer["allowed"], names, exported, event.id.split("-")[0]]

    consent, allowed, names, exported, position = asyncio.run(run())
    assert (allowed, names, exported, position) == (True, ["Nimal Perera"], [consent], "1")


def test_following_goes_on_through_a_restart(start_node: StartNode, database: Sql) -> None:
    node = start_node()
    consents = database.consents()
    events = Client(node.url, bearer("service")).follow("0-00000000")
    for index, consent in enumerate(consents[:3]):
        database.set(consent, "granted")
        assert next(events).id.split("-")[0] == str(index + 1)
        node.stop()
        node = start_node(port=node.port)


def test_a_position_that_is_lost_is_for_the_caller(client: Client) -> None:
    with pytest.raises(PositionLost) as raised:
        next(client.follow("999-00000000"))
    assert raised.value.reason == "unknown"
    assert raised.value.id.startswith("0-")


class _Service(httpx.BaseTransport):
    """Answers one request after another as it is told; notes their keys."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = [*answers]
        self.keys: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("idempotency-key", ""))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


DONE = httpx.Response(200, json={"outcomes": [{"consent": {"id": "c"}, "event": None}]})


def asking(monkeypatch: pytest.MonkeyPatch, *answers: httpx.Response | Exception, patience: float = 30) -> Any:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    client, service = Client("http://127.0.0.1:1", "token", patience=patience), _Service(*answers)
    client._http = httpx.Client(transport=service, base_url="http://127.0.0.1:1")
    return client, service


def test_what_was_not_answered_is_sent_again_under_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, busy = httpx.ReadError("cut"), httpx.Response(503, headers={"Retry-After": "2"}, json={"title": "Busy"})
    client, service = asking(monkeypatch, lost, busy, DONE)
    assert client.decide("revoke", "c")["consent"]["id"] == "c"
    assert len({*service.keys}) == 1
    assert service.keys[0]
    client, service = asking(monkeypatch, DONE)
    client.decide("revoke", "c", key="call-4711")
    assert service.keys == ["call-4711"]


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.Response(503, json={"title": "Busy"})])
def test_what_is_not_answered_in_time_is_said(monkeypatch: pytest.MonkeyPatch, failure: Any) -> None:
    client, service = asking(monkeypatch, failure, patience=0)
    with pytest.raises(Unavailable, match=r"refused|Busy"):
        client.check([])
    assert len(service.keys) == 1


def _cut(request: BaseHTTPRequestHandler) -> None:
    fixed(200, CONSENT, Content_Length="999", Consentfeed_Position="1-a")(request)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fixed(200, CONSENT, Consentfeed_Position="1-a"), "no end"),
        (fixed(200, CONSENT + CONSENT + END, Consentfeed_Position="1-a"), "no end"),
        (fixed(200, CONSENT + b'{"id"', Consentfeed_Position="1-a"), "1 consents came, then"),
        (_cut, "1 consents came, then"),
    ],
)
def test_an_export_without_its_end_is_not_whole(answer: Answer, words: str) -> None:
    with (
        http_server(answer) as url,
        Client(url, "token") as client,
        client.export() as export,
        pytest.raises(NotWhole, match=words),
    ):
        list(export)


def test_a_whole_export_is_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server(fixed(200, CONSENT + END, Consentfeed_Position="1-a")) as url, Client(url, "token") as client:
        with client.export() as export:
            assert [one["customer"]["email"] for one in export] == ["end@example.com"]
        assert export.position == "1-a"


def test_events_of_other_kinds_come_as_they_are() -> None:
    blocks = [("1-a", "customer-updated", '{"customer":{"id":"c"}}'), ("2-b", "made-later", "{}")]
    with http_server(stream(*blocks)) as url:
        events = list(itertools.islice(Client(url, "token").follow(), 2))
    assert events == [Event("1-a", "customer-updated", {"customer": {"id": "c"}}), Event("2-b", "made-later", {})]


def test_both_clients_have_the_same_face() -> None:
    def face(kind: type) -> dict[str, Callable[..., Any]]:
        return {name: method for name, method in vars(kind).items() if not name.startswith("_")}

    assert {*face(Client)} == {*face(AsyncClient)}
    assert all(method.__doc__ for method in (*face(Client).values(), *face(AsyncClient).values()))
