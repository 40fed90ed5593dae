"""The examples of docs/clients.md, typed as written, against a node: Python, curl, and Node where it is installed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.process import environment
from tests.support.seed import CUSTOMER
from tests.support.tokens import bearer
from tests.web.conftest import has_node

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()


def examples(heading: str) -> list[tuple[str, str]]:
    """Language and text of each block under a heading."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```(\w+)\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def typed(node: RunningNode, tmp_path: Path, *command: str) -> str:
    env = environment() | {"URL": node.url, "TOKEN": bearer("service")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def event(database: Sql) -> None:
    """Something to be read: what the examples say happens to this customer goes on from it."""
    for consent in database.consents(CUSTOMER)[:2]:
        database.set(consent, "granted")


@pytest.mark.usefixtures("event")
def test_python(node: RunningNode, tmp_path: Path) -> None:
    waiting, looping = (text for language, text in examples("Python") if language == "python")
    out = typed(node, tmp_path, sys.executable, "-W", "error", "-c", waiting)
    assert re.findall("^(?:allowed|now): .*", out, re.MULTILINE) == ["allowed: True", "now: granted"]
    assert re.search("^exported: [1-9]", out, re.MULTILINE)
    assert re.search("^event: 1-[0-9a-f]{8} granted$", out, re.MULTILINE)
    assert re.fullmatch("event: 1-[0-9a-f]{8} granted\n", typed(node, tmp_path, sys.executable, "-c", looping))


@pytest.mark.usefixtures("event")
def test_curl(node: RunningNode, tmp_path: Path) -> None:
    ((_, text),) = examples("curl")
    out = typed(node, tmp_path, "bash", "-euc", text)
    assert '"allowed":true' in out.splitlines()[0]
    assert '"status":"revoked"' in out.splitlines()[1]
    assert out.splitlines()[2:] == ["9", "event: consent-updated"]


@pytest.mark.skipif(not has_node(), reason="no Node here")
@pytest.mark.usefixtures("event")
def test_node(node: RunningNode, tmp_path: Path) -> None:
    ((_, text),) = examples("JavaScript, in Node")
    (tmp_path / "example.mjs").write_text(text)
    out = typed(node, tmp_path, "node", "example.mjs")
    assert re.fullmatch("allowed: true\nevent: 1-[0-9a-f]{8} granted\n", out)
