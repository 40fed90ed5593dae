"""The benchmarks count rightly: the load generator sees what is missing or comes twice, the table says what was not
measured."""

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report
from benchmarks.case import PRODUCT, Case, Mark, Result, Sides
from benchmarks.cases import CASES
from benchmarks.load import Cut, Load
from benchmarks.post import numbered
from benchmarks.program import build
from tests.support.ports import free_port

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1-aa\n\n"
STAMP = "2026-01-02T03:04:05.678901Z"
needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    build(folder)
    return folder


@contextmanager
def answering(*answers: bytes) -> Iterator[int]:
    """A server that gives its n-th client the n-th answer, and keeps the connection until the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections = []

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                connections.append(connection)
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(5)
            for connection in connections:
                connection.close()


def frame(number: int, name: str = "consent-updated") -> bytes:
    return f'id: {number}-aa\nevent: {name}\ndata: {{"n":{number},"timestamp":"{STAMP}"}}\n\n'.encode()


def words(*parts: object) -> list[str]:
    return list(map(str, parts))


def load(programs: Path, folder: Path, port: int, streams: int, frames: int, *more: str) -> dict[str, Any]:
    (folder / "heads").write_text("GET / HTTP/1.1\nHost: 127.0.0.1\n\n")
    options = ("--port", port, "--heads", folder / "heads", "--streams", streams, "--seconds", 10, "--frames", frames)
    command = words(programs / "sse_load", *options, *more)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@needs_gcc
@pytest.mark.parametrize("number", ["id", "n"])
def test_the_load_generator_sees_what_is_missing_and_what_comes_twice(
    programs: Path, tmp_path: Path, number: str
) -> None:
    # Where the id is not looked at, the first event says where the stream stands.
    with answering(HEAD + b"".join(map(frame, (2, 3, 5, 5, 6)))) as port:
        arrivals = load(programs, tmp_path, port, 1, 5, "--number", number)
    assert (arrivals["frames"], arrivals["gaps"], arrivals["repeats"], arrivals["unstamped"]) == (5, 1, 1, 0)


@needs_gcc
def test_the_load_generator_counts_the_events_of_one_name_alone(programs: Path, tmp_path: Path) -> None:
    with answering(HEAD + frame(2) + frame(3, "consent-updated-not") + frame(4)) as port:
        arrivals = load(programs, tmp_path, port, 1, 2)
    assert (arrivals["frames"], arrivals["gaps"]) == (2, 0)


@needs_gcc
@pytest.mark.parametrize(("second", "all_have_it"), [(frame(2), True), (frame(3), False)])
def test_the_last_stream_of_an_event_is_timed_once_all_have_it(
    programs: Path, tmp_path: Path, second: bytes, all_have_it: bool
) -> None:
    with answering(HEAD + frame(2), HEAD + second) as port:
        arrivals = load(programs, tmp_path, port, 2, 2)
    assert arrivals["frames"] == 2
    assert (arrivals["last_ms"] is not None) is all_have_it


@needs_gcc
def test_the_floor_sends_bursts_that_the_load_generator_takes_whole(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "frame").write_bytes(frame(1))
    port = free_port()
    rates = ("--rate", 100, "--seconds", 0.2, "--burst", 5)
    command = words(programs / "floor", "--port", port, "--frame-file", tmp_path / "frame", *rates)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as floor:
        assert floor.stdin
        assert floor.stdout
        assert floor.stdout.readline() == "listening\n"
        watching = threading.Thread(target=lambda: arrivals.update(load(programs, tmp_path, port, 3, 60)))
        arrivals: dict[str, Any] = {}
        watching.start()
        time.sleep(0.5)  # the floor sends to those that are there
        floor.stdin.write("start\n")
        floor.stdin.flush()
        offer = json.loads(floor.stdout.readline())
        watching.join(15)
        floor.stdin.close()
    assert (offer["events"], arrivals["frames"], arrivals["gaps"], arrivals["repeats"]) == (20, 60, 0, 0)


@needs_gcc
def test_requests_end_after_as_many_as_were_wanted(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "requests").write_text("GET /\nGET /two\n")
    (tmp_path / "token").write_text("none")
    server = [sys.executable, "-c", SERVER]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = process.stdout.readline().strip()
        options = ("--port", port, "--connections", 2, "--seconds", 20, "--answers", 7)
        files = ("--requests", tmp_path / "requests", "--token-file", tmp_path / "token")
        done = subprocess.run(words(programs / "rest_load", *options, *files), capture_output=True, check=True)
        process.terminate()
    assert json.loads(done.stdout)["statuses"] == {"200": 7}


SERVER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *_):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
print(server.server_port, flush=True)
server.serve_forever()
"""


