"""The tour for the systems around it works when typed as written, with fewer rows."""

import re
import shutil
import signal
from pathlib import Path

from tests.support.ports import free_port
from tests.support.process import CONSENTFEED, end, process, read_until, shell

TOUR = Path(__file__).parents[2] / "docs" / "tour-systems.md"
ROWS = 2000  # of a hundred thousand, which would take longer than all other tests of the docs
RESTART = "Now stop the demo"
NEEDS_NODE = "## Being told"


def commands(text: str, port: int) -> str:
    """What is to be typed, on another port."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).replace(":3001", f":{port}")


def test_everything_in_and_out_as_written_and_through_a_restart(tmp_path: Path) -> None:
    text, port = TOUR.read_text(), free_port()
    assert text.count("ROWS=100000\n") == 1
    assert text.count(RESTART) == 1
    if shutil.which("node") is None:
        text = text.partition(NEEDS_NODE)[0]
    # The tour is typed in the folder of the project.
    text = text.replace("node docs/", f"node {TOUR.parent}/")
    text = text.replace("8088", str(free_port()))
    before, after = text.replace("ROWS=100000\n", f"ROWS={ROWS}\n").split(RESTART)
    exports = "\n".join(re.findall(r"^export .*$", before, re.MULTILINE)).replace(":3001", f":{port}")
    dev = (*CONSENTFEED, "dev", "--port", str(port))
    with process(*dev, cwd=tmp_path) as running:
        read_until(running, "stop")
        shown = shell(commands(before, port), tmp_path)
        ruined = ROWS // 1000
        taken = ROWS - 1 - ruined
        for expected in (
            "some rows would be refused", "some rows were refused", f"recorded     {taken}", "skipped      1",
            f"invalid      {ruined}", f"unchanged    {taken}", '"method": "import"', '"code": "crm-2026"', '"rows":',
            "row,line,outcome,detail", "50 revoked",
        ):  # fmt: skip
            assert expected in shown, shown
        assert end(running, signal.SIGINT) == 0
    settings = {"webhook_networks": "127.0.0.0/8"}
    assert f"CONSENTFEED_WEBHOOK_NETWORKS={settings['webhook_networks']} make demo" in text
    with process(*dev, cwd=tmp_path, settings=settings) as running:
        read_until(running, "stop")
        shown = shell(f"{exports}\n{commands(after, port)}", tmp_path)
        assert "and 50 events after it equal the table" in shown
        # Each as revoke.py names it, then as the receiver gets it: again, where it was stopped before it answered.
        told = re.findall(r"^(\d+-[0-9a-f]{8})( consent-updated revoked)?$", shown, re.MULTILINE)
        made = [id_ for id_, by_the_receiver in told if not by_the_receiver]
        assert list(dict.fromkeys(id_ for id_, by_the_receiver in told if by_the_receiver)) == made
        assert len(made) == (2 if NEEDS_NODE in text else 0), shown
        assert end(running, signal.SIGINT) == 0
