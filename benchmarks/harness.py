"""Starts what is measured and what measures it, and stops it again, whatever happens."""

from __future__ import annotations

import json
import os
import queue
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

HERE = Path(__file__).resolve().parent
PROGRAMS = ("sse_load", "floor", "rest_load")
START_SECONDS = 180.0


class BenchError(Exception):
    """The benchmark cannot go on; the text says why."""


def build(into: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise BenchError(
            "The load programs are C and there is no gcc here.\n"
            "Install one (Debian, Ubuntu: apt-get install gcc libc6-dev) and run this again."
        )
    for name in PROGRAMS:
        source, target = str(HERE / f"{name}.c"), str(into / name)
        flags = ["-std=c11", "-O2", "-Wall", "-Wextra"]
        done = subprocess.run([compiler, *flags, source, "-o", target], check=False)
        if done.returncode != 0:
            raise BenchError(f"{compiler} could not compile {source}.")


def raise_file_limit(needed: int) -> None:
    """For this process and all that it starts, the product among them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchError(f"{needed} open files are needed; the hard limit (ulimit -Hn) is {hard}.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A program that is told words on stdin and answers with lines on stdout."""

    def __init__(self, *command: str | Path) -> None:
        self.name = next(Path(part).name for part in command if part != sys.executable)
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        assert self._process.stdin is not None
        if error:
            self._process.kill()
        try:
            self._process.stdin.close()
            self._process.wait(5)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()

    def say(self, word: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(word + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise BenchError(f"{self.name} has ended too early.") from None

    def line(self, seconds: float) -> str:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise BenchError(f"{self.name} said nothing for {seconds:.0f} s.") from None
        if line is None:
            raise BenchError(f"{self.name} ended with status {self._process.wait()}.")
        return line.strip()

    def expect(self, word: str, seconds: float) -> None:
        line = self.line(seconds)
        if not line.startswith(word):
            raise BenchError(f"{self.name} said, instead of {word}: {line}")

    def result(self, seconds: float) -> dict[str, Any]:
        answer = json.loads(self.line(seconds))
        assert isinstance(answer, dict)
        return answer


@dataclass(frozen=True)
class Product:
    port: int
    database_url: str
    data_dir: Path
    pid: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, role: str, email: str | None = None) -> str:
        command = [sys.executable, "-m", "consentfeed", "token", "--data-dir", str(self.data_dir)]
        command += ["--role", role, "--expires", "8h"] + (["--email", email] if email else [])
        done = subprocess.run(
            command,
            cwd=HERE.parent,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.split()
        if done.returncode != 0 or not lines:
            raise BenchError(f"{' '.join(command[1:])} failed:\n{done.stdout}{done.stderr}")
        return lines[-1]


def _environment(settings: dict[str, str] | None = None) -> dict[str, str]:
    """The product's settings are those given here and no others, whatever this shell has set."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith("CONSENTFEED_")}
    return kept | {"PYTHONUNBUFFERED": "1"} | (settings or {})


@contextmanager
def product(settings: dict[str, str] | None = None) -> Iterator[Product]:
    """`consentfeed dev` on a data directory of its own, ready to serve."""
    port = free_port()
    with tempfile.TemporaryDirectory(
        prefix="consentfeed-bench-",
        ignore_cleanup_errors=True,  # after a kill, PostgreSQL may still be ending
    ) as home:
        Path(home).chmod(0o711)  # PostgreSQL may run as another user, who must be able to pass
        data_dir, log = Path(home, "data"), Path(home, "log")
        command = [sys.executable, "-m", "consentfeed", "dev"]
        command += ["--port", str(port), "--data-dir", str(data_dir)]
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=HERE.parent,
                env=_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Product(port, _database_url(process, port, log), data_dir, process.pid)
        except (BenchError, psycopg.Error, httpx.HTTPError) as error:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise BenchError(f"{error}\nThe last lines of `consentfeed dev`:\n{last}") from error
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _database_url(process: subprocess.Popen[bytes], port: int, log: Path) -> str:
    """Waits until the product is ready; the URL is the one that it printed."""
    until, answer = time.monotonic() + START_SECONDS, "no answer"
    while time.monotonic() < until:
        if process.poll() is not None:
            raise BenchError(f"The product ended with status {process.returncode} at its start.")
        try:
            response = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False)
            url = re.search(r"postgresql://[^\s'\"]+", log.read_text(errors="replace"))
            if response.status_code == 200 and url:
                return url.group()
            answer = f"{response.status_code}, database URL {'seen' if url else 'not printed'}"
        except httpx.HTTPError as error:
            answer = repr(error)
        time.sleep(0.2)
    raise BenchError(f"The product was not ready after {START_SECONDS:.0f} s (/readyz: {answer}).")


class CpuMeter:
    """CPU seconds of the product's own processes, and of its PostgreSQL's, up to now."""

    def __init__(self, running: Product) -> None:
        self._pid = running.pid
        with psycopg.connect(running.database_url) as connection:
            row = connection.execute("SELECT pg_backend_pid()").fetchone()
            assert row is not None
            self._postmaster = _processes().get(row[0], (0, 0.0))[0]

    def read(self) -> tuple[float, float]:
        table = _processes()
        postgres = _tree(self._postmaster, table)
        own = _tree(self._pid, table) - postgres
        return sum(table[pid][1] for pid in own), sum(table[pid][1] for pid in postgres)


def _processes() -> dict[int, tuple[int, float]]:
    """By pid: the parent, and the CPU seconds of the process and of its children that are gone."""
    ticks, table = os.sysconf("SC_CLK_TCK"), {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = entry.joinpath("stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        table[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15])) / ticks
    return table


def _tree(root: int, table: dict[int, tuple[int, float]]) -> set[int]:
    found, size = {root} & table.keys(), 0
    while len(found) > size:
        size = len(found)
        found |= {pid for pid, (parent, _) in table.items() if parent in found}
    return found
