"""The client library follows the feed for ever, across restarts of the server."""

import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from consentfeed.client import Message, Refused, follow, service_url
from tests.support.database import Sql
from tests.support.http_server import Answer, fixed, http_server, stream
from tests.support.node import StartNode
from tests.support.tokens import bearer
from tests.support.waiting import wait_until


def _follow(url: str, seen: list[Message], stop: threading.Event, after: str | None = None) -> threading.Thread:
    def run() -> None:
        for message in follow(url, bearer("csr"), after):
            seen.append(message)
            if stop.is_set():
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_tail_survives_restarts_of_the_server_and_misses_nothing(start_node: StartNode, database: Sql) -> None:
    consents = database.consents()
    node = start_node()
    seen: list[Message] = []
    stop = threading.Event()
    thread = _follow(node.url, seen, stop, "0-00000000")
    turns = 0
    for _ in range(3):
        for consent in consents:
            database.set(consent, "granted" if turns % 2 == 0 else "revoked")
        turns += 1
        wait_until(lambda turns=turns: len([m for m in seen if m.event == "consent-updated"]) == 4 * turns)  # type: ignore[misc]
        node.stop()
        node = start_node(port=node.port)
    stop.set()
    database.set(consents[0], "revoked" if turns % 2 == 0 else "granted")
    database.set(consents[0], "granted" if turns % 2 == 0 else "revoked")
    thread.join(30)
    seqs = [int(m.id.split("-")[0]) for m in seen if m.event == "consent-updated"]
    assert seqs == list(range(1, len(seqs) + 1))


def test_tail_says_why_the_server_will_not_serve_it(start_node: StartNode) -> None:
    node = start_node()
    with pytest.raises(Refused, match="401"):
        next(follow(node.url, "nonsense"))


class Server:
    """Answers one request after another as it is told, and the last of them again; notes where each goes on from."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = [*answers]
        self.ids: list[str | None] = []

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        self.ids.append(request.headers["Last-Event-ID"])
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        answer(request)


EVENT, RESET = ("3-c", "consent-updated", '{"a":1}'), ("4-d", "reset", '{"reason":"forked"}')
SIGNED_OUT = stream(("9-f", "goodbye", '{"reason":"signed-out"}'))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which are not made."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def followed(server: Server, after: str | None = None) -> tuple[list[Message], list[str], str]:
    """The messages and the notes up to the error that ends it, and that error."""
    messages: list[Message] = []
    notes: list[str] = []
    with http_server(server) as url:
        try:
            messages.extend(follow(url, "token", after, notes.append))
        except Refused as error:
            return messages, notes, str(error)
    raise AssertionError("it ended by itself")


def test_events_and_resets_are_handed_out_and_what_happens_to_the_connection_is_told(pauses: list[float]) -> None:
    server = Server(
        stream(("1-a", "message", ""), ("2-b", "heartbeat", "{}"), EVENT),
        stream(("3-c", "heartbeat", "{}"), RESET, ("5-e", "goodbye", '{"reason":"shutdown"}')),
        SIGNED_OUT,
    )
    messages, notes, error = followed(server, after="0-00000000")
    assert messages == [Message(*EVENT), Message(*RESET)]
    assert server.ids == ["0-00000000", "3-c", "5-e"], "each attempt goes on from the last id"
    assert [note.split(" in ")[0] for note in notes] == ["connecting again", "goodbye: shutdown", "connecting again"]
    assert "expired" in error
    assert len(pauses) == 2


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_be_better_soon_is_tried_again(pauses: list[float], status: int) -> None:
    messages, notes, _ = followed(Server(fixed(status, b"later"), fixed(status, b"later"), stream(EVENT), SIGNED_OUT))
    assert messages == [Message(*EVENT)]
    assert [note for note in notes if str(status) in note] == [
        f"the connection was lost: HTTPStatusError status {status}"
    ] * 2
    assert pauses[1] > pauses[0] / 2, "longer, give or take a half"


PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fixed(401, b'{"title":"Sign in","detail":"Not good."}', Content_Type=PROBLEM), "401: Not good."),
        (fixed(422, b'{"title":"The request is not valid"}', Content_Type=PROBLEM), "422: The request is not valid"),
        (fixed(404, b"<html>"), "404: Not Found"),
        (fixed(400, b"[]"), "400: Bad Request"),
        (fixed(400, b"\xff"), "400: Bad Request"),
        (fixed(405, b""), "405: Method Not Allowed"),
        (fixed(410, b""), "410: Gone"),
        (fixed(308, b"", Location="https://example.com/"), "308: the service is at another URL, https://example.com/"),
        (fixed(200, b"<html>", Content_Type="text/html"), "text/html"),
        (fixed(200, b""), "of no type"),
        (stream(("ä", "reset", "{}")), "ids"),
        (fixed(204, b""), "204: No Content"),
    ],
)  # fmt: skip
def test_what_will_not_be_better_is_refused_at_once(pauses: list[float], answer: Answer, words: str) -> None:
    messages, notes, error = followed(Server(answer))
    assert (messages, notes, pauses) == ([], [], [])
    assert words in error


def test_a_goodbye_in_whatever_form_is_one(pauses: list[float]) -> None:
    for data in ("signed-out", "[]", "7", '{"other":"shutdown"}'):
        messages, notes, _ = followed(Server(stream(("1", "goodbye", data)), SIGNED_OUT))
        assert (messages, notes[0]) == ([], "goodbye: no reason given")


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://a", "http://", "http://[::1", "http://a:0", "http://u:p@a", "http://a#b"]
)
def test_what_is_no_url_is_refused_without_a_request(url: str) -> None:
    with pytest.raises(Refused, match="is not like https") as error:
        next(follow(url, "token"))
    assert "u:p" not in str(error.value)


@pytest.mark.parametrize(
    ("token", "after"), [("", None), ("a b", None), ("a\n", None), ("ä", None), ("a", ""), ("a", "ä"), ("a", "a\n")]
)
def test_what_no_header_can_hold_is_refused_without_a_request(token: str, after: str | None) -> None:
    with pytest.raises(Refused) as error:
        next(follow("http://127.0.0.1:1", token, after))
    assert repr(token) not in str(error.value)


def test_a_url_may_have_a_path_and_a_slash_at_its_end() -> None:
    assert service_url("https://example.com/consents/") == "https://example.com/consents"
