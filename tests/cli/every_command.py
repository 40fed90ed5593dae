"""Every command, with arguments: what is said of commands as such is tried with each. A new command has to be here."""

import signal
from collections.abc import Iterator
from pathlib import Path

import click

from consentfeed.cli.main import main

LIST = Path(__file__).parent / "erased.ndjson"
# The command, and the table of the database for which it waits where another transaction has locked it.
WAITING = {
    "serve": ("serve --port 0", "migrations"),
    "migrate": ("migrate", "migrations"),
    "migrate --status": ("migrate --status", "migrations"),
    "migrate --dry-run": ("migrate --dry-run", "migrations"),
    "user add": ("user add --role csr --no-password --email waiting@example.com", "users"),
    "user disable": ("user disable --email admin@example.com", "users"),
    "user list": ("user list", "users"),
    "verify": ("verify", "events"),
    "export-log": ("export-log -o copy.ndjson", "events"),
    "erased": ("erased", "customers"),
    "erase": (f"erase --again {LIST}", "customers"),
    "token": ("token --role csr", "users"),
    "doctor": ("doctor", "migrations"),
}
# The command with all that it needs besides settings, where that is more than its name.
WITH_ARGUMENTS = {**{name: command for name, (command, _) in WAITING.items()}, "import": f"import {LIST}"}
# The command where it prints a line of results at least.
PRINTING = {
    **{name: command for name, (command, _) in WAITING.items()},
    "serve": "serve --help",
    "export": "export --help",
    "import": "import --help",
    "export-log": "export-log --help",
    "erased": "erased --help",
    "erase": "erase --help",
    "checkpoint-key": "checkpoint-key --help",
    "dev": "dev --help",
    "tail": "tail --after 0-00000000",
    "--help": "--help",
    "--version": "--version",
}


def _leaves(group: click.Group, prefix: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _leaves(command, f"{prefix}{name} ")
        else:
            yield prefix + name


COMMANDS = [*_leaves(main)]
GROUPS = ["", "user"]


def status_of(name: str, number: signal.Signals) -> int:
    """With which status this signal ends this command."""
    return 0 if name in ("dev", "serve") else 128 + number
