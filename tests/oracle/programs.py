"""Readers that are programs: what others run, or build on."""

import subprocess
from pathlib import Path

import msgspec

from tests.oracle.messages import Message
from tests.oracle.reader import Reader
from tests.support.process import CONSENTFEED, ROOT


class Program(Reader):
    """A client in a process of its own, which prints a line of JSON for each block."""

    process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """How it is started, to go on from the position."""
        raise NotImplementedError

    def follow(self) -> None:
        """One life of the program; like the others it is sometimes ended, and started again."""
        leaves_after = self.random.choice((50, 500, 10**9))
        nothing = subprocess.DEVNULL
        with subprocess.Popen(
            self.command(), cwd=ROOT, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing
        ) as process:
            self.process = process
            try:
                assert process.stdout
                for number, line in enumerate(process.stdout):
                    message = msgspec.json.decode(line, type=Message)
                    if message.event != "goodbye":
                        self.take(message.id, message.event, bytes(message.data))
                    if self.leaves() or (number >= leaves_after and not self.steady.is_set()):
                        return
            finally:
                process.kill()
        if not self.stopped.is_set():
            raise ValueError(f"it ended by itself with status {process.returncode}")

    def give_up(self) -> None:
        """It is to end, and the program does at once."""
        super().give_up()
        if self.process:
            self.process.kill()

    @property
    def url(self) -> str:
        """Of one node; the program itself connects again, and again."""
        return f"http://127.0.0.1:{self.port()}"


class Tail(Program):
    """`consentfeed tail --json`."""

    def command(self) -> list[str]:
        """As a person types it."""
        return [
            *CONSENTFEED, "tail", "--json", "--url", self.url, "--token", self.token, "--after", self.position,
        ]  # fmt: skip


class Browser(Program):
    """The module that the pages use, in Node."""

    def command(self) -> list[str]:
        """The module and what it is to follow."""
        program = Path(__file__).with_name("browser.mjs")
        return ["node", str(program), f"{self.url}/api/v1/events", self.token, self.position]
