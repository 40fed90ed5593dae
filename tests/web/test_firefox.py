"""The walk in Firefox, which Playwright drives only in a build of its own: by WebDriver BiDi, from Node."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.seed import PASSWORD

HERE = Path(__file__).parent


def test_the_walk_in_firefox(node: RunningNode, database: Sql) -> None:
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None or not (HERE / "node_modules" / "puppeteer-core").exists():
        pytest.skip("no Firefox here, or no npm to drive it")
    command = ["node", str(HERE / "firefox.mjs"), firefox, node.url, PASSWORD]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert seen["version"].startswith("firefox/")
    assert (seen["tabs"], seen["streams"], seen["complaints"]) == (5, 1, [])
    events = database.run(
        "SELECT type, body::json #>> '{request,status}' FROM consentfeed.events WHERE seq > 0 ORDER BY seq"
    )
    request = "rights-request-updated"
    assert events == [("granted", None), (request, "received"), (request, "fulfilled")]
