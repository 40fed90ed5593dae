"""`consentfeed checkpoint-key`: makes the key that signs checkpoints."""

import os
from pathlib import Path

import click

from consentfeed import settings
from consentfeed.cli import terminal
from consentfeed.errors import ConsentfeedError
from consentfeed.log.note import Signer, new_private_key


class KeyThere(ConsentfeedError):
    """There is a file of this name; the message says what to do."""


@click.command("checkpoint-key")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The same as FILE.")
def checkpoint_key(file: Path | None, output: Path | None) -> None:
    """Makes a key that signs checkpoints, in FILE or CONSENTFEED_CHECKPOINT_KEY, and prints its verifier key."""
    loaded = settings.load()
    path = file or output or (Path(loaded.checkpoint_key) if loaded.checkpoint_key else None)
    if path is None:
        raise settings.SettingsError("name a file for the key, or set CONSENTFEED_CHECKPOINT_KEY")
    private = new_private_key()
    write(path, private)
    terminal.result(str(Signer(settings.log_name(loaded), private).key))


def write(path: Path, private: bytes) -> None:
    """A new file, for its owner's eyes only; raises KeyThere, OSError."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyThere(f"{path} is there already, and stays as it is: name another file") from None
    with os.fdopen(handle, "wb") as file:
        file.write(private)
        file.flush()
        os.fsync(file.fileno())
