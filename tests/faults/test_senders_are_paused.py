"""A node that delivers a webhook is paused in the middle of a request: another goes on, and nothing is moved back."""

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx

from tests.support.database import Sql
from tests.support.node_process import NodeProcess
from tests.support.receiver import receiver, status
from tests.support.tokens import bearer
from tests.support.waiting import wait_until
from tests.support.webhooks import LOOPBACK

# Every move of the position, whoever makes it.
NOTE = """
    CREATE TABLE public.moves (nth serial, holder uuid, before bigint, after bigint);
    CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO public.moves (holder, before, after) VALUES (new.holder, old.position, new.position);
        RETURN NULL;
    END $$;
    CREATE TRIGGER note AFTER UPDATE OF position ON consentfeed.followers FOR EACH ROW EXECUTE FUNCTION public.note()
"""
FREE = "UPDATE consentfeed.followers SET held_until = '-infinity' WHERE name = 'webhook:crm'"
HOLDER = "SELECT holder::text FROM consentfeed.followers WHERE name = 'webhook:crm' AND held_until > now()"


def taken(node: NodeProcess) -> bool:
    """Whether the node knows of an event that the receiver has taken."""
    return 'consentfeed_webhook_events_total{webhook="crm"} 1.0' in httpx.get(f"{node.url}/metrics").text


def test_a_node_that_wakes_moves_nothing_back_and_sends_nothing_more(database: Sql, tmp_path: Path) -> None:
    answered, consents = threading.Event(), database.consents() * 2

    def late(request: BaseHTTPRequestHandler) -> None:
        answered.wait(60)
        status(200)(request)

    def grant(nth: int) -> str:
        database.set(consents[nth], "granted" if nth < len(consents) // 2 else "revoked")
        return database.head_id()

    def position() -> int:
        return int(database.value("SELECT position FROM consentfeed.followers WHERE name = 'webhook:crm'"))

    database.run(NOTE)
    settings = {"webhook_networks": LOOPBACK}
    sleeper, other = (NodeProcess(database.app_url, tmp_path / "log", settings) for _ in range(2))
    with receiver() as here, sleeper, other:
        here.answers = [late]
        sleeper.start()
        headers = {"Authorization": f"Bearer {bearer('admin')}"}
        answer = httpx.put(f"{sleeper.url}/api/v1/webhooks/crm", headers=headers, json={"url": here.url})
        assert answer.status_code == 201, answer.text
        first = wait_until(lambda: database.run(HOLDER))[0][0]
        expected = [grant(0)]
        wait_until(lambda: here.delivered)
        os.kill(sleeper.pid, signal.SIGSTOP)
        database.run(FREE)
        other.start()
        expected += [grant(1), grant(2)]
        wait_until(lambda: position() == database.head(), 30, "the other node goes on")
        assert here.ids == [expected[0], *expected]
        answered.set()
        os.kill(sleeper.pid, signal.SIGCONT)
        wait_until(lambda: taken(sleeper), 30, "it has got its answer")
        expected.append(grant(3))
        wait_until(lambda: position() == database.head(), 30)
        # What it makes of its answer it has done by when it takes over again.
        other.kill()
        database.run(FREE)
        expected.append(grant(4))
        wait_until(lambda: position() == database.head(), 30, "the one that slept goes on")
    moves = database.run("SELECT holder::text, before, after FROM public.moves ORDER BY nth")
    assert [(before, after) for _, before, after in moves] == [(seq, seq + 1) for seq in range(5)]
    assert [holder == first for holder, _, _ in moves] == [False] * 4 + [True]
    assert here.ids == [expected[0], *expected]
