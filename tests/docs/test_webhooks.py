"""docs/receiver.mjs, run as it is: it takes what is ours, and nothing else."""

import shutil
from pathlib import Path

import httpx
import pytest

from consentfeed.webhooks.signing import new_secret, shown
from tests.support.database import Sql
from tests.support.node import StartNode
from tests.support.ports import free_port
from tests.support.process import process
from tests.support.rest import Rest
from tests.support.waiting import wait_until
from tests.support.webhooks import LOOPBACK, ask, grant, put, state

RECEIVER = str(Path(__file__).parents[2] / "docs" / "receiver.mjs")


def answers(url: str) -> int | None:
    """With which status it refuses what nobody has signed; None: it is not there yet."""
    try:
        return httpx.post(url, content=b"{}", headers={"webhook-signature": "v1,AAAA"}).status_code
    except httpx.TransportError:
        return None


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")
def test_the_receiver_takes_signed_events_once_and_refuses_others(start_node: StartNode, database: Sql) -> None:
    node, port = start_node(webhook_networks=LOOPBACK), free_port()
    rest, url = Rest(node, database), f"http://127.0.0.1:{port}/"
    command = ["env", f"PORT={port}"]
    secret = put(rest, url, batch=2)["secret"]
    with process(*command, f"SECRET={secret}", "node", RECEIVER) as running:
        wait_until(lambda: answers(url) == 401, 30)
        expected = grant(rest, 3)
        wait_until(lambda: state(rest)["place"] == expected[-1])
        ask(rest, "replay", after="0-00000000")
        wait_until(lambda: state(rest)["place"] == expected[-1])
        assert ask(rest, "test")["delivered"]
        running.terminate()
        assert running.stdout
        lines = [line.split() for line in running.stdout]
    assert [line[:2] for line in lines[:3]] == [[one, "consent-updated"] for one in expected]
    assert [line[1] for line in lines[3:]] == ["test"], "what came again was passed over"
    with process(*command, f"SECRET={shown(new_secret())}", "node", RECEIVER):
        wait_until(lambda: answers(url) == 401, 30)
        assert ask(rest, "test")["error"]["detail"] == "401"
    rest.close()
