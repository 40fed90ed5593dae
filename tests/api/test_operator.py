"""The operator as the pages that customers see show it: what the settings say, and nothing else."""

from pathlib import Path

import httpx
import pytest

from consentfeed.api.operator import Operator, OperatorApi
from consentfeed.settings import Settings, SettingsError, load
from tests.support.node import StartNode
from tests.support.rest import Rest, ok, problem

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def test_without_settings_nothing_is_said(rest: Rest) -> None:
    nothing = {"name": None, "logo": None, "contact": None, "privacy_url": None}
    assert ok(rest.get("/operator", None), Operator) == nothing
    problem(rest.get("/operator/logo", None), "not-found")


@pytest.mark.parametrize(("content", "media_type"), [(SVG, "image/svg+xml"), (PNG, "image/png")])
def test_what_the_settings_say_is_told_to_everybody(
    start_node: StartNode, tmp_path: Path, content: bytes, media_type: str
) -> None:
    logo = tmp_path / "logo"
    logo.write_bytes(content)
    told = {"operator_name": "SLT <b>Mobitel</b>", "operator_contact": "tel:1212"}
    node = start_node(**told, operator_privacy_url="https://example.com/privacy", operator_logo=str(logo))
    with httpx.Client(base_url=node.url) as client:
        found = ok(client.get("/api/v1/operator"), Operator)
        assert (found["name"], found["contact"]) == tuple(told.values())
        assert found["privacy_url"] == "https://example.com/privacy"
        picture = client.get(found["logo"])
    assert (picture.content, picture.headers["content-type"]) == (content, media_type)
    # Opened by itself, a picture is a page: nothing in it may run.
    assert "default-src 'none'" in picture.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), (b"GIF89a", "neither SVG nor PNG"), (SVG + bytes(1 << 18), "larger")],
)
def test_a_logo_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path, content: bytes | None, words: str) -> None:
    logo = tmp_path / "logo"
    if content is not None:
        logo.write_bytes(content)
    with pytest.raises(SettingsError, match=f"CONSENTFEED_OPERATOR_LOGO.*{words}"):
        OperatorApi(Settings(operator_logo=str(logo)))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("name", ""), ("name", "x" * 81), ("privacy_url", "http://example.com"), ("privacy_url", "javascript:alert(1)")],
)
def test_what_cannot_be_shown_is_refused(setting: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"CONSENTFEED_OPERATOR_{setting.upper()}"):
        load({f"CONSENTFEED_OPERATOR_{setting.upper()}": value})
