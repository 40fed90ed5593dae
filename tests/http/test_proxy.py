"""Behind a real nginx that compresses whatever it may: what must arrive as it is does, and streams do not wait."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from consentfeed.http.pages import WEB
from tests.support.database import Sql
from tests.support.nginx import GZIP, nginx
from tests.support.node import RunningNode
from tests.support.rest import ok
from tests.support.tail import Tail
from tests.support.tokens import bearer

EVENTS, CONSENTS = "/api/v1/events", "/api/v1/consents"
AS_IT_IS = "no-store, no-transform"


@pytest.fixture(params=["", "proxy_http_version 1.1;"], ids=["HTTP/1.0", "HTTP/1.1"])
def proxy(request: pytest.FixtureRequest, node: RunningNode, tmp_path: Path) -> Iterator[str]:
    """An nginx in front of the node, whichever version it speaks there: 1.0 unless told otherwise."""
    with nginx(tmp_path, node.port, GZIP, request.param) as url:
        yield url


def _has(events: int, tail: Tail) -> bool:
    return len(tail.events) == events


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_events_of_a_stream_arrive_one_by_one_and_unaltered(
    node: RunningNode, database: Sql, proxy: str, encoding: str
) -> None:
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {bearer('csr')}", "Accept-Encoding": encoding}
    direct, passed = node.tail("csr"), Tail(proxy + EVENTS, headers)
    try:
        first = passed.wait(lambda tail: tail.blocks)[0]
        assert first.retry
        for turn, consent in enumerate(database.consents(), 1):
            database.set(consent, "granted")
            # Before there is another one that could push it out.
            passed.wait(partial(_has, turn))
            direct.wait(partial(_has, turn))
        assert [block.raw for block in passed.events] == [block.raw for block in direct.events]
        passed.wait_event("heartbeat")
        assert passed.headers is not None
        assert passed.headers["cache-control"] == AS_IT_IS
    finally:
        passed.close()


def test_a_consent_and_its_tag_arrive_as_they_are_or_the_version_makes_one(
    node: RunningNode, database: Sql, proxy: str
) -> None:
    path = f"{CONSENTS}/{database.consents()[0]}"
    with node.client("service") as direct, httpx.Client(base_url=proxy, headers=direct.headers) as passed:
        consent = passed.get(path)
        assert consent.content == direct.get(path).content
        assert consent.headers["cache-control"] == AS_IT_IS
        # nginx heeds nobody's no-transform, and weakens the tags of what it compresses. So the tag can be made.
        assert consent.headers["etag"].removeprefix("W/") == f'"{consent.json()["version"]}"'
        grant = f"/api/v1/customer/consents/{database.consents()[0]}/grant"
        tag = {"If-Match": f'"{consent.json()["version"]}"'}
        assert ok(passed.post(grant, headers=tag))["event"] is not None
        assert passed.post(grant, headers=tag).status_code == 412


@pytest.mark.parametrize("path", ["/api/v1/customers", CONSENTS, f"{EVENTS}?after=0-00000000", "/openapi.json"])
def test_every_other_answer_may_be_compressed_and_is_the_same(
    node: RunningNode, database: Sql, proxy: str, path: str
) -> None:
    database.set(database.consents()[0], "granted")
    with node.client("csr") as direct, httpx.Client(base_url=proxy, headers=direct.headers) as passed:
        found, expected = passed.get(path), direct.get(path)
        assert found.status_code == 200
        assert found.content == expected.content
        assert found.headers["content-encoding"] == "gzip"
        for name in ("cache-control", "content-security-policy", "consentfeed-position"):
            assert found.headers.get(name) == expected.headers.get(name)


def test_files_arrive_as_they_are_and_are_not_sent_twice(node: RunningNode, proxy: str) -> None:
    path = f"/web/{next(WEB.rglob('*.js')).relative_to(WEB)}"
    with httpx.Client(base_url=proxy) as passed:
        first = passed.get(path)
        assert first.content == httpx.get(node.url + path).content
        assert passed.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
