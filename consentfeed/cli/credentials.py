"""dev.json: the credentials that `consentfeed dev` made up, for the service and for commands with --data-dir."""

import os
import secrets
from pathlib import Path
from typing import Final

import msgspec

from consentfeed.errors import ConsentfeedError

_NAME: Final = "dev.json"


class NoDeployment(ConsentfeedError):
    """`consentfeed dev` has left nothing in this directory that can be used."""


class Credentials(msgspec.Struct):
    """The service's secret, its role's password, and the URLs of the database as that role and as the owner."""

    secret: str
    app_password: str
    app_url: str = ""
    owner_url: str = ""


def checkpoint_key(folder: Path) -> Path:
    """The file with the key that signs the checkpoints of what dev runs in this directory."""
    return folder / "checkpoint-key"


def new() -> Credentials:
    """Made up, for a database that is not there yet."""
    return Credentials(secrets.token_urlsafe(32), secrets.token_urlsafe(24))


def exist(folder: Path) -> bool:
    """Whether dev has run in this directory."""
    return (folder / _NAME).exists()


def read(folder: Path) -> Credentials:
    """Of what dev runs in this directory; raises NoDeployment."""
    if not exist(folder):
        raise NoDeployment(f"`consentfeed dev` has not run in {folder}")
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=Credentials)
    except (OSError, msgspec.DecodeError) as error:
        raise NoDeployment(f"{folder / _NAME} cannot be read ({error})") from None


def write(folder: Path, credentials: Credentials) -> None:
    """Whole or not at all, and for nobody else to read."""
    scratch = folder / f"{_NAME}.new"
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(credentials))
    scratch.replace(folder / _NAME)
