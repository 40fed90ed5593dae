"""Passwords of a file (~/.pgpass), found as libpq finds them: asyncpg's own reading leaves the backslashes in them."""

import os
import re
import stat
from pathlib import Path
from typing import Final

from consentfeed.database_url import DatabaseUrl

_FIELD: Final = re.compile(r"((?:\\.|[^:\\])*):?")


def password(url: DatabaseUrl, host: str, port: int) -> str | None:
    """The password for this host, where the file has one."""
    wanted = ("localhost" if host.startswith("/") else host, str(port), url.database, url.user)
    for line in _lines(url.get("passfile") or os.environ.get("PGPASSFILE") or "~/.pgpass"):
        *keys, found = [re.sub(r"\\(.)", r"\1", field) for field in _FIELD.findall(line)[:5]] or [""]
        if len(keys) == 4 and all(key in {"*", want} for key, want in zip(keys, wanted, strict=True)):
            return found
    return None


def _lines(name: str) -> list[str]:
    """Of a file that nobody else may read, as libpq demands it."""
    try:
        path = Path(name).expanduser()
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
            return []
        return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    except (OSError, UnicodeError, RuntimeError):  # RuntimeError: there is no home here
        return []
