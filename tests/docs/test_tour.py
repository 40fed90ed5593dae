"""The tour works when typed as written."""

import re
import signal
from pathlib import Path

from tests.support.ports import free_port
from tests.support.process import CONSENTFEED, end, process, read_until, shell
from tests.support.waiting import wait_until

TOUR = Path(__file__).parents[2] / "docs" / "tour.md"


def _tour(port: int) -> str:
    """The commands of the tour, on another port."""
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", TOUR.read_text(), re.DOTALL))
    commands = commands.replace("consentfeed tail", f"consentfeed tail --url http://127.0.0.1:{port}")
    # A reader waits a moment before looking: for the stream to stand, and for the last event to be shown.
    return commands.replace(":3001", f":{port}").replace("&\n", "&\nsleep 3\n").replace("kill %1", "sleep 2; kill %1")


def test_the_five_minute_tour_works_as_written(tmp_path: Path) -> None:
    port = free_port()
    with process(*CONSENTFEED, "dev", "--port", str(port), cwd=tmp_path) as dev:
        printed = read_until(dev, "stop")
        assert "customer@sltmobitel.lk" in printed
        assert "postgresql://" in printed
        shown = shell(_tour(port), tmp_path)
        for expected in (
            "by customer",
            "by database",
            "by csr",
            "/problems/reason-required",
            "CALL-4711",
            "the log is whole",
        ):
            assert expected in shown
        assert end(dev, signal.SIGINT) == 0
    wait_until(lambda: not list(tmp_path.glob(".consentfeed/postgres/postmaster.pid")), what="PostgreSQL has stopped")
