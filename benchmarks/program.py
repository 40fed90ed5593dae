"""Programs of the benchmark: compiled, started, talked to, and stopped again, whatever happens."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from benchmarks.error import BenchError
from tests.support.process import ROOT

HERE = ROOT / "benchmarks"
COMPILED = ("sse_load", "floor", "rest_load")


def build(into: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise BenchError(
            "The load programs are C and there is no gcc here.\n"
            "Install one (Debian, Ubuntu: apt-get install gcc libc6-dev) and run this again."
        )
    for name in COMPILED:
        source, target = str(HERE / f"{name}.c"), str(into / name)
        flags = ["-std=c11", "-O2", "-Wall", "-Wextra"]
        done = subprocess.run([compiler, *flags, source, "-o", target], check=False)
        if done.returncode != 0:
            raise BenchError(f"{compiler} could not compile {source}.")


def python(module: str, *words: str) -> tuple[str, ...]:
    """The command of a module of this package."""
    return sys.executable, "-m", f"benchmarks.{module}", *words


class Program:
    """A program that is told words on stdin and answers with lines on stdout."""

    def __init__(self, *command: str | Path) -> None:
        self.name = " ".join(Path(part).name for part in command[:3])
        self._process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
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
        if error:
            self.kill()
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(5)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        self._process.kill()

    def say(self, word: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(word + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise BenchError(f"{self.name} has ended too early.") from None

    def next_line(self, seconds: float) -> str | None:
        """None: there was none in time."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            return None
        if line is None:
            raise BenchError(f"{self.name} ended with status {self._process.wait()}.")
        return line.strip()

    def line(self, seconds: float) -> str:
        line = self.next_line(seconds)
        if line is None:
            raise BenchError(f"{self.name} said nothing for {seconds:.0f} s.")
        return line

    def expect(self, word: str, seconds: float) -> str:
        """What stands behind the word."""
        line = self.line(seconds)
        if not line.startswith(word):
            raise BenchError(f"{self.name} said, instead of {word}: {line}")
        return line.removeprefix(word).strip()

    def result(self, seconds: float) -> dict[str, Any]:
        return self.parsed(self.line(seconds))

    def drained(self, seconds: float) -> dict[str, Any]:
        """The result once nothing comes any more, or after so many seconds."""
        self.say("drain")
        line = self.next_line(seconds)
        if line is None:
            self.say("stop")
            line = self.line(10)
        return self.parsed(line)

    @staticmethod
    def parsed(line: str) -> dict[str, Any]:
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer
