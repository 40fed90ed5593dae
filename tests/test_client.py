"""`consentfeed tail`: follows the feed for ever, across restarts of the server."""

import threading

import pytest

from consentfeed.client import Message, Refused, follow
from tests.support.database import Sql
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
