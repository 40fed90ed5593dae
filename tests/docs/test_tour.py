"""The tour works when typed as written."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import wait_until

TOUR = Path(__file__).parents[2] / "docs" / "tour.md"


def _tour(port: int) -> str:
    """The commands of the tour, on another port."""
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", TOUR.read_text(), re.DOTALL))
    commands = commands.replace("consentfeed tail", f"consentfeed tail --url http://127.0.0.1:{port}")
    # A reader waits a moment before looking: for the stream to stand, and for the last event to be shown.
    return commands.replace(":3001", f":{port}").replace("&\n", "&\nsleep 3\n").replace("kill %1", "sleep 2; kill %1")


def test_the_five_minute_tour_works_as_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    dev = subprocess.Popen(
        ["consentfeed", "dev", "--port", str(port)], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert dev.stdout is not None
    try:
        printed = ""
        while "stop" not in printed:
            line = dev.stdout.readline()
            assert line, "dev ended at its start"
            printed += line
        assert "customer@sltmobitel.lk" in printed
        assert "postgresql://" in printed
        done = subprocess.run(
            ["bash", "-ec", _tour(port)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for expected in (
            "by customer",
            "by database",
            "by csr",
            "/problems/reason-required",
            "CALL-4711",
            "the log is whole",
        ):
            assert expected in done.stdout, f"{expected!r} in:\n{done.stdout}\n{done.stderr}"
    finally:
        dev.send_signal(signal.SIGINT)
        assert dev.wait(30) == 0
        dev.stdout.close()
    wait_until(lambda: not list(tmp_path.glob(".consentfeed/postgres/postmaster.pid")), what="PostgreSQL has stopped")
