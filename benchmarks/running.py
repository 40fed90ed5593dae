"""A server of streams that is up: the product, the floor or a peer, all to be measured in the same way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import httpx

from benchmarks.bench import DRAIN_SECONDS, Bench, feed_head
from benchmarks.case import PRODUCT
from benchmarks.cluster import DEMO
from benchmarks.error import BenchError
from benchmarks.load import Load
from benchmarks.node import Node
from benchmarks.program import Program, python
from tests.support.tokens import bearer

TOGGLE_ONE = """
    UPDATE consentfeed.consents
    SET status = CASE WHEN status = 'granted' THEN 'revoked' ELSE 'granted' END
    WHERE id = (SELECT id FROM consentfeed.consents ORDER BY id LIMIT 1)
"""
# As an operator sets them for more streams than the defaults allow.
MANY = {"streams": "20000", "streams_per_user": "20000"}


@dataclass(frozen=True)
class Running:
    name: str
    port: int
    pids: tuple[int, ...]
    heads: str
    publish: Callable[[Load, float], AbstractContextManager[Program]]  # makes events in the background
    number: str = "id"  # what of an event grows by one

    def watch(self, bench: Bench, streams: int, **options: object) -> Program:
        return bench.load(self.port, self.heads, streams, number=self.number, **options)


@contextmanager
def product(bench: Bench, template: str = DEMO, settings: Mapping[str, str] = {}) -> Iterator[tuple[Running, Node]]:
    with bench.product(template, {**MANY, **settings}) as node:
        yield of_node(node), node


def of_node(node: Node) -> Running:
    heads = feed_head(node.port, bearer("csr"))
    return Running(PRODUCT, node.port, (node.pid,), heads, lambda load, seconds: sql_events(node, load, seconds))


@contextmanager
def sql_events(node: Node, load: Load, seconds: float, ids: list[str] | None = None) -> Iterator[Program]:
    """Events made with plain SQL."""
    with Program(*python("publish"), str(load.rate), str(seconds), str(load.burst)) as publisher:
        publisher.say(json.dumps({"url": node.database.url, "ids": ids}))
        yield publisher


def sample_frame(bench: Bench) -> str:
    """One frame as the product really sends it, for the others to send."""
    with product(bench) as (_, node):
        return _one_frame(node)


def _one_frame(node: Node) -> str:
    headers = {"Authorization": f"Bearer {bearer('csr')}", "Accept": "text/event-stream"}
    url = f"{node.url}/api/v1/events"
    with httpx.stream("GET", url, headers=headers, timeout=DRAIN_SECONDS, trust_env=False) as answer:
        answer.raise_for_status()
        text = ""
        for part in answer.iter_text():
            if not text:  # the first bytes: from now on nothing is missed
                node.database.run(TOGGLE_ONE)
            text += part
            for block in text.split("\n\n")[:-1]:
                if "event: consent-updated" in block:
                    return block.lstrip("\n") + "\n\n"
    raise BenchError("The product's stream ended without a frame.")
