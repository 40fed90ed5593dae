"""A disk that can be full: what PostgreSQL writes fails while a file is there. Linux, and a C compiler."""

import shutil
import subprocess
import sys
from pathlib import Path

_SOURCE = Path(__file__).with_name("disk.c")


class Disk:
    """environment is what a server needs that shall run on it; empty where it cannot be had."""

    def __init__(self, folder: Path) -> None:
        self._flag = folder / "full"
        self.environment: dict[str, str] = {}
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler and sys.platform == "linux":
            library = folder / "disk.so"
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, _SOURCE, "-ldl"], check=True)
            self.environment = {"LD_PRELOAD": str(library), "FULL_DISK": str(self._flag)}

    def fill(self) -> None:
        """No byte more is written."""
        self._flag.touch()

    def empty(self) -> None:
        """There is room again."""
        self._flag.unlink(missing_ok=True)
