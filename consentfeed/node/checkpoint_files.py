"""Files of checkpoints: the key that signs them, and the directory to which they go."""

import os
from pathlib import Path

import structlog

from consentfeed.errors import ConsentfeedError
from consentfeed.log.checkpoint import Checkpoint, read_checkpoint
from consentfeed.log.note import BadKey, BadNote, Signer, VerifierKey
from consentfeed.settings import Settings, SettingsError, log_name, variable

logger = structlog.get_logger()


class Overwritten(ConsentfeedError):
    """Another checkpoint of this size lies in the directory; the message names it."""


def signer(settings: Settings) -> Signer | None:
    """What signs checkpoints, None where no key is set; raises SettingsError where it cannot be used."""
    if settings.checkpoint_key is None:
        return None
    try:
        return Signer(log_name(settings), Path(settings.checkpoint_key).read_bytes())
    except OSError as error:
        why = error.strerror or type(error).__name__
    except BadKey as error:
        why = str(error)
    raise SettingsError(
        f"{variable('checkpoint_key')}: {settings.checkpoint_key}: {why};"
        " `consentfeed checkpoint-key` makes a key where there is no file"
    )


def folder(settings: Settings) -> Path | None:
    """The directory to which checkpoints go, None: nowhere; raises SettingsError where it is none."""
    if settings.checkpoint_dir is None:
        return None
    found = Path(settings.checkpoint_dir)
    if not found.is_dir():
        raise SettingsError(f"{variable('checkpoint_dir')}: {found} is no directory here; make it first")
    return found


def newest(folder: Path, key: VerifierKey) -> Checkpoint | None:
    """The checkpoint over most events in the directory that this key has signed. Raises OSError."""
    names = [path.name for path in folder.iterdir()]
    sizes = sorted((int(name) for name in names if name.isascii() and name.isdigit()), reverse=True)
    for size in sizes:
        try:
            return read_checkpoint((folder / str(size)).read_text(), key)
        except (BadNote, UnicodeDecodeError):
            continue  # of another log or key, or what was left of a machine that lost its power
    return None


def write(folder: Path, size: int, note: str) -> None:
    """Writes a checkpoint, where it is not there yet. Raises Overwritten, OSError.

    In one go and never renamed: a directory may be a mount that lets nothing be changed or taken away.
    """
    path = folder / str(size)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        if path.read_bytes() not in (b"", note.encode()):
            raise Overwritten(f"{path} holds another checkpoint of this size, which stays as it is") from None
        return
    with os.fdopen(handle, "wb") as file:
        file.write(note.encode())
        file.flush()
        os.fsync(file.fileno())
