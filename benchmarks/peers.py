"""Who consentfeed is compared with: the floor, and servers of others, where they are installed (peers.sh)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from string import Template

from benchmarks.bench import Bench
from benchmarks.error import BenchError
from benchmarks.load import Load
from benchmarks.program import HERE, Program, python
from benchmarks.running import Running
from tests.support.ports import accepts, free_port
from tests.support.process import end
from tests.support.waiting import wait_until

SERVERS = HERE / "servers"
NCHAN = (Path("/usr/lib/nginx/modules/ngx_nchan_module.so"), Path("/usr/share/nginx/modules/ngx_nchan_module.so"))
PUSHPIN_SERVICES = "condure,zurl,pushpin-proxy,pushpin-handler"

Start = Callable[[Bench, Load, str], AbstractContextManager[Running]]


@dataclass(frozen=True)
class Peer:
    name: str
    lacks: Callable[[], str]  # what is not installed; empty: nothing
    start: Start


def _head(port: int) -> str:
    return f"GET /events HTTP/1.1\nHost: 127.0.0.1:{port}\nAccept: text/event-stream\n\n"


def _posts(bench: Bench, port: int, path: str, form: str, frame: str) -> Callable[[Load, float], Program]:
    def publish(load: Load, seconds: float) -> Program:
        file = bench.file("frame", frame)
        rates = (str(load.rate), str(seconds), str(load.burst))
        return Program(*python("post"), *rates, str(port), path, form, file)

    return publish


def _filled(name: str, **values: object) -> str:
    return Template((SERVERS / name).read_text("utf-8")).substitute(values)


@contextmanager
def served(bench: Bench, *command: str | Path, ports: tuple[int, ...]) -> Iterator[int]:
    """A server that answers on these ports; its pid."""
    log = bench.home / "peer.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(part) for part in command], cwd=SERVERS, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        try:
            wait_until(lambda: process.poll() is not None or all(map(accepts, ports)), 20)
            assert process.poll() is None
        except AssertionError:
            last = log.read_text(errors="replace")[-500:]
            raise BenchError(f"{Path(command[0]).name} did not start: {last}") from None
        yield process.pid
    finally:
        end(process)


@contextmanager
def floor(bench: Bench, load: Load, frame: str) -> Iterator[Running]:
    port = free_port()
    with Program(
        *(bench.home / "floor", "--port", str(port), "--rate", str(load.rate), "--burst", str(load.burst)),
        *("--seconds", str(bench.seconds), "--frame-file", bench.file("frame", frame)),
    ) as program:
        program.expect("listening", 10)

        @contextmanager
        def begin(_load: Load, _seconds: float) -> Iterator[Program]:
            program.say("start")
            yield program

        yield Running("floor", port, (program.pid,), _head(port), begin)


@contextmanager
def nchan(bench: Bench, _load: Load, frame: str) -> Iterator[Running]:
    port = free_port()
    module = next(path for path in NCHAN if path.exists())
    user = "user root;" if os.geteuid() == 0 else ""
    conf = bench.file("nginx.conf", _filled("nginx.conf", module=module, home=bench.home, port=port, user=user))
    with served(bench, _nginx(), "-c", conf, "-p", bench.home, ports=(port,)) as pid:
        publish = _posts(bench, port, "/publish", "plain", frame)
        yield Running("nchan", port, (pid,), _head(port), publish, number="n")  # its ids are times


def _nginx() -> str:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or ""


@contextmanager
def pushpin(bench: Bench, _load: Load, frame: str) -> Iterator[Running]:
    port, push, origin = free_port(), free_port(), free_port()
    home = bench.home / f"pushpin-{port}"
    for folder in ("run", "log"):
        (home / folder).mkdir(parents=True)
    (home / "routes").write_text(f"* 127.0.0.1:{origin}\n")
    conf = home / "pushpin.conf"
    conf.write_text(_filled("pushpin.conf", home=home, port=port, push=push, services=PUSHPIN_SERVICES))
    with ExitStack() as stack:
        behind = served(bench, sys.executable, "grip.py", str(origin), ports=(origin,))
        stack.enter_context(behind)
        pid = stack.enter_context(served(bench, "pushpin", f"--config={conf}", ports=(port, push)))
        yield Running("Pushpin", port, (pid,), _head(port), _posts(bench, push, "/publish/", "grip", frame))


@contextmanager
def scripted(bench: Bench, _load: Load, frame: str, *, name: str, command: tuple[str, ...]) -> Iterator[Running]:
    """A server of ours around a library of others."""
    port = free_port()
    with served(bench, *command, str(port), ports=(port,)) as pid:
        yield Running(name, port, (pid,), _head(port), _posts(bench, port, "/publish", "plain", frame))


def _lacks_nchan() -> str:
    return "" if _nginx() and any(path.exists() for path in NCHAN) else "nginx with nchan is not installed"


def _lacks_pushpin() -> str:
    return "" if shutil.which("pushpin") else "Pushpin is not installed"


def _lacks_better_sse() -> str:
    if not shutil.which("node"):
        return "Node is not installed"
    return "" if (SERVERS / "node_modules" / "better-sse").is_dir() else "better-sse is not installed"


_better_sse = partial(scripted, name="better-sse", command=("node", "better_sse.mjs"))
_naive = partial(scripted, name="naive", command=(sys.executable, "naive.py"))

FLOOR = Peer("floor", lambda: "", floor)
PEERS = {
    peer.name: peer
    for peer in (
        FLOOR,
        Peer("nchan", _lacks_nchan, nchan),
        Peer("Pushpin", _lacks_pushpin, pushpin),
        Peer("better-sse", _lacks_better_sse, _better_sse),
        Peer("naive", lambda: "", _naive),
    )
}


def versions() -> dict[str, str]:
    """Of those that are installed."""
    commands = {"nginx": [_nginx(), "-v"], "Pushpin": ["pushpin", "--version"], "Node": ["node", "--version"]}
    installed = {}
    for name, command in commands.items():
        if command[0] and shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            installed[name] = (done.stdout + done.stderr).split()[-1].rpartition("/")[2]
    return installed
