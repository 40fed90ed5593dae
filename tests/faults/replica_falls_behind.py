"""Nodes read from a standby that falls behind, again and again, and is gone in the end."""

from typing import Any

import httpx

from tests.oracle.install import DATABASE
from tests.oracle.node import Node
from tests.oracle.world import World
from tests.support.database import APP_PASSWORD, with_login
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

_TURNS = 2
_TOKEN = {"Authorization": f"Bearer {bearer('csr')}"}


def replica_falls_behind(world: World) -> None:
    """Lists of each node stand at the position that they name, and never before what it has shown."""
    # It lasts longer than other faults: a receiver that failed all the while would be tried again after minutes.
    world.deliveries.steady.set()
    with world.database.standby() as standby:
        standby.start()
        _read_from(world, with_login(standby.url(), "consentfeed_app", APP_PASSWORD, DATABASE))
        lists: list[tuple[Node, Any]] = []
        try:
            for node in world.nodes:
                wait_until(lambda node=node: _served(node), 60, "the replica serves")  # type: ignore[misc]
            for _ in range(_TURNS):
                for statement in ("SELECT pg_wal_replay_pause()", "SELECT pg_wal_replay_resume()"):
                    standby.sql(statement)
                    for _ in range(5):
                        world.pause(0.3)
                        lists += [(node, _list(node)) for node in world.nodes]
        finally:
            standby.crash()
            lists += [(node, _list(node)) for node in world.nodes]
            _read_from(world, None)
    world.deliveries.steady.clear()
    world.read()
    for node, answer in lists:
        _judge(world, node, answer)


def _read_from(world: World, url: str | None) -> None:
    """All nodes do from now on; None: from the primary."""
    for node in world.nodes:
        node.set("replica_url", url)
        node.end()
        node.start()


def _get(node: Node, path: str) -> httpx.Response:
    return httpx.get(node.url + path, headers=_TOKEN, timeout=30, trust_env=False)


def _served(node: Node) -> bool:
    """Whether a list was read from the replica."""
    _list(node)
    return 'consentfeed_reads_total{source="replica"} 0.0' not in _get(node, "/metrics").text


def _list(node: Node) -> tuple[int, int, dict[str, int]]:
    """What the node had shown before, the position of the list, and the versions of the consents in it."""
    shown = int(_get(node, "/api/v1/events?limit=1").json()["next"].split("-")[0])
    answer = _get(node, "/api/v1/consents?limit=1000")
    if answer.status_code != 200:
        node.errors.append(f"a list is refused: {answer.text}")
        return shown, shown, {}
    position = int(answer.headers["consentfeed-position"].split("-")[0])
    return shown, position, {one["id"]: one["version"] for one in answer.json()["consents"]}


def _judge(world: World, node: Node, answer: tuple[int, int, dict[str, int]]) -> None:
    shown, position, versions = answer
    if position < shown:
        node.errors.append(f"a list stands at {position}, after events up to {shown} were shown")
    for consent, version in versions.items():
        if version != sum(seq <= position for seq in world.history.by_consent.get(consent, [])):
            node.errors.append(f"a list at {position} shows version {version} of consent {consent}")
