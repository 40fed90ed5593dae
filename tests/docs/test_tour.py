"""The tour works when typed as written."""

import re
import signal
from pathlib import Path

from tests.support.ports import free_port
from tests.support.process import CONSENTFEED, end, process, read_until, shell
from tests.support.waiting import wait_until

TOUR = Path(__file__).parents[2] / "docs" / "tour.md"


def _tour(port: int) -> str:
    """The commands of the tour, on another port, with the pauses of a reader who looks before going on."""
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", TOUR.read_text(), re.DOTALL)).replace(":3001", f":{port}")
    for command, instead in {
        'consentfeed tail --token "$CSR" &': 'consentfeed tail --url $URL --token "$CSR" > tail.txt &\n'
        + _until("curl -s $URL/metrics | grep -q '^consentfeed_streams_open 1'"),
        "kill %1": f"{_until('grep -q by.csr tail.txt')}\nkill %1\ncat tail.txt",
    }.items():
        assert commands.count(command) == 1
        commands = commands.replace(command, instead)
    return f"trap 'kill $(jobs -p) 2>&- || true' EXIT\n{commands}"


def _until(command: str) -> str:
    """Waits until a command succeeds, for half a minute at most."""
    return f"for _ in {{1..300}}; do {command} && break; sleep 0.1; done; {command}"


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