def test_an_event_for_others_is_the_products_with_its_own_number_and_time() -> None:
    data = json.loads(numbered(f'{{"type":"granted","timestamp":"{STAMP}"}}', 7))
    assert (data["n"], data["type"]) == (7, "granted")
    assert data["timestamp"] > STAMP


def test_a_case_is_compared_with_those_that_its_marks_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    strangers = [
        (case.name, mark.against)
        for case in CASES
        for mark in case.marks
        if mark.against and mark.against not in case.compared
    ]
    assert not strangers


SPEED = Mark("speed", least=2, against="floor")
LATE = Mark("late", most=5)
LOST = Mark("lost", most=0)


def table_of(*rounds: Sides, missing: Mapping[str, str] = {}, marks: tuple[Mark, ...] = (SPEED, LATE, LOST)) -> str:
    case = Case("a", "A", "Why.", Load(100, 20), ("floor", "nchan"), marks, lambda _bench, _load: {})
    result = Result(case, case.load.cut(Cut()), list(rounds), dict(missing))
    return report.markdown({"cores": 2}, [result], "")


def both(speed: float, floor: float, late: float = 1.0, lost: float = 0.0) -> Sides:
    return {PRODUCT: {"speed": speed, "late": late, "lost": lost}, "floor": {"speed": floor}}


def test_marks_are_judged_by_medians_and_ratios() -> None:
    table = table_of(both(30, 10), both(10, 10), both(25, 10, 9))
    assert "| speed | 25 | floor | 10 | 2.50 | ≥ 2 × floor | yes |" in table
    assert "| late | 1 |  |  |  | ≤ 5 | yes |" in table
    assert "| speed | 15 | floor | 10 | 1.50 | ≥ 2 × floor | **no** |" in table_of(both(15, 10))


def test_what_must_not_happen_must_not_happen_in_any_round() -> None:
    assert "lost | 3 |  |  |  | ≤ 0 | **no** |" in table_of(both(9, 1), both(9, 1, lost=3), both(9, 1))
    assert "≤ 0" not in table_of(both(9, 1))


def test_the_table_says_who_is_not_there() -> None:
    table = table_of({PRODUCT: {"speed": 1, "late": 1, "lost": 0}}, missing={"floor": "no floor is installed"})
    assert "| speed | 1 | floor | – |  | ≥ 2 × floor | no floor is installed |" in table
    assert "- floor: no floor is installed" in table


def test_a_mark_that_was_not_reached_is_not_met() -> None:
    assert "| late | – |  |  |  | ≤ 5 | **no** |" in table_of({PRODUCT: {"speed": 1, "lost": 0}})


def test_a_mark_for_more_cores_is_not_judged_here() -> None:
    table = table_of(both(9, 1), marks=(Mark("speed", least=2, against="floor", cores=6),))
    assert "| not judged: fewer than 6 cores" in table


def test_a_run_that_was_cut_says_so(tmp_path: Path) -> None:
    result = Result(CASES[0], CASES[0].load.cut(Cut(streams=5)))
    text = report.write(tmp_path, {"cores": 2}, [result], "Cut to 5 streams at most.")
    assert "Cut to 5 streams at most." in text
    assert "5 streams × 200/s" in text
    assert json.loads((tmp_path / "latest.json").read_text())["cases"][0]["load"]["streams"] == 5
