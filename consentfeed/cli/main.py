"""The command line: its commands, and the line and exit status that an error becomes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from keyword import iskeyword
from typing import Any, Final

import click
import psycopg

from consentfeed import __version__, client, settings
from consentfeed.cli import terminal
from consentfeed.embedded.server import EmbeddedError
from consentfeed.errors import Busy, ConsentfeedError, DatabaseAway, StatementFailed
from consentfeed.postgres.owner import said
from consentfeed.postgres.refusals import explained

# Errors that a user can mend. OSError: a file, a folder, or stdout itself; its message names it.
_MENDABLE: Final = (settings.SettingsError, ConsentfeedError, EmbeddedError, client.Refused, psycopg.Error, OSError)


# Each command, and its file in this room. Only the file of the command that is run is imported: all take a second.
COMMANDS: Final = {
    "dev": "dev",
    "serve": "serve",
    "migrate": "migrate",
    "user": "user",
    "tail": "tail",
    "import": "import_file",
    "export": "export",
    "verify": "verify",
    "export-log": "export_log",
    "erased": "erase",
    "erase": "erase",
    "checkpoint-key": "checkpoint_key",
    "token": "token",
    "doctor": "doctor",
}


class Program(click.Group):
    """Makes of each error one line on stderr and a status, before click makes something else of it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        file, name = import_module(f"consentfeed.cli.{COMMANDS[cmd_name]}"), cmd_name.replace("-", "_")
        command = getattr(file, f"{name}_" if iskeyword(name) else name)
        assert isinstance(command, click.Command)
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Reads the arguments, and prints the help where that is asked for."""
        with _reported():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        with _reported():
            return super().invoke(ctx)


@click.group(cls=Program)
@click.version_option(__version__)
def main() -> None:
    """Consents in PostgreSQL, and every change of them on every screen that follows."""


def run() -> None:
    """The console script."""
    terminal.take_any_text()
    main(prog_name="consentfeed")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        terminal.usage(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Of stdout: errors of connections come as errors of ours, or of psycopg. There is nobody to tell.
        terminal.give_up_stdout()
        sys.exit(terminal.READER_GONE)
    except _MENDABLE as error:
        if isinstance(error, OSError) and error.filename is None:  # of stdout itself: a disk is full
            terminal.give_up_stdout()
        terminal.note(_why(error))
        sys.exit(1)


def _why(error: Exception) -> str:
    if isinstance(error, StatementFailed | DatabaseAway):
        return explained(error)
    if isinstance(error, Busy):
        return "another transaction holds what is needed; nothing was done. Try again when it has ended"
    if isinstance(error, psycopg.Error):
        return said(error)
    return str(error).strip() or type(error).__name__
