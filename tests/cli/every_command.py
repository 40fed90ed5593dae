"""Every command, with arguments: what is said of commands as such is tried with each. A new command has to be here."""

import signal
from collections.abc import Iterator

import click

from consentfeed.cli.main import main

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
    "token": ("token --role csr", "users"),
    "doctor": ("doctor", "migrations"),
}
# The command where it prints a line of results at least.
PRINTING = {
    **{name: command for name, (command, _) in WAITING.items()},
    "serve": "serve --help",
    "dev": "dev --help",
    "tail": "tail --after 0-00000000",
    "--help": "--help",
    "--version": "--version",
}


def _leaves(group: click.Group, prefix: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _leaves(command, f"{prefix}{name} ")
        else:
            yield prefix + name


COMMANDS = [*_leaves(main)]
GROUPS = ["", "user"]


def status_of(name: str, number: signal.Signals) -> int:
    """With which status this signal ends this command."""
    return 0 if name in ("dev", "serve") else 128 + number
