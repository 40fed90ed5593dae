"""A disk of a few megabytes in memory, which a process and nobody else has: it takes a Linux that lets users mount."""

import shutil
import subprocess
from pathlib import Path
from typing import Self

_MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$0" && echo mounted && exec cat'


class NoSmallDisk(Exception):
    """This machine does not let us."""


class SmallDisk:
    """Mounted at a folder, for processes that are started by `command`; gone when it is left, or we are."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        if not shutil.which("unshare") or not shutil.which("nsenter"):
            raise NoSmallDisk("unshare and nsenter are not here")
        self._holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNT, str(folder), f"{megabytes}m"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._holder.stdout
        if self._holder.stdout.readline() != b"mounted\n":
            self.__exit__()
            raise NoSmallDisk("this machine does not let its users mount anything")
        self.command = ["nsenter", "--target", str(self._holder.pid), "--user", "--mount", "--preserve-credentials"]
        self._filling = Path(f"/proc/{self._holder.pid}/root{folder}/filling")

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""
        self._holder.communicate()

    def fill(self) -> None:
        """There is no room for another byte."""
        try:
            with self._filling.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        except OSError:
            return

    def empty(self) -> None:
        """There is room again."""
        self._filling.unlink()
