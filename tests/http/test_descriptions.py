"""/openapi.json and /asyncapi.json fit their standards, in the eyes of others' validators, and say what is sent."""

import json
import subprocess
from pathlib import Path
from typing import Any, get_args

import httpx
import jsonschema_rs
import pytest

from consentfeed.api.feed_shapes import EVENTS
from consentfeed.log.kinds import KINDS
from tests.support.rest import Rest, ok
from tests.web.conftest import has_node

WEB = Path(__file__).parents[1] / "web"


@pytest.fixture(scope="module")
def documents(rest: Rest) -> dict[str, Any]:
    """Both, as a node gives them to anybody."""
    return {name: httpx.get(f"{rest.node.url}/{name}.json").json() for name in ("openapi", "asyncapi")}


def by_node(*command: str, given: str = "") -> str:
    if not (has_node() and (WEB / "node_modules" / "@asyncapi").exists()):
        pytest.skip("the validators are not installed: no npm here")
    done = subprocess.run(
        ["node", *command], input=given, capture_output=True, text=True, timeout=110, check=False, cwd=WEB
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_both_are_valid(documents: dict[str, Any]) -> None:
    found = json.loads(by_node("descriptions.mjs", given=json.dumps(documents)))
    assert found == {"openapi": [], "version": "3.1", "asyncapi": []}
    assert documents["asyncapi"]["asyncapi"] == "3.0.0"


def test_both_are_clean_in_spectrals_recommended_rules(documents: dict[str, Any], tmp_path: Path) -> None:
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
        by_node(
            "node_modules/@stoplight/spectral-cli/dist/index.js", "lint", "--fail-severity=info", "-r", "spectral.yaml",
            str(tmp_path / f"{name}.json"),
        )  # fmt: skip


def test_every_kind_of_event_is_described_for_streams_and_webhooks(documents: dict[str, Any]) -> None:
    kinds = {kind.name for kind in KINDS}
    assert {one.__struct_config__.tag for one in get_args(EVENTS)} == kinds
    channels = documents["asyncapi"]["channels"]
    assert {*channels["feed"]["messages"]} == kinds | {"heartbeat", "reset", "goodbye"}
    assert {*channels["webhooks"]["messages"]} == {f"webhook-{kind}" for kind in kinds} | {"webhook-batch"}


def test_what_a_stream_sends_fits_what_is_said_of_it(documents: dict[str, Any], rest: Rest) -> None:
    ok(rest.decide("grant", rest.consent()))
    rest.publish(rest.purpose(), 2)
    wanted = {"consent-updated", "notice-published", "heartbeat"}
    tail = rest.node.tail("csr", after="0-00000000", query="?kind=all")
    tail.wait(lambda one: wanted <= {block.event for block in one.blocks}, 10)
    messages = documents["asyncapi"]["components"]["messages"]
    for block in tail.blocks:
        if block.event:
            schema = {**messages[block.event]["payload"], "components": documents["asyncapi"]["components"]}
            jsonschema_rs.validator_for(schema).validate(block.data)
